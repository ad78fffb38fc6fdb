#include "detector_study/references.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "brandiron/core/classification.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/rng.h"
#include "detector_study/fourier.h"
#include "detector_study/names.h"
#include "detector_study/records.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

using FeaturesOf = std::function<std::vector<float>(const DetectorCopy&)>;

// scores.csv has nine digits: whoever makes the figures again from it must see the same ties.
double as_printed(double x) { return std::stod(fmt::format("{:.9g}", x)); }

std::vector<float> as_floats(const std::vector<double>& values) {
  return {values.begin(), values.end()};
}

std::vector<ReferenceExample> examples_of(const DetectorStudyOptions& options,
                                          const DetectorResults& results,
                                          const FeaturesOf& features_of) {
  std::map<std::string, const DetectorClip*> clips;
  for (const DetectorClip& clip : options.clips) clips[clip.id] = &clip;
  std::vector<ReferenceExample> examples;
  for (const DetectorCopy& copy : results.copies) {
    const auto found = clips.find(copy.clip);
    if (copy.row != kCleanRow || !copy.error.empty() || found == clips.end()) continue;
    const DetectorClip& clip = *found->second;
    examples.push_back(
        {clip.id, clip.label, clip.source, clip.group, clip.recording, features_of(copy)});
  }
  // Records come in the order of a drawn batch; what is learnt must not hang on it.
  std::sort(examples.begin(), examples.end(),
            [](const auto& a, const auto& b) { return a.clip < b.clip; });
  return examples;
}

/// A model for each fold, taught by the others.
std::vector<std::optional<FoldModel>> fold_models(const std::vector<ReferenceExample>& examples,
                                                  const FoldPlan& plan, bool standardise,
                                                  int jobs) {
  std::vector<std::optional<FoldModel>> models(static_cast<std::size_t>(plan.folds));
  parallel_for(models.size(), jobs, [&](std::size_t fold) {
    models[fold] = train_fold_model(
        examples, training_set(examples, plan, static_cast<int>(fold), ""), standardise);
  });
  return models;
}

/// Scores of all copies by the model of their clip's fold.
void score_copies(const std::string& name, const std::vector<ReferenceExample>& examples,
                  const FoldPlan& plan, const FeaturesOf& features_of, bool standardise, int jobs,
                  DetectorResults& results) {
  const auto models = fold_models(examples, plan, standardise, jobs);
  std::map<std::string, int> fold_of;
  for (std::size_t i = 0; i < examples.size(); ++i) fold_of[examples[i].clip] = plan.fold[i];
  for (const DetectorCopy& copy : results.copies) {
    const auto fold = fold_of.find(copy.clip);
    if (!copy.error.empty() || fold == fold_of.end()) continue;
    const auto& model = models[static_cast<std::size_t>(fold->second)];
    if (!model) continue;
    const std::vector<float> features = features_of(copy);
    if (features.empty()) continue;
    DetectorScore score;
    score.detector = name;
    score.clip = copy.clip;
    score.row = copy.row;
    score.score = as_printed(model->logit(features));
    score.p = as_printed(sigmoid(score.score));
    results.scores.push_back(score);
  }
}

void add_random(const DetectorStudyOptions& options, DetectorResults& results) {
  const Rng rng(options.seed, "evaluate/detector/random");
  for (const DetectorCopy& copy : results.copies) {
    if (!copy.error.empty()) continue;
    DetectorScore score;
    score.detector = kRandomReference;
    score.clip = copy.clip;
    score.row = copy.row;
    score.score = as_printed(rng.child(copy.clip).child(copy.row).uniform());
    score.p = score.score;
    results.scores.push_back(score);
  }
}

std::string plan_note(const std::string& name, const FoldPlan& plan) {
  std::string note =
      fmt::format("{}: logistic regression, {} folds over sources", name, plan.folds);
  if (!plan.ai_by_source) note += "; one ai source, so dealt by recordings";
  if (!plan.human_by_source) note += "; one human source, so dealt by recordings";
  return note;
}

FeaturesOf fourier_of(const DetectorStudyOptions& options) {
  return [folder = options.folder](const DetectorCopy& copy) -> std::vector<float> {
    const fs::path file = feature_file(folder, copy.clip, copy.row);
    return fs::exists(file) ? read_features(file) : std::vector<float>();
  };
}

FeaturesOf content_free_of(bool raw) {
  return [raw](const DetectorCopy& copy) {
    return as_floats(raw ? copy.content_free_raw : copy.content_free);
  };
}

}  // namespace

fs::path feature_file(const fs::path& folder, const std::string& clip, const std::string& row) {
  return folder / "features" / (sha256_hex(copy_id(clip, row)).substr(0, 32) + ".u16");
}

double FoldModel::logit(std::span<const float> features) const {
  if (mean.empty()) return model.logit(features);
  std::vector<float> scaled(features.size());
  for (std::size_t i = 0; i < features.size(); ++i) scaled[i] = (features[i] - mean[i]) * scale[i];
  return model.logit(scaled);
}

std::optional<FoldModel> train_fold_model(const std::vector<ReferenceExample>& examples,
                                          const std::vector<std::size_t>& chosen,
                                          bool standardise) {
  std::vector<bool> positive;
  for (const std::size_t i : chosen) positive.push_back(examples[i].label == "ai");
  const auto yes = std::count(positive.begin(), positive.end(), true);
  if (yes == 0 || yes == static_cast<std::ptrdiff_t>(positive.size())) return std::nullopt;
  FoldModel fold;
  std::vector<std::vector<float>> scaled;
  std::vector<std::span<const float>> rows;
  if (standardise) {
    const std::size_t width = examples[chosen[0]].features.size();
    const auto n = static_cast<double>(chosen.size());
    for (std::size_t k = 0; k < width; ++k) {
      double sum = 0, squares = 0;
      for (const std::size_t i : chosen) sum += examples[i].features[k];
      for (const std::size_t i : chosen) {
        squares += std::pow(examples[i].features[k] - sum / n, 2);
      }
      fold.mean.push_back(static_cast<float>(sum / n));
      fold.scale.push_back(static_cast<float>(1 / (std::sqrt(squares / n) + 1e-6)));
    }
    for (const std::size_t i : chosen) {
      std::vector<float> row = examples[i].features;
      for (std::size_t k = 0; k < width; ++k) row[k] = (row[k] - fold.mean[k]) * fold.scale[k];
      scaled.push_back(std::move(row));
    }
    rows.assign(scaled.begin(), scaled.end());
  } else {
    for (const std::size_t i : chosen) rows.emplace_back(examples[i].features);
  }
  fold.model = fit_logistic(rows, positive);
  return fold;
}

std::optional<std::vector<double>> fold_scores(const std::vector<ReferenceExample>& examples,
                                               const ReferenceKind& kind) {
  const FoldPlan plan = plan_folds(examples, kind.folds);
  const auto models = fold_models(examples, plan, kind.standardise, kind.jobs);
  std::vector<double> scores;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const auto& model = models[static_cast<std::size_t>(plan.fold[i])];
    if (!model) return std::nullopt;
    scores.push_back(model->logit(examples[i].features));
  }
  return scores;
}

std::map<std::string, LeftOut> leave_groups_out(const std::vector<ReferenceExample>& examples,
                                                const FoldPlan& plan, bool standardise, int jobs) {
  std::set<std::string> names;
  for (const ReferenceExample& e : examples) {
    if (e.label == "ai") names.insert(e.group);
  }
  const std::vector<std::string> groups(names.begin(), names.end());
  const auto folds = static_cast<std::size_t>(plan.folds);
  std::vector<std::optional<FoldModel>> models(groups.size() * folds);
  parallel_for(models.size(), jobs, [&](std::size_t m) {
    const auto chosen =
        training_set(examples, plan, static_cast<int>(m % folds), groups[m / folds]);
    models[m] = train_fold_model(examples, chosen, standardise);
  });
  std::map<std::string, LeftOut> found;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    std::vector<double> ai, human;
    bool whole = true;
    for (std::size_t i = 0; i < examples.size(); ++i) {
      const ReferenceExample& e = examples[i];
      if (e.label != "human" && !(e.label == "ai" && e.group == groups[g])) continue;
      const auto& model = models[g * folds + static_cast<std::size_t>(plan.fold[i])];
      whole = whole && model.has_value();
      if (model) (e.label == "ai" ? ai : human).push_back(model->logit(e.features));
    }
    if (!whole || ai.empty() || human.empty()) continue;
    found[groups[g]] = {roc_auc(ai, human), share_above(ai, threshold_at(human, 0.01))};
  }
  return found;
}

std::vector<ReferenceExample> fourier_examples(const DetectorStudyOptions& options,
                                               const DetectorResults& results) {
  auto examples = examples_of(options, results, fourier_of(options));
  std::erase_if(examples, [](const ReferenceExample& e) { return e.features.empty(); });
  return examples;
}

std::vector<ReferenceExample> content_free_examples(const DetectorStudyOptions& options,
                                                    const DetectorResults& results, bool raw) {
  return examples_of(options, results, content_free_of(raw));
}

std::vector<std::string> add_reference_scores(const DetectorStudyOptions& options,
                                              DetectorResults& results) {
  std::vector<std::string> notes;
  add_random(options, results);
  const int folds = options.grid.folds;
  const auto fourier = fourier_examples(options, results);
  const FoldPlan plan = plan_folds(fourier, folds);
  score_copies(kFourierReference, fourier, plan, fourier_of(options), false, options.jobs, results);
  notes.push_back(plan_note(kFourierReference, plan));
  for (const bool raw : {false, true}) {
    const auto examples = content_free_examples(options, results, raw);
    score_copies(raw ? kContentFreeRawProbe : kContentFreeProbe, examples,
                 plan_folds(examples, folds), content_free_of(raw), true, options.jobs, results);
  }
  return notes;
}

}  // namespace brandiron::experiments
