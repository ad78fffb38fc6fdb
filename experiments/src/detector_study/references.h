#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "brandiron/experiments/detector_study.h"
#include "detector_study/logistic.h"

namespace brandiron::experiments {

/// Where the Fourier features of a copy lie.
std::filesystem::path feature_file(const std::filesystem::path& folder, const std::string& clip,
                                   const std::string& row);

/// One recording for a reference that is trained here.
struct ReferenceExample {
  std::string clip, label, source, group, recording;
  std::vector<float> features;  ///< of the clean copy
};

/// Which fold each example is scored in: sources of a label are dealt out whole, the largest first,
/// each to the fold that has least of its label; a label with one source is dealt by recordings.
/// Labels other than ai and human follow the recording they came from.
struct FoldPlan {
  std::vector<int> fold;  ///< of each example
  int folds = 0;
  bool ai_by_source = true, human_by_source = true;
};
FoldPlan plan_folds(const std::vector<ReferenceExample>& examples, int folds);

/// What a model that scores fold `fold` may learn from: ai and human of the other folds, without
/// the ai group `group` ("" leaves out none) and without what shares a recording with the fold.
std::vector<std::size_t> training_set(const std::vector<ReferenceExample>& examples,
                                      const FoldPlan& plan, int fold, const std::string& group);

/// Plain logistic regression, on standardised features where they have units.
struct FoldModel {
  std::vector<float> mean, scale;  ///< subtracted, then multiplied; empty: features as they are
  LogisticModel model;
  double logit(std::span<const float> features) const;
};
/// None when a class is missing.
std::optional<FoldModel> train_fold_model(const std::vector<ReferenceExample>& examples,
                                          const std::vector<std::size_t>& chosen, bool standardise);

/// How a reference is taught.
struct ReferenceKind {
  bool standardise = false;
  int folds = 5, jobs = 1;
};
/// Scores of the clean copies, each by the model of its fold; none when a fold cannot be taught.
std::optional<std::vector<double>> fold_scores(const std::vector<ReferenceExample>& examples,
                                               const ReferenceKind& kind);
/// The reference taught with labels that were dealt anew to whole sources: a mean AUC over 0.5
/// would say that folds give one another away.
std::optional<PermutationFigures> taught_permutation(std::vector<ReferenceExample> examples,
                                                     const ReferenceKind& kind, std::uint64_t seed);

/// An ai group scored by models that never learnt from it, beside humans of sources they never
/// heard.
struct LeftOut {
  double auc = 0.5, tpr = 0;  ///< the latter at a false-positive rate of 1 %
};
std::map<std::string, LeftOut> leave_groups_out(const std::vector<ReferenceExample>& examples,
                                                const FoldPlan& plan, bool standardise, int jobs);

/// Of the clean copies.
std::vector<ReferenceExample> fourier_examples(const DetectorStudyOptions& options,
                                               const DetectorResults& results);
std::vector<ReferenceExample> content_free_examples(const DetectorStudyOptions& options,
                                                    const DetectorResults& results, bool raw);

}  // namespace brandiron::experiments
