#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace brandiron::watermark {
class FrontEndModel;
}

namespace brandiron::experiments {

/// One row of an attack grid: what is done to a marked file, and what must be left of the mark.
struct AttackRow {
  std::string id, title;
  std::string chain;   ///< chain language; {other} is another file, {random} another row's chain
  std::string family;  ///< rows of one family make a curve over `level`; "" for none
  double level = 0;    ///< in `unit`
  std::string unit;    ///< "kbit/s", "dB SNR", "s"
  int repeats = 1;     ///< draws (places of a crop) for each file and key
  bool pool = true;    ///< {random} may draw this row
  double p_threshold = 1e-9;                           ///< a mark is present at p at most this
  std::optional<double> target_exact, target_present;  ///< shares to be reached, 0 .. 1
};

/// Schema brandiron.attack-grid/1 (configs/evaluate/*.toml).
struct AttackGrid {
  std::string name;
  std::vector<AttackRow> rows;
};

/// `what` is a file, or the name of a grid in configs/evaluate: "issue" or "curves".
/// @throws Error(kConfig) for a chain, key or value that cannot be used; Error(kIo).
AttackGrid read_attack_grid(const std::string& what);

/// One recording of the material.
struct StudyFile {
  std::string id;      ///< unique; the cluster of every interval
  std::string source;  ///< package, folder or persona: what the breakdown by material shows
  std::filesystem::path path;
};

/// Audio files, folders (searched for audio, sorted) and manifests (*.jsonl: `file` relative to the
/// manifest, `id`, `source`, `split`). `split` keeps the manifest lines of that split; "" keeps
/// all.
/// @throws Error(kIo), Error(kFormat) naming file and line; Error(kInvalidArgument) when none is
/// left.
std::vector<StudyFile> read_material(const std::vector<std::string>& paths,
                                     const std::string& split);

/// A watermarking tool on the command line, run with the same files and attacks.
///
/// Commands are split at blanks (double quotes keep them together) and run without a shell.
/// {in} {out} {payload} {key} {strength} are replaced; {key} is the number of the key.
struct StudyTool {
  std::string name;
  std::string embed, verify;
  /// Reading succeeded when this matches standard output ({payload} is replaced); "" means exit
  /// status 0.
  std::string success;
  /// The tool says that some mark is there when this matches; "" means as `success`.
  std::string presence;
  std::size_t payload_bits = 64;
  double strength = 1;
};

/// "name=embed command;verify command[;success regex]", or a name with a preset: "audiowmark".
/// @throws Error(kInvalidArgument) for another form.
StudyTool parse_study_tool(const std::string& text);
/// True when the program of the tool's embed command can be started.
bool study_tool_available(const StudyTool& tool);

struct StudyOptions {
  std::vector<StudyFile> files;
  AttackGrid grid;
  std::vector<double> strengths{1.0};  ///< of our embedder
  std::string effort;                  ///< of our embedder; "" is the library's default
  /// Of our reader; null is the classical front end.
  std::shared_ptr<const watermark::FrontEndModel> front_end;
  std::vector<StudyTool> tools;
  int keys = 1;
  std::uint64_t seed = 1;  ///< of keys, payloads, crops and every other draw
  double excerpt_s = 60;   ///< from the middle of each file; 0 takes it whole
  int negatives = 1;       ///< unmarked twins, and wrong keys, tried for each file and key
  int jobs = 1;            ///< marked files at a time, below 300 MB each for a minute of stereo
  bool resume = false;     ///< keep what `results` holds and add what is missing
  bool overwrite = false;
  std::filesystem::path folder;  ///< results.jsonl is appended to here
};

/// How close a marked file is to its original.
struct EmbedResult {
  std::string tool, file, source;
  int key = 0;
  double strength = 1;
  double duration_s = 0;
  double sdr_db = 0;     ///< power of the original over power of the difference
  double nmr_db = 0;     ///< total noise-to-mask ratio (core/audio/noise_to_mask.h)
  double nmr_above = 0;  ///< share of (frame, band) cells above 0 dB, worst channel
  double loudness_change_lu = 0;
  std::int64_t clipped = 0;        ///< samples beyond full scale that were not
  std::int64_t original_over = 0;  ///< samples of the original beyond full scale
  double cpu_s = 0;                ///< of embedding, without reading back
  std::string warning;
};

/// One reading of one attacked file.
struct TrialResult {
  std::string tool, file, source;
  int key = 0;
  double strength = 1;
  std::string row;
  int repeat = 0;
  std::string
      negative;        ///< "" marked, "twin" unmarked under the key, "wrong-key" marked by another
  std::string chain;   ///< as applied, draws filled in
  bool exact = false;  ///< every payload bit right
  bool present = false;  ///< p at most the row's threshold
  bool wrong = false;    ///< a payload was reported that is not the one embedded
  double p = 1, z = 0, pilot_z = 0, ber = 0, speed_ratio = 1, pitch_ratio = 1;
  double duration_s = 0;               ///< of the attacked audio
  double attack_cpu_s = 0, cpu_s = 0;  ///< of the attack; of reading
  std::string error;  ///< "" or why there is no reading: counts as neither right nor wrong
};

struct StudyResults {
  std::vector<EmbedResult> embeds;
  std::vector<TrialResult> trials;
  std::string header_json;  ///< what was run: grid, seed, keys, version, machine
};

/// What two tools are made equal in.
enum class Match { kSdr, kNmr };

/// The strength of our embedder at which the mean over `options.files` (first key) of SDR or total
/// noise-to-mask ratio equals that of `tool`, to 0.02 dB, by bisection over 0.1 .. 4.
/// Found once for a folder: <folder>/match.json is read again when resuming.
/// @throws Error(kUnsupported) when no strength in range reaches it, saying what the ends give.
double match_strength(const StudyOptions& options, const StudyTool& tool, Match match);

inline constexpr const char* kResultsFile = "results.jsonl";

/// Runs what is missing and appends each result at once; key 1 of every file comes first. Returns
/// what was left out, "file (tool): why", once a file, key and setting.
/// @throws Error(kOutput) when results exist and neither `resume` nor `overwrite` is set;
/// Error(kConfig) when resuming a run of other settings.
std::vector<std::string> run_watermark_study(const StudyOptions& options);

/// @throws Error(kIo), Error(kFormat) naming the line. A torn last line is left out.
StudyResults read_study_results(const std::filesystem::path& folder);

/// A share or mean with a 95 % interval clustered by file.
struct Estimate {
  double value = 0, low = 0, high = 0;
  std::size_t n = 0, clusters = 0;
  /// "bootstrap": files drawn again, 2000 times, fixed seed. "wilson": all files agree, so Wilson's
  /// interval over the number of files.
  std::string method;
};

/// Mean of all values of all clusters. Values of a share are 0 and 1, which `share` says.
Estimate clustered_estimate(const std::map<std::string, std::vector<double>>& by_file, bool share);

struct RowSummary {
  std::string tool, row, title, family, unit;
  double strength = 1, level = 0, p_threshold = 1e-9;
  Estimate exact, present;
  std::size_t wrong = 0, errors = 0;
  double z_mean = 0, z_min = 0, p_max = 0;
  Estimate ber;  ///< mean raw bit error rate of the readings that are exact
  double cpu_s = 0, audio_s = 0;
  std::optional<double> target_exact, target_present;
  bool reached = true;
};

struct FidelitySummary {
  std::string tool;
  double strength = 1;
  std::size_t n = 0, files = 0;
  Estimate sdr_db, nmr_db, nmr_above;
  double sdr_min_db = 0, nmr_max_db = 0, nmr_above_max = 0, loudness_change_max_lu = 0;
  std::int64_t clipped = 0;          ///< new samples beyond full scale where there were none
  std::int64_t clipped_in_over = 0;  ///< the same in files whose original goes beyond already
  double embed_x = 0;                ///< seconds of audio marked in a CPU second
};

struct NegativeSummary {
  std::string tool, kind;
  std::size_t n = 0, present = 0, payloads = 0;
  double p_min = 1;
  std::map<double, std::size_t> below;  ///< a -> trials with p <= a
};

struct StudySummary {
  std::vector<FidelitySummary> fidelity;
  std::vector<RowSummary> rows;
  std::vector<NegativeSummary> negatives;
  std::string header_json;
};

StudySummary summarise_study(const StudyResults& results, const AttackGrid& grid);
std::string study_text(const StudySummary& summary);
std::string study_json(const StudySummary& summary);
/// Row by row beside another tool: shares, and CPU seconds as ratios; "" when only one tool ran.
std::string comparison_text(const StudySummary& summary);
std::string study_csv(const StudySummary& summary);
/// The page with its figures; `listening` is the page to link to, or "".
std::string study_page(const StudySummary& summary, const StudyResults& results,
                       const std::string& listening);
/// Marked, unmarked and ten times the difference, at one loudness, for up to `most` files: FLAC
/// beside the page.
/// Writes <folder>/listen.html and <folder>/listen/*.flac.
void write_listening_page(const StudyOptions& options, std::size_t most);

}  // namespace brandiron::experiments
