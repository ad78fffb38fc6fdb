#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/audio/treatment.h"
#include "brandiron/core/marker.h"

namespace brandiron::experiments {

// What is heard
// -------------------------------------------------------------------------------------------

/// A stretch of a recording that is all "ai" or all "human".
struct LabelSpan {
  double start_s = 0, end_s = 0;
  bool ai = false;
};

/// One recording of the material, as its manifest says.
struct DetectorClip {
  std::string id;     ///< unique
  std::string label;  ///< ai and human are judged; resynthesised, mixed, ... reported beside them;
                      ///< voice is only mixed in
  std::string source, title, generator, persona, decoder, preset, split, parent_id, vocals;
  bool marked = false;
  std::vector<LabelSpan> spans;
  std::filesystem::path file;

  // Derived by read_detector_material.
  std::string group;      ///< what is left out as one: generator and decoder of ai, else the source
  std::string recording;  ///< what is drawn as one: clips of a title, and twins, share it
};

/// Manifests: `*.jsonl` of schema brandiron.manifest/1 (id, file, label, source, title, generator,
/// persona, decoder, preset, marked, split, parent_id, vocals, spans) and the `*.tsv` of
/// recordings (file, label, source, title). Files are relative to the manifest. "debian:x_1.0-2" is
/// the source "debian:x".
/// @throws Error(kIo), Error(kFormat) naming file and line.
std::vector<DetectorClip> read_detector_material(const std::vector<std::string>& manifests);

/// What is kept of the material.
struct DetectorSelection {
  std::vector<std::string> splits;     ///< empty: all
  std::vector<std::string> leave_out;  ///< sources that begin with one of these
  std::size_t most = 0;                ///< tracks of a label; 0: all. Sources take turns
  std::size_t most_source = 0;         ///< of a source and label; 0: all
};
/// Voices stay. Twins of a chosen track come along while there is room. Deterministic in `seed`.
std::vector<DetectorClip> select_clips(std::vector<DetectorClip> clips,
                                       const DetectorSelection& selection, std::uint64_t seed);

// What is done to it
// -------------------------------------------------------------------------------------------

/// One row of the grid: what every clip goes through before a detector hears it.
struct DetectorRow {
  std::string id, title;
  /// attack: may lower the score; codec: an attack whose drift is reported; same: must not change
  /// the score; swap: other chains for the classes; mark: the watermark; tags: misleading metadata;
  /// resynthesis: people's music becomes a third class, made again by a machine. Attacks and codecs
  /// are in the mean and the worst.
  std::string kind = "attack";
  std::string ai, human;  ///< chains; {voice} {human} {ai} stand for another file of that label
  std::vector<std::string> labels;  ///< only these; empty: all
};

/// Schema brandiron.detector-grid/1 (configs/evaluate/detector*.toml).
struct DetectorGrid {
  std::string name;
  double excerpt_s = 20;  ///< from the middle of a recording
  double spans_s = 60;    ///< of recordings with spans, from their start
  int rate_hz = 44100, channels = 1;
  Treatment treatment;                ///< before every row, alike for all classes and for twins
  std::vector<DetectorRow> rows;      ///< without the clean one
  std::vector<std::string> left_out;  ///< one line a row that this machine cannot make
  int folds = 5, resamples = 1000, batch = 128;
  double prevalence = 0.44, timeout_s = 20;  ///< the latter a file, and three to start
  DetectorSelection selection;
  std::string config_json;
};
/// `what`: a file, or a name in configs/evaluate ("detector", "detector-debug"); `set`: key=value.
/// @throws Error(kConfig).
DetectorGrid read_detector_grid(const std::string& what, const std::vector<std::string>& set);

// Who hears it
// -------------------------------------------------------------------------------------------

struct ScoredStretch {
  double start_s = 0, end_s = 0, score = 0;
};

struct HeardScore {
  double score = 0;         ///< larger speaks for AI
  std::optional<double> p;  ///< probability of AI, when the detector claims to give one
  std::vector<ScoredStretch> segments;
  std::string error;  ///< "" or why there is no score
};

struct Hearing {
  std::vector<HeardScore> scores;  ///< one a file, in order; empty when it failed
  std::string failure;             ///< "" or one line: crash, time-out, wrong count
  double wall_s = 0, cpu_s = 0;
};

/// A detector under test. It is given files under random names and nothing else.
class StudiedDetector {
 public:
  virtual ~StudiedDetector() = default;
  virtual std::string name() const = 0;
  /// What resuming compares: a command, a hash of weights.
  virtual std::string identity() const = 0;
  virtual Hearing hear(const std::vector<std::filesystem::path>& files) const = 0;
};

/// "name=command" or "command" (its first word names it). Words are split at blanks (double quotes
/// keep them together), no shell. {filelist} is a text file with one path a line, {files} all
/// paths. Standard output has one line a file, in order: a number, or a JSON object with `score`,
/// `log_likelihood_ratio` or `p_ai` (probability, also `p`), and `segments[{start_s,end_s,p_ai}]`.
/// Numbers that all lie in [0, 1] are taken as probabilities.
/// @throws Error(kInvalidArgument) without a placeholder; Error(kUnsupported) when the program is
/// not there.
std::unique_ptr<StudiedDetector> make_command_detector(const std::string& text, double timeout_s);

/// Scores that were made elsewhere: columns `id` (or `file`) and `score`, optional `row`, `p`.
struct ScoreFile {
  std::string name;
  std::filesystem::path path;
};

// The study
// -------------------------------------------------------------------------------------------

struct DetectorStudyOptions {
  std::vector<DetectorClip> clips;
  DetectorGrid grid;
  std::vector<std::shared_ptr<const StudiedDetector>> detectors;
  std::vector<ScoreFile> score_files;
  std::shared_ptr<const Marker> marker;  ///< of rows of kind mark; null: those are left out
  std::uint64_t seed = 1;
  int jobs = 1;
  bool resume = false, overwrite = false;
  std::filesystem::path folder;  ///< records.jsonl is appended to here
  std::filesystem::path cache;   ///< attacked copies by hash; empty: made again when needed
};

/// One score of one copy by one detector.
struct DetectorScore {
  std::string detector, clip, row;
  double score = 0;
  std::optional<double> p;
  std::vector<ScoredStretch> segments;
  std::string error;
};

/// One copy that was made.
struct DetectorCopy {
  std::string clip, row, chain;  ///< treatment and row, as applied
  double start_s = 0, duration_s = 0, gain_db = 0;
  std::vector<double> content_free;      ///< of the copy
  std::vector<double> content_free_raw;  ///< of the excerpt before anything was done to it
  std::string error;
};

/// A batch that a detector heard.
struct DetectorBatch {
  std::string detector, failure;
  double audio_s = 0, wall_s = 0, cpu_s = 0;
};

struct DetectorResults {
  std::vector<DetectorScore> scores;
  std::vector<DetectorCopy> copies;
  std::vector<DetectorBatch> batches;
  std::string header_json;
};

inline constexpr const char* kDetectorRecords = "records.jsonl";
inline constexpr const char* kRandomReference = "random";
inline constexpr const char* kFourierReference = "fourier";
inline constexpr const char* kContentFreeProbe = "content-free";
inline constexpr const char* kContentFreeRawProbe = "content-free-raw";

/// Makes the copies that are missing, a batch at a time in an order drawn from `seed`, lets every
/// detector hear them, and appends each result at once. Returns what was left out, one line each:
/// files that cannot be read, detectors that failed (they are not asked again in this run).
/// @throws Error(kOutput) when records exist and neither `resume` nor `overwrite` is set;
/// Error(kConfig) when resuming a run of other settings.
std::vector<std::string> run_detector_study(const DetectorStudyOptions& options);

/// @throws Error(kIo), Error(kFormat) naming the line. A torn last line is left out.
DetectorResults read_detector_results(const std::filesystem::path& folder);

/// @throws Error(kConfig) when the records are of another material, grid or seed.
void check_same_study(const DetectorStudyOptions& options, const DetectorResults& results);

/// Adds the scores of the references, which are functions of the records and the features beside
/// them: random; Fourier and the content-free probes, cross-validated over sources.
/// @returns what should be known about how they were trained, one line each.
std::vector<std::string> add_reference_scores(const DetectorStudyOptions& options,
                                              DetectorResults& results);

// What comes of it
// -------------------------------------------------------------------------------------------

/// A figure with 95 % intervals: recordings, and whole sources, drawn again.
struct StudyFigure {
  double value = 0;
  std::optional<std::pair<double, double>> by_recording, by_source;
};

/// The true-positive rate at a false-positive rate.
struct StudyRate {
  double fpr = 0.01;
  StudyFigure tpr;
  bool supported = false;  ///< by the number of independent human recordings
};

struct RowFigures {
  std::string row, title, kind;
  std::size_t num_ai = 0, num_human = 0, errors = 0;
  StudyFigure auc;
  std::vector<StudyRate> rates;             ///< threshold fitted on the row's own humans
  double fixed_tpr = 0, fixed_fpr = 0;      ///< at the clean row's threshold of 1 %
  double drift_mean = 0, drift_max = 0;     ///< of p (or the score) against the clean row
  std::optional<StudyFigure> over_fourier;  ///< AUC less the Fourier reference's, paired
};

struct SourceFigures {
  std::string source;
  std::size_t n = 0, recordings = 0, flagged = 0;
  double fpr = 0, low = 0, high = 1;  ///< at 1 %, threshold fitted on the other sources
  double threshold = 0;
};

struct GroupFigures {
  std::string group;
  std::size_t n = 0;
  StudyFigure auc;
  double nested_tpr = 0, low = 0, high = 1;  ///< mean over the nested thresholds; Wilson
  bool supported = false;
  std::map<std::string, double> auc_by_source;       ///< the matrix: against one human source
  std::optional<double> left_out_auc, left_out_tpr;  ///< references: trained without the group
};

struct LabelFigures {
  std::string label;
  std::size_t n = 0, flagged = 0;
  double mean_p = 0, auc_over_human = 0.5, low = 0, high = 1;
};

struct SegmentFigures {
  std::size_t tracks = 0, segments = 0, boundaries = 0, missed = 0;
  double auc = 0.5;
  std::optional<double> boundary_error_s;  ///< median; a missed boundary counts as infinite
};

struct MarkFigures {
  std::string what;  ///< "all", "ai", "human", "twins of the manifest"
  std::size_t pairs = 0;
  StudyFigure auc;  ///< marked over unmarked
  double mean_change = 0;
};

/// AUC against labels that were dealt anew to whole sources: what sources alone can make of a
/// detector's scores, whatever it heard.
struct PermutationFigures {
  bool by_source = true;  ///< false: a class has one source, and recordings were dealt
  std::size_t units = 0, deals = 0;
  double mean_auc = 0, low = 0, high = 1;  ///< the latter two hold the middle 95 %
  std::optional<double> p;  ///< share of deals, the true one among them, whose AUC is as high
};

struct DetectorFigures {
  std::string name;
  std::size_t num_ai = 0, num_human = 0, human_recordings = 0, ai_recordings = 0, errors = 0;
  std::size_t human_sources = 0, ai_sources = 0;
  StudyFigure auc, eer;
  std::vector<StudyRate> rates;
  bool nested = false;  ///< two human sources at least: the four below, at 1 %
  double nested_fpr = 0, nested_low = 0, nested_high = 1, nested_tpr = 0;
  double precision = 0, precision_low = 0;  ///< at the prevalence; the latter at nested_high
  std::optional<double> ece, brier;
  double realtime_wall = 0, realtime_cpu = 0;  ///< seconds of audio a second; 0: not measured
  std::vector<RowFigures> rows;                ///< the clean one first
  StudyFigure mean_auc, worst_auc;             ///< over the rows of kind attack and codec
  std::optional<StudyFigure> mean_over_fourier, worst_over_fourier;
  std::vector<SourceFigures> sources;
  std::vector<GroupFigures> groups;
  std::vector<LabelFigures> labels;
  std::optional<SegmentFigures> segments;
  std::vector<MarkFigures> marks;
  std::optional<PermutationFigures> permuted;
  std::optional<PermutationFigures> taught_anew;  ///< references: taught with the labels as dealt
  std::string failure;                            ///< of its last batch
};

struct DetectorSummary {
  std::vector<DetectorFigures> detectors;
  std::vector<std::string> notes;
  double prevalence = 0.44;
  std::string header_json;
};

DetectorSummary summarise_detectors(const DetectorStudyOptions& options,
                                    const DetectorResults& results);

/// One line a score, with all that the figures are made of.
std::string detector_scores_csv(const DetectorStudyOptions& options,
                                const DetectorResults& results);
std::string detector_segments_csv(const DetectorResults& results);
std::string detector_text(const DetectorSummary& summary);
std::string detector_json(const DetectorSummary& summary);
/// The page with its tables and curves, self-contained.
std::string detector_page(const DetectorStudyOptions& options, const DetectorSummary& summary,
                          const DetectorResults& results);

}  // namespace brandiron::experiments
