#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "brandiron/core/marker.h"
#include "brandiron/gen/backing.h"
#include "brandiron/gen/band.h"
#include "brandiron/gen/decoder_model.h"
#include "brandiron/gen/performance.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"
#include "brandiron/gen/singer_model.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {

/// What of a song goes through a neural decoder, and which.
struct DecoderChoice {
  std::string family;  ///< "" as the preset has it, "none", or a family (decoder_model.h)
  std::string scope;   ///< "" as the preset has it, "voice", "mix" or "both"
  double kbps = 0;     ///< a channel; 0: the family's default
};

/// A person's recorded voice that leads in the place of a singer of ours. It is used as it is:
/// nothing learns from it and nothing imitates it.
struct RecordedVoice {
  std::string source, licence;  ///< as the labels say them
  std::string sha256;           ///< `pcm16_sha256` of the recording; "": not known yet
};

struct GenerateOptions {
  SongSpec spec;
  Persona persona;
  MixOptions mix;
  /// lean, vocal (the learned singer leads, through a decoder), full (the mix through a decoder as
  /// well), debug (20 s)
  std::string preset = "lean";
  DecoderChoice decoder;
  /// Somebody else's song: it is written for this persona, then brought into the range of the one
  /// who sings. Twins of one song share everything that is written.
  std::optional<Persona> composer;
  std::string singer;                  ///< "" as the preset has it, "bank", "learned"
  std::optional<RecordedVoice> voice;  ///< nobody of ours sings (`generate_song_around`)
  int rate_hz = 44100;
};

/// CPU seconds of one thread by stage, for docs/performance.md.
struct StageTimes {
  double songwriter_s = 0, voice_s = 0, band_s = 0, mix_s = 0, decoder_s = 0, mark_s = 0,
         files_s = 0;
};

/// A song with its complete ground truth, before it leaves through `publish`.
struct Song {
  GenerateOptions options;
  Score score;
  SungPart lead;
  std::vector<double> voice_starts_s;  ///< where a recorded voice begins, each time
  std::vector<double> gang_times_s;
  std::string gang_word;                   ///< "" when nobody shouts
  BackingVocals backing;                   ///< its audio moves into `mix`
  std::optional<SingerIdentity> singer;    ///< who made the lead's envelopes; none: the bank
  std::optional<DecoderIdentity> decoder;  ///< what made the voice or the mix again; none: nothing
  BandPerformance band;                    ///< what was played; its stems move into `mix`
  MixResult mix;                           ///< `premaster` is what the stems sum to
  AudioBuffer decoded_premaster;  ///< what was mastered, where the mix went through a decoder
  StageTimes times;
};

/// Whether the preset, or `singer`, asks for the learned singer.
bool wants_learned_singer(const GenerateOptions& options);

/// The family of the neural decoder that the preset, or `decoder`, asks for; "": none.
std::string wanted_decoder(const GenerateOptions& options);

/// The networks that a song may ask for; they must outlive the call.
struct SongModels {
  const SingerModel* singer = nullptr;
  const DecoderModel* decoder = nullptr;
};

/// Pure function of the options and, where they are asked for, the models: the same bits on every
/// run. The bank sings where the singer does not know the persona's voice.
/// @throws Error(kModel) when a model is wanted and not given; Error(kUnsupported) for a decoder at
/// another rate than 44100 Hz.
Song generate_song(const GenerateOptions& options, const SongModels& models = {});

/// The band's song around a recorded voice: it begins with a sung section, comes again with those
/// that follow when it has ended, and passes the lead's channel strip, the desk and the master. The
/// plan is written without words or tune; no backing singers, no gang. `recording` may have any
/// rate and channels (their mean is used) and is cut where the song ends.
/// @throws Error(kInvalidArgument) without `options.voice`, or for a recording that is empty,
/// silent or not the one of `voice->sha256`; as generate_song.
Song generate_song_around(const GenerateOptions& options, const AudioBuffer& recording,
                          const SongModels& models = {});

/// What `publish` leaves.
enum class PublishedFiles {
  kAll,      ///< the folder with everything
  kMixOnly,  ///< the mix alone, as the file that is named; the labels are in `Published`
};

struct PublishOptions {
  PublishedFiles files = PublishedFiles::kAll;
  std::string format = "flac";  ///< flac wav mp3 ogg opus
  bool stems = false;
  bool overwrite = false;
  std::string payload_hex;  ///< "" = first 64 bits of the song's id
  bool own_lyrics = false;  ///< the words are the user's, not ours
  bool own_tune = false;    ///< so are the melody and its chords
  /// When it was made, as `DisclosureFacts::created`; "" = not said, because the same options must
  /// give the same files. song.json keeps it, so that `render` says the same.
  std::string created;
};

/// The one exit: marks, encodes, tags, seals (`Marker::seal`) and writes DIR/song.*, song.json,
/// score.mid, lead-sheet.abc, lyrics.lrc, lyrics.txt and stems. Nothing else in `gen` writes audio
/// (tests/lint checks it). The folder, or with `kMixOnly` the one file, appears whole or not at
/// all.
/// @throws Error(kOutput).
struct Published {
  std::filesystem::path mix;  ///< DIR/song.flac, or the file that was named
  std::string song_json;      ///< the text of DIR/song.json
  std::string pcm_sha256, unmarked_pcm_sha256;
  MarkRecord mark;
  double integrated_lufs = 0, true_peak_dbtp = 0;
};
Published publish(Song& song, const Marker& marker, const std::filesystem::path& target,
                  const PublishOptions& options);

/// What leaves must keep the mix's stated peak after marking as well, to within
/// `MixOptions::kMarkRaisesPeakDb`: limits what the mark raised where it raised it.
/// Returns the true peak that is left, dBTP.
double hold_published_peak(AudioBuffer& marked, const MixOptions& mix);

/// The song's id: 64 hex digits, a pure function of options and version; its first 16 are the
/// default payload.
std::string song_id(const GenerateOptions& options);

/// What `render` needs out of a song.json.
struct SongRecord {
  GenerateOptions options;
  PublishOptions publish;
  bool marked = false;
  std::string key_fingerprint, pcm_sha256, unmarked_pcm_sha256, generator_version;
  double mark_strength = 1.0;
};

/// @throws Error(kFormat) naming the missing or wrong key; `name` stands for the file.
SongRecord read_song_json(const std::string& json, const std::string& name);

}  // namespace brandiron::gen
