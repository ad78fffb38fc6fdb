#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::watermark {
class Key;
}

namespace brandiron::experiments {

struct StatedSpan {
  std::string label;
  double start_s = 0, end_s = 0;
};

struct StatedSection {
  std::string label;
  double start_s = 0, end_s = 0;
  int bars = 0;
};

struct StatedBeat {
  double time_s = 0;
  int bar = 0, beat = 0;
};

struct StatedNote {
  double start_s = 0, end_s = 0;
  int pitch = 60;  ///< MIDI
};

struct StatedPart {
  std::string name;
  std::vector<StatedNote> notes;
};

/// What is said about one song, out of song.json or a line of a corpus's manifest.
struct StatedLabels {
  std::string id;
  double duration_s = 0, integrated_lufs = 0, true_peak_dbtp = 0;
  bool marked = false;
  std::string payload_hex;
  double tempo_bpm = 0;
  std::string key, meter;
  std::vector<StatedSection> sections;
  std::vector<StatedBeat> beats;
  std::vector<StatedSpan> chords, lines, words, phones, techniques;
  std::vector<StatedPart> parts;
  double f0_hop_s = 0;
  std::vector<float> f0_hz;  ///< of the lead, 0 unvoiced; empty where it is not written down
};

/// Reads `brandiron.song/1`, or an item of `brandiron.manifest/1` whose `labels` are in the line.
/// @throws Error(kFormat) naming `name` and the key that is missing or of another type.
StatedLabels read_stated_labels(const std::string& json, const std::string& name);

/// What can be heard of one song.
struct SongSound {
  AudioBuffer mix;  ///< the published file, decoded
  /// Rendered again, by name, mono or stereo; the lead as it was sung is "lead_vocal_dry". Empty:
  /// what needs stems isn't compared.
  std::vector<std::pair<std::string, AudioBuffer>> stems;
  /// Of the mark; null: the mark isn't compared.
  std::shared_ptr<const watermark::Key> key;
};

/// How one label is compared: fixed before anything is measured.
struct LabelRule {
  std::string id;
  std::string what;        ///< the estimator, in words
  std::string tolerance;   ///< when one event, and when a song, agrees
  std::string counted;     ///< what an event is: "songs", "beats", "voiced frames"
  bool stems = false;      ///< needs the song rendered again with its stems
  bool exact = false;      ///< hashes and counts: must agree in every song
  double least_share = 1;  ///< of a song's events
  bool asked = true;       ///< false: told, but no verdict hangs on it
};
const std::vector<LabelRule>& label_rules();

/// One label of one song.
struct LabelFinding {
  std::string label;  ///< LabelRule::id
  std::size_t events = 0, agreed = 0;
  bool agrees = false;
  std::string expected, found;
  double distance = 0;  ///< how far off, 0 none; comparable within a label
};

struct SongFindings {
  std::string id;
  std::vector<LabelFinding> labels;  ///< of what the song has and can be heard; in order of rules
  std::string error;                 ///< why nothing could be compared
};

/// Estimates every label from the sound and compares. The stated labels only say where to listen:
/// at which chord's span, at which voiced frame. Deterministic, thread safe. About 5 s of one core
/// for a song of three minutes with stems.
SongFindings check_song_labels(const StatedLabels& stated, const SongSound& sound);

struct LabelRow {
  LabelRule rule;
  std::size_t songs = 0, agreed_songs = 0;
  double low = 0, high = 1;  ///< Wilson's 95 % interval of the share of songs
  std::size_t events = 0, agreed_events = 0;
  bool reached = false;
  std::vector<std::pair<std::string, LabelFinding>> worst;  ///< song, finding; the farthest first
};

struct LabelReport {
  std::size_t songs = 0;
  double least_agreement = 0.99;
  std::vector<LabelRow> rows;
  std::vector<std::pair<std::string, std::string>> errors;  ///< song, why
  bool passed() const;
};

/// @throws Error(kInvalidArgument) unless 0 < least_agreement <= 1.
LabelReport summarise_labels(const std::vector<SongFindings>& songs, double least_agreement = 0.99);

std::string label_text(const LabelReport& report);
std::string label_json(const LabelReport& report);                 ///< brandiron.label-check/1
std::string label_csv(const std::vector<SongFindings>& findings);  ///< a line a song and label

}  // namespace brandiron::experiments
