#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "brandiron/core/marker.h"
#include "brandiron/gen/backing.h"
#include "brandiron/gen/band.h"
#include "brandiron/gen/performance.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"
#include "brandiron/gen/singer_model.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {

struct GenerateOptions {
  SongSpec spec;
  Persona persona;
  MixOptions mix;
  std::string preset = "lean";  ///< lean, vocal (the learned singer leads), debug (20 s)
  std::string singer;           ///< "" as the preset has it, "bank", "learned"
  int rate_hz = 44100;
};

/// CPU seconds of one thread by stage, for docs/performance.md.
struct StageTimes {
  double songwriter_s = 0, voice_s = 0, band_s = 0, mix_s = 0, mark_s = 0, files_s = 0;
};

/// A song with its complete ground truth, before it leaves through `publish`.
struct Song {
  GenerateOptions options;
  Score score;
  SungPart lead;
  std::vector<double> gang_times_s;
  std::string gang_word;                 ///< "" when nobody shouts
  BackingVocals backing;                 ///< its audio moves into `mix`
  std::optional<SingerIdentity> singer;  ///< who made the lead's envelopes; none: the bank
  BandPerformance band;                  ///< what was played; its stems move into `mix`
  MixResult mix;
  StageTimes times;
};

/// Whether the preset, or `singer`, asks for the learned singer.
bool wants_learned_singer(const GenerateOptions& options);

/// Pure function of the options and, where it is asked for, `singer`: the same bits on every run.
/// The bank sings where the model does not know the persona's voice.
/// @throws Error(kModel) when a learned singer is wanted and none given.
Song generate_song(const GenerateOptions& options, const SingerModel* singer = nullptr);

struct PublishOptions {
  std::string format = "flac";  ///< flac wav mp3 ogg opus
  bool stems = false;
  bool overwrite = false;
  std::string payload_hex;  ///< "" = first 64 bits of the song's id
  bool own_lyrics = false;  ///< the words are the user's, not ours
  /// When it was made, as `DisclosureFacts::created`; "" = not said, because the same options must
  /// give the same files. song.json keeps it, so that `render` says the same.
  std::string created;
};

/// The one exit: marks, encodes, tags, seals (`Marker::seal`) and writes DIR/song.*, song.json,
/// score.mid, lead-sheet.abc, lyrics.lrc, lyrics.txt and stems. Nothing else in `gen` writes audio
/// (tests/lint checks it). The folder appears whole or not at all. @throws Error(kOutput).
struct Published {
  std::filesystem::path mix;  ///< DIR/song.flac
  std::string song_json;      ///< the text of DIR/song.json
  std::string pcm_sha256, unmarked_pcm_sha256;
  MarkRecord mark;
  double integrated_lufs = 0, true_peak_dbtp = 0;
};
Published publish(Song& song, const Marker& marker, const std::filesystem::path& folder,
                  const PublishOptions& options);

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
