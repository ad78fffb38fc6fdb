// The [sections] of configs/train/detector.toml as plain structs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "brandiron/core/config.h"
#include "fold_trainer.h"
#include "treatment.h"

namespace brandiron::detect {

/// One row of the attack table: what the test recordings of each class go through.
struct EvaluationChain {
  std::string name, ai, human;
  bool mark = false;
};

struct TrainPlan {
  std::uint64_t seed = 1;
  std::string name, scope;
  int folds = 3;
  int copies = 4;      ///< treated copies a training recording; odd ones are marked
  double crop_s = 24;  ///< excerpt a copy
  double voice_chance = 0.3, voice_low_db = -6, voice_high_db = 6;
  Treatment treatment, lossless;
  FeatureConfig features;
  FoldTrainingOptions training;
  double target_rate = 0.01;  ///< errors allowed on either side when boundaries are chosen
  double least_p = 0.7;       ///< no verdict is given below this posterior (prior 0.5)
  std::vector<EvaluationChain> chains;

  /// @throws Error(kConfig)
  static TrainPlan from_config(const Config& config);
};

}  // namespace brandiron::detect
