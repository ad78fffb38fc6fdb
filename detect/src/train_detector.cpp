#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/version.h"
#include "brandiron/detect/training.h"
#include "training_report.h"

namespace brandiron::detect {
namespace {

namespace fs = std::filesystem;

/// Seconds since construction.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// One training run: the stages of training.h in order, each leaving its result in `results_`.
class Run {
 public:
  Run(const Config& config, const TrainDetectorOptions& options)
      : options_(options), config_(config) {
    results_.plan = TrainPlan::from_config(config);
    const TrainPlan& plan = results_.plan;
    TrackList list = list_tracks(config, plan.seed, plan.folds);
    results_.tracks = std::move(list.tracks);
    results_.unreadable = std::move(list.unreadable);
    config.check_all_used();
    results_.marked_half = options.marker != nullptr;
    results_.config_sha256 = config.sha256();
    open_folder();
  }

  TrainDetectorReport operator()() {
    make_training_features();
    cross_validate();
    calibrate();
    probe_shortcuts();
    train_final();
    score_tests();
    return write();
  }

 private:
  void open_folder();
  void make_training_features();
  void cross_validate();
  void calibrate();
  void probe_shortcuts();
  void train_final();
  void score_tests();
  TrainDetectorReport write();

  FeatureStoreOptions store_options() const;
  std::vector<Example> examples(int without_fold) const;
  ScoreRow judge(const models::SegmentNet& net, const FeatureJob& job, const Features& features,
                 std::vector<double>* segments) const;
  void decide(std::vector<ScoreRow>& rows) const;
  std::map<std::string, std::vector<double>> llrs_by_title(bool ai) const;

  TrainDetectorOptions options_;
  Config config_;
  TrainingResults results_;
  std::vector<FeatureJob> jobs_;
  std::vector<Features> features_;
  std::vector<double> ai_segments_, human_segments_;
  std::optional<models::SegmentNet> net_;
  std::string loss_log_;
};

void Run::open_folder() {
  const fs::path& out = options_.out;
  const fs::path weights = out / "detector.safetensors";
  if (fs::exists(weights) && !options_.overwrite && !options_.resume) {
    throw Error(
        ErrorCode::kOutput,
        fmt::format("{}: holds the results of a run; give --overwrite or --resume", out.string()));
  }
  std::error_code failed;
  fs::create_directories(out / "checkpoints", failed);
  if (failed) {
    throw Error(ErrorCode::kOutput,
                fmt::format("{}: cannot be made: {}", out.string(), failed.message()));
  }
  // Checkpoints are only good for the very run that they belong to.
  const std::string manifest = manifest_jsonl(results_.tracks);
  const std::string run = nlohmann::ordered_json{{"schema", "brandiron.run/1"},
                                                 {"config_sha256", results_.config_sha256},
                                                 {"manifest_sha256", sha256_hex(manifest)},
                                                 {"marked", results_.marked_half},
                                                 {"version", version()}}
                              .dump(1) +
                          "\n";
  const fs::path run_file = out / "run.json";
  if (options_.resume && fs::exists(run_file) && read_file(run_file) != run) {
    throw Error(ErrorCode::kConfig,
                fmt::format("{}: configuration or data differ from the run to resume; train anew "
                            "with --overwrite",
                            run_file.string()));
  }
  write_file(run_file, run, true);
  write_file(out / "manifest.jsonl", manifest, true);
  write_file(out / "config.resolved.json", config_.to_json(), true);
}

FeatureStoreOptions Run::store_options() const {
  FeatureStoreOptions store;
  store.cache = options_.out / "features";
  store.seed = results_.plan.seed;
  store.jobs = std::max(1, options_.jobs);
  store.voice_low_db = results_.plan.voice_low_db;
  store.voice_high_db = results_.plan.voice_high_db;
  store.marker = options_.marker;
  return store;
}

void Run::make_training_features() {
  const Stopwatch watch;
  const TrainPlan& plan = results_.plan;
  const Rng rng(plan.seed, "treatment");
  for (std::size_t i = 0; i < results_.tracks.size(); ++i) {
    const Track& track = results_.tracks[i];
    if (track.fold < 0) continue;
    for (int copy = 0; copy < plan.copies; ++copy) {
      const Rng stream = rng.child(track.id, static_cast<std::uint64_t>(copy));
      FeatureJob job;
      job.track = i;
      job.name = fmt::format("variant-{}", copy);
      job.chain = plan.treatment.draw(stream.child("chain"));
      job.lossless_codec = plan.lossless.draw(stream.child("lossless"));
      job.crop_s = plan.crop_s;
      job.mark = copy % 2 == 1;
      job.mix_voice = stream.child("voice").chance(plan.voice_chance);
      jobs_.push_back(job);
    }
  }
  features_ = make_features(results_.tracks, jobs_, plan.features, store_options());
  results_.seconds["training_features"] = watch.seconds();
}

std::vector<Example> Run::examples(int without_fold) const {
  std::vector<Example> list;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    const Track& track = results_.tracks[jobs_[i].track];
    if (track.fold != without_fold) list.push_back({&features_[i], track.is_ai(), track.source});
  }
  return list;
}

ScoreRow Run::judge(const models::SegmentNet& net, const FeatureJob& job, const Features& features,
                    std::vector<double>* segments) const {
  const Scored scored = score(net, features.mel, results_.plan.features);
  if (segments != nullptr) {
    segments->insert(segments->end(), scored.segments.begin(), scored.segments.end());
  }
  return {job.track, job.name, job.chain, features.marked, scored.logit, 0, ""};
}

void Run::cross_validate() {
  const Stopwatch watch;
  const TrainPlan& plan = results_.plan;
  for (int fold = 0; fold < plan.folds; ++fold) {
    FoldTrainingOptions training = plan.training;
    training.trainer.device = options_.device;
    training.checkpoint = options_.out / "checkpoints" / fmt::format("fold-{}.ckpt", fold);
    training.resume = options_.resume;
    const models::SegmentNet net =
        train_fold(fmt::format("train fold {} of {}", fold + 1, plan.folds), examples(fold),
                   plan.features, training, loss_log_);
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      const Track& track = results_.tracks[jobs_[i].track];
      if (track.fold != fold) continue;
      results_.folds.push_back(
          judge(net, jobs_[i], features_[i], track.is_ai() ? &ai_segments_ : &human_segments_));
    }
  }
  results_.seconds["cross_validation"] = watch.seconds();
}

void Run::decide(std::vector<ScoreRow>& rows) const {
  for (ScoreRow& row : rows) {
    row.llr = results_.calibration.track.apply(row.logit);
    row.verdict = verdict_of(row.llr, results_.calibration);
  }
}

std::map<std::string, std::vector<double>> Run::llrs_by_title(bool ai) const {
  std::map<std::string, std::vector<double>> titles;
  for (const ScoreRow& row : results_.folds) {
    const Track& track = results_.tracks[row.track];
    if (track.is_ai() == ai) titles[track.source + "\n" + track.title].push_back(row.llr);
  }
  return titles;
}

void Run::calibrate() {
  Calibration& c = results_.calibration;
  std::vector<double> ai, human;
  for (const ScoreRow& row : results_.folds) {
    (results_.tracks[row.track].is_ai() ? ai : human).push_back(row.logit);
  }
  c.track = fit_platt(ai, human);
  c.segment = fit_platt(ai_segments_, human_segments_);
  decide(results_.folds);
  // A title counts once, by its worst copy: copies of one recording are no independent trials.
  std::vector<double> worst_ai, worst_human;
  for (const auto& [title, llrs] : llrs_by_title(true)) {
    worst_ai.push_back(*std::min_element(llrs.begin(), llrs.end()));
  }
  for (const auto& [title, llrs] : llrs_by_title(false)) {
    worst_human.push_back(*std::max_element(llrs.begin(), llrs.end()));
  }
  choose_boundaries(c, worst_ai, worst_human, results_.plan.target_rate,
                    logit(results_.plan.least_p));
  c.human_llrs = worst_human;
  std::sort(c.human_llrs.begin(), c.human_llrs.end());
  decide(results_.folds);
}

void Run::probe_shortcuts() {
  std::vector<ContentFree> raw, treated, canonical;
  std::vector<int> labels, folds;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    const Track& track = results_.tracks[jobs_[i].track];
    raw.push_back(features_[i].raw);
    treated.push_back(features_[i].treated);
    canonical.push_back(features_[i].canonical);
    labels.push_back(track.is_ai() ? 1 : 0);
    folds.push_back(track.fold);
  }
  results_.content_free_auc = {{"raw", content_free_auc(raw, labels, folds)},
                               {"treated", content_free_auc(treated, labels, folds)},
                               {"canonical", content_free_auc(canonical, labels, folds)}};
}

void Run::train_final() {
  const Stopwatch watch;
  FoldTrainingOptions training = results_.plan.training;
  training.trainer.device = options_.device;
  training.checkpoint = options_.out / "checkpoints" / "final.ckpt";
  training.resume = options_.resume;
  net_ =
      train_fold("train final network", examples(-1), results_.plan.features, training, loss_log_);
  results_.seconds["final_training"] = watch.seconds();
}

void Run::score_tests() {
  const Stopwatch watch;
  std::vector<FeatureJob> jobs;
  for (std::size_t i = 0; i < results_.tracks.size(); ++i) {
    const Track& track = results_.tracks[i];
    if (!track.is_test() || track.is_voice()) continue;
    for (const EvaluationChain& chain : results_.plan.chains) {
      FeatureJob job;
      job.track = i;
      job.name = chain.name;
      job.chain = track.is_ai() ? chain.ai : chain.human;
      job.mark = chain.mark;
      jobs.push_back(job);
    }
  }
  const std::vector<Features> features =
      make_features(results_.tracks, jobs, results_.plan.features, store_options());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    results_.test.push_back(judge(*net_, jobs[i], features[i], nullptr));
  }
  decide(results_.test);
  results_.seconds["test"] = watch.seconds();
}

TrainDetectorReport Run::write() {
  const fs::path& out = options_.out;
  TrainDetectorReport report{out / "detector.safetensors", out / "metrics.json", out / "scores.csv",
                             out / "model-card.md", ""};
  results_.num_parameters = net_->num_parameters();
  const nlohmann::json run = {{"config_sha256", results_.config_sha256},
                              {"seed", results_.plan.seed},
                              {"git_commit", git_commit()},
                              {"machine", machine_name()},
                              {"marked_half", results_.marked_half}};
  const DetectorModel model{.name = results_.plan.name,
                            .version = version(),
                            .scope = results_.plan.scope,
                            .sha256 = {},
                            .features = results_.plan.features,
                            .calibration = results_.calibration,
                            .net = std::move(*net_),
                            .notes = {{"licence", "Apache-2.0"}, {"training_run", run.dump()}}};
  model.save(report.weights, /*overwrite=*/true);
  const std::string bytes = read_file(report.weights);
  results_.weights_sha256 = sha256_hex(bytes);
  results_.weights_bytes = bytes.size();

  write_file(report.metrics, metrics_json(results_), true);
  write_file(report.scores, scores_csv(results_), true);
  write_file(out / "metrics.jsonl", loss_log_, true);
  const std::string card = read_file(home_folder() / "models" / "cards" / "detector.template.md");
  write_file(report.card, model_card(results_, card), true);
  report.summary = summary_text(results_);
  return report;
}

}  // namespace

TrainDetectorReport train_detector(const Config& config, const TrainDetectorOptions& options) {
  return Run(config, options)();
}

}  // namespace brandiron::detect
