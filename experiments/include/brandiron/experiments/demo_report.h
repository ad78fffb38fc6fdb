#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace brandiron::experiments {

// The report of `make demo`: one song, what was done to it, what the verifier and the detector
// said.

struct TimedText {
  std::string text;
  double start_s = 0, end_s = 0;
  int line = 0;  ///< words: index of their line
};

/// What the page tells of the song itself, out of song.json.
struct SongFacts {
  std::string title, persona, key, meter, generator_version, git_commit;
  std::string audio_file;  ///< beside song.json
  std::string key_fingerprint, payload_hex, scheme;
  std::uint64_t seed = 0;
  double duration_s = 0, tempo_bpm = 0, integrated_lufs = 0, true_peak_dbtp = 0, mark_snr_db = 0;
  std::vector<TimedText> sections, chords, lines, words;
  std::vector<std::string> stems;  ///< files beside song.json
};

struct SegmentValue {
  double start_s = 0, end_s = 0, value = 0;
};

/// The verifier's answer about one file (`brandiron.verify/1`).
struct MarkAnswer {
  bool present = false;
  bool payload_valid = false;
  double p_value = 1, p_threshold = 1e-9, bit_error_rate = 0, seconds = 0;
  std::string payload_hex, key_fingerprint;
  std::vector<SegmentValue> segments;  ///< p-values
};

/// The detector's answer about one file (`brandiron.detect/1`).
struct DetectorAnswer {
  double p_ai = 0.5, threshold = 0.5, threshold_fpr = 1, seconds = 0;
  int threshold_n = 0;
  std::string verdict, model;
  std::vector<SegmentValue> segments;  ///< p_ai
};

enum class Expectation { kMark, kNoMark };

struct DemoRow {
  std::string name;   ///< "MP3, 128 kbit/s"
  std::string kind;   ///< marked attack control human
  std::string chain;  ///< what was done, in the attack language; "" nothing
  std::string note;
  std::filesystem::path file;  ///< empty when there is nothing to play
  Expectation expect = Expectation::kMark;
  std::optional<MarkAnswer> mark;
  std::optional<DetectorAnswer> detector;
  std::string mark_error, detector_error;  ///< one line when an answer is missing

  /// The verifier said what it must: the mark with the song's payload, or no mark.
  bool as_expected(const std::string& payload_hex) const;
};

/// One line of `disclose check`.
struct DutyRow {
  std::string id, asks, outcome, why;
};

/// What the published file says of itself (`brandiron.disclosure/1`), and what was found again when
/// that was stripped (`brandiron.recovery/1`).
struct DisclosureAnswer {
  bool passes = false;
  std::string mark, manifest, tags, registry;  ///< verdicts
  std::vector<DutyRow> duties;
  std::string stripped_verdict, stripped_manifest;  ///< of a re-encoded copy; "" not tried
};

struct Demo {
  std::filesystem::path folder;  ///< file names of the rows are relative to it
  SongFacts song;
  std::vector<DemoRow> rows;
  std::optional<DisclosureAnswer> disclosure;
  std::vector<std::string> notes;  ///< e.g. that the human recording could not be fetched
};

/// Reads FOLDER/demo.json (`brandiron.demo/1`) and the song.json it names.
/// @throws Error(kIo) when missing, Error(kFormat) when it is not that schema.
Demo read_demo(const std::filesystem::path& folder);

/// The verdict table for a terminal, at most 100 columns wide.
std::string demo_table(const Demo& demo, bool colour);

/// One self-contained page: players, pictures, words and verdicts, no network. Reads the audio
/// files of the rows; a missing one is said on the page. @throws Error(kIo), Error(kFormat) from
/// the song.
std::string demo_page(const Demo& demo);

/// One line for each row whose verdict is not what it must be; empty when all is well.
std::vector<std::string> demo_surprises(const Demo& demo);

}  // namespace brandiron::experiments
