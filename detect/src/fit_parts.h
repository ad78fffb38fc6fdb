// Fits what stands beside the network, and what stands behind both.
#pragma once

#include <string>
#include <vector>

#include "branches.h"
#include "brandiron/core/audio/content_free.h"
#include "detector_model.h"
#include "fold_trainer.h"
#include "train_plan.h"

namespace brandiron::detect {

/// The closed forms for one network, from the examples that it was trained on.
ClosedForms fit_forms(const models::SegmentNet& net, const std::vector<Example>& examples,
                      const TrainPlan& plan);

/// The texture branch alone, for probes: AUC of held-out examples by a model of the others.
double texture_auc(const std::vector<Example>& examples, const std::vector<int>& folds,
                   const std::vector<bool>& synthetic, double ridge);

/// The shortcut probe: AUC of numbers that ignore the music, by models of the other folds.
double content_free_auc(std::span<const ContentFree> rows, std::span<const int> labels,
                        std::span<const int> folds);

inline constexpr const char* kOwnKind = "brandiron";

/// What the branches said of a recording from a source that they had not seen.
struct HeldOut {
  std::string label, source, title;
  std::string kind;  ///< who or what made it: kOwnKind, another system's source, else the label
  BranchScores scores;
  std::vector<double> segments;  ///< the network's logits of each
};

/// Fuses, calibrates and chooses boundaries.
/// @throws Error(kInvalidArgument) when human or AI recordings are missing.
Calibration fit_calibration(const std::vector<const HeldOut*>& rows, const TrainPlan& plan,
                            bool with_comb);

}  // namespace brandiron::detect
