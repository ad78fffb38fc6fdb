#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/version.h"
#include "brandiron/detect/training.h"
#include "fit_parts.h"
#include "spans.h"
#include "training_report.h"

namespace brandiron::detect {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPermutations = 8;

/// Seconds since construction.
class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// What happens to the copies of one name.
struct CopyKind {
  const char *name, *stream;
  const Treatment& treatment;
  int count;
  double crop_s, voice_chance;
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
  PlaceRow place(const models::SegmentNet& net, const Features& features, const FeatureJob& job,
                 std::vector<SourceSpan> truth) const;
  void find_places(std::vector<PlaceRow>& rows) const;
  TrainDetectorReport write();

  FeatureJob copy_of(std::size_t track, const CopyKind& kind, int copy) const;
  FeatureStoreOptions store_options() const;
  std::string held_out_family(int fold) const;
  bool is_known(const Track& track, int fold) const;
  std::vector<Example> examples(int without_fold) const;
  void follow_spans();
  models::SegmentNet train(const std::string& title, const std::string& name, int fold);
  ScoreRow score(const models::SegmentNet& net, const ClosedForms& forms, const FeatureJob& job,
                 const Features& features) const;
  std::vector<const HeldOut*> held_out(int without_fold) const;

  TrainDetectorOptions options_;
  Config config_;
  TrainingResults results_;
  std::vector<FeatureJob> jobs_;
  std::vector<Features> features_;
  std::vector<std::vector<SourceSpan>> spans_;  ///< by job; none but of hybrids
  std::optional<models::SegmentNet> net_;
  ClosedForms forms_;
  Calibration with_comb_, without_comb_;
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
  store.comb = results_.plan.comb;
  return store;
}

FeatureJob Run::copy_of(std::size_t track, const CopyKind& kind, int copy) const {
  const TrainPlan& plan = results_.plan;
  const Rng stream = Rng(plan.seed, kind.stream)
                         .child(results_.tracks[track].id, static_cast<std::uint64_t>(copy));
  FeatureJob job;
  job.track = track;
  job.name = fmt::format("{}{}", kind.name, copy);
  job.chain = kind.treatment.draw(stream.child("chain"));
  job.lossless_codec = plan.lossless.draw(stream.child("lossless"));
  job.crop_s = kind.crop_s;
  job.mark = copy % 2 == 1;
  job.mix_voice = stream.child("voice").chance(kind.voice_chance);
  return job;
}

void Run::make_training_features() {
  const Stopwatch watch;
  const TrainPlan& plan = results_.plan;
  const CopyKind kinds[] = {
      {kTreatedCopy, "treatment", plan.treatment, plan.copies, plan.crop_s, plan.voice_chance},
      {kPlainCopy, "plain treatment", plan.plain, plan.plain_copies, plan.plain_crop_s, 0}};
  for (std::size_t i = 0; i < results_.tracks.size(); ++i) {
    if (results_.tracks[i].fold < 0) continue;
    for (const CopyKind& kind : kinds) {
      for (int copy = 0; copy < kind.count; ++copy) jobs_.push_back(copy_of(i, kind, copy));
    }
  }
  features_ = make_features(results_.tracks, jobs_, plan.features, store_options());
  follow_spans();
  results_.seconds["training_features"] = watch.seconds();
}

/// The decoder family that a fold's network must not know: "" when there is none.
std::string Run::held_out_family(int fold) const {
  const auto& families = results_.plan.held_out_families;
  const auto k = static_cast<std::size_t>(fold);
  return fold >= 0 && k < families.size() ? families[k] : "";
}

/// May the network of `fold` learn from this recording?
bool Run::is_known(const Track& track, int fold) const {
  return track.fold >= 0 && track.fold != fold && track.decoder != held_out_family(fold);
}

std::vector<Example> Run::examples(int without_fold) const {
  std::vector<Example> list;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    const Track& track = results_.tracks[jobs_[i].track];
    if (!is_known(track, without_fold)) continue;
    list.push_back({&features_[i], track.label, track.source, targets_of(track, jobs_[i].mix_voice),
                    spans_[i]});
  }
  return list;
}

/// The spans of hybrids as their treated excerpts have them: speed and tempo move them.
void Run::follow_spans() {
  spans_.resize(jobs_.size());
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    const Track& track = results_.tracks[jobs_[i].track];
    if (track.spans.empty()) continue;
    const double start_s = excerpt_start_s(track, jobs_[i], results_.plan.seed);
    const double length_s = std::min(jobs_[i].crop_s, track.spans.back().end_s - start_s);
    const double heard_s =
        static_cast<double>(features_[i].audio.mel.num_windows) * results_.plan.features.hop_s();
    spans_[i] = spans_within(track.spans, start_s, length_s, heard_s);
  }
}

models::SegmentNet Run::train(const std::string& title, const std::string& name, int fold) {
  FoldTrainingOptions training = results_.plan.training;
  training.trainer.device = options_.device;
  training.checkpoint = options_.out / "checkpoints" / (name + ".ckpt");
  training.resume = options_.resume;
  return train_fold(title, examples(fold), results_.plan.features, training, loss_log_);
}

ScoreRow Run::score(const models::SegmentNet& net, const ClosedForms& forms, const FeatureJob& job,
                    const Features& features) const {
  const TrainPlan& plan = results_.plan;
  const Track& track = results_.tracks[job.track];
  const NetworkScores network =
      run_network(net, features.audio.mel, plan.features, plan.features.segment_windows);
  ScoreRow row;
  row.track = job.track;
  row.copy = job.name;
  row.chain = job.chain;
  row.marked = features.marked;
  const std::string kind = !track.is_ai() ? track.label : track.is_own() ? kOwnKind : track.source;
  row.branches = {track.label,
                  track.source,
                  track.title,
                  kind,
                  run_branches(network, features.audio, forms),
                  network.segment_synthetic};
  row.p_vocals_ai = answer(network.outputs, kVocals)[1];
  row.p_instrumental_ai = answer(network.outputs, kInstrumental)[1];
  return row;
}

void Run::cross_validate() {
  const Stopwatch watch;
  const TrainPlan& plan = results_.plan;
  for (int fold = 0; fold < plan.folds; ++fold) {
    const models::SegmentNet net = train(fmt::format("train fold {} of {}", fold + 1, plan.folds),
                                         fmt::format("fold-{}", fold), fold);
    const ClosedForms forms = fit_forms(net, examples(fold), plan);
    for (std::size_t i = 0; i < jobs_.size(); ++i) {
      const Track& track = results_.tracks[jobs_[i].track];
      const std::string family = held_out_family(fold);
      const bool unknown_family = !family.empty() && track.decoder == family && track.is_ai();
      if (track.fold != fold && !unknown_family) continue;
      ScoreRow row = score(net, forms, jobs_[i], features_[i]);
      row.fold = fold;
      if (unknown_family) results_.families.push_back(row);
      if (track.fold != fold) continue;
      results_.folds.push_back(std::move(row));
      if (track.spans.empty()) continue;
      results_.held_out_places.push_back(place(net, features_[i], jobs_[i], spans_[i]));
    }
  }
  results_.seconds["cross_validation"] = watch.seconds();
}

std::vector<const HeldOut*> Run::held_out(int without_fold) const {
  std::vector<const HeldOut*> list;
  for (const ScoreRow& row : results_.folds) {
    if (row.fold != without_fold) list.push_back(&row.branches);
  }
  return list;
}

void decide(ScoreRow& row, const Calibration& with_comb, const Calibration& without_comb,
            bool comb) {
  const Calibration& c = comb ? with_comb : without_comb;
  const Judgement j = judge(row.branches.scores, c, comb);
  row.llr = j.llr;
  row.llr_without_comb = judge(row.branches.scores, without_comb, false).llr;
  row.resynthesised = j.resynthesised;
  row.above = j.llr >= c.ai.llr;
  row.verdict = verdict_of(j, c);
}

void Run::calibrate() {
  const TrainPlan& plan = results_.plan;
  // Each fold is judged by what the other folds taught: fusion, scale and boundaries.
  for (int fold = 0; fold < plan.folds; ++fold) {
    const auto rows = held_out(fold);
    const Calibration with = fit_calibration(rows, plan, plan.comb);
    const Calibration without = fit_calibration(rows, plan, false);
    for (auto* list : {&results_.folds, &results_.families}) {
      for (ScoreRow& row : *list) {
        if (row.fold == fold) decide(row, with, without, plan.comb);
      }
    }
  }
  without_comb_ = fit_calibration(held_out(-1), plan, false);
  with_comb_ = plan.comb ? fit_calibration(held_out(-1), plan, true) : without_comb_;
  results_.calibration = with_comb_;
  find_places(results_.held_out_places);
}

void Run::probe_shortcuts() {
  std::vector<ContentFree> raw, treated, canonical;
  std::vector<int> labels, folds;
  std::vector<Example> list;
  std::vector<std::string> sources;
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    const Track& track = results_.tracks[jobs_[i].track];
    if (!track.is_ai() && !track.is_human()) continue;
    raw.push_back(features_[i].raw);
    treated.push_back(features_[i].treated);
    canonical.push_back(features_[i].canonical);
    labels.push_back(track.is_ai() ? 1 : 0);
    folds.push_back(track.fold);
    sources.push_back(track.source);
    list.push_back({&features_[i], track.label, track.source, targets_of(track, false), {}});
  }
  results_.content_free_auc = {{"raw", content_free_auc(raw, labels, folds)},
                               {"treated", content_free_auc(treated, labels, folds)},
                               {"canonical", content_free_auc(canonical, labels, folds)}};
  // Labels dealt anew to whole sources: what is left over 0.5 is what a source gives away of
  // another.
  const std::set<std::string> names(sources.begin(), sources.end());
  for (std::uint64_t repeat = 0; repeat < kPermutations; ++repeat) {
    std::map<std::string, bool> dealt;
    Rng rng = Rng(results_.plan.seed, "permutation").child("repeat", repeat);
    for (const std::string& name : names) dealt[name] = rng.chance(0.5);
    std::vector<bool> synthetic;
    for (const std::string& source : sources) synthetic.push_back(dealt[source]);
    results_.permuted_aucs.push_back(
        texture_auc(list, folds, synthetic, results_.plan.texture_ridge));
  }
}

void Run::train_final() {
  const Stopwatch watch;
  net_ = train("train final network", "final", -1);
  forms_ = fit_forms(*net_, examples(-1), results_.plan);
  results_.seconds["final_training"] = watch.seconds();
}

/// What a network says of each step of a hybrid.
PlaceRow Run::place(const models::SegmentNet& net, const Features& features, const FeatureJob& job,
                    std::vector<SourceSpan> truth) const {
  const TrainPlan& plan = results_.plan;
  const LogMel& mel = features.audio.mel;
  PlaceRow row;
  row.track = job.track;
  row.copy = job.name;
  row.duration_s = static_cast<double>(mel.num_windows) * plan.features.hop_s();
  row.truth = std::move(truth);
  row.steps = run_network(net, mel, plan.features, plan.features.fine_hop_windows).steps;
  return row;
}

void Run::find_places(std::vector<PlaceRow>& rows) const {
  for (PlaceRow& row : rows) {
    row.curve = curve_of(row.steps, row.duration_s, with_comb_.segment, 0);
    row.spans = spans_of(row.steps, row.duration_s, with_comb_.segment, 0);
  }
}

void Run::score_tests() {
  const Stopwatch watch;
  const TrainPlan& plan = results_.plan;
  std::vector<FeatureJob> jobs;
  std::map<std::string, std::set<std::string>> attacked;  // titles by label
  std::vector<std::size_t> order(results_.tracks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return sha256_hex(results_.tracks[a].title) < sha256_hex(results_.tracks[b].title);
  });
  for (const std::size_t i : order) {
    const Track& track = results_.tracks[i];
    if (!track.is_test() || track.is_voice()) continue;
    auto& titles = attacked[track.label + (track.is_own() ? "-own" : "")];
    if (titles.size() < plan.attacked_titles || plan.attacked_titles == 0) {
      titles.insert(track.source + "\n" + track.title);
    }
    const bool chosen = titles.contains(track.source + "\n" + track.title);
    for (const EvaluationChain& chain : plan.chains) {
      const bool first = &chain == &plan.chains.front();
      if (!first && (!chosen || !track.spans.empty())) continue;
      FeatureJob job;
      job.track = i;
      job.name = chain.name;
      job.chain = track.is_ai() ? chain.ai : chain.human;
      job.mark = chain.mark;
      job.crop_s = first || chain.mark ? 0 : plan.attacked_s;
      jobs.push_back(job);
    }
  }
  const std::vector<Features> features =
      make_features(results_.tracks, jobs, plan.features, store_options());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    ScoreRow row = score(*net_, forms_, jobs[i], features[i]);
    decide(row, with_comb_, without_comb_, plan.comb);
    results_.test.push_back(std::move(row));
    const auto& spans = results_.tracks[jobs[i].track].spans;
    if (!spans.empty()) {
      results_.places.push_back(place(*net_, features[i], jobs[i], spans));
    }
  }
  find_places(results_.places);
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
                            .forms = forms_,
                            .with_comb = with_comb_,
                            .without_comb = without_comb_,
                            .net = std::move(*net_),
                            .notes = {{"licence", "Apache-2.0"}, {"training_run", run.dump()}}};
  model.save(report.weights, /*overwrite=*/true);
  const std::string bytes = read_file(report.weights);
  results_.weights_sha256 = sha256_hex(bytes);
  results_.weights_bytes = bytes.size();

  const nlohmann::ordered_json metrics = training_metrics(results_);
  write_file(report.metrics, metrics.dump(1) + "\n", true);
  write_file(report.scores, scores_csv(results_), true);
  write_file(out / "metrics.jsonl", loss_log_, true);
  const std::string card = read_file(home_folder() / "models" / "cards" / "detector.template.md");
  write_file(report.card, model_card(results_, metrics, card), true);
  report.summary = summary_text(results_, metrics);
  return report;
}

}  // namespace

TrainDetectorReport train_detector(const Config& config, const TrainDetectorOptions& options) {
  return Run(config, options)();
}

}  // namespace brandiron::detect
