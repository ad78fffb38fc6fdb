// The [sections] of configs/train/detector.toml as plain structs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "brandiron/core/audio/treatment.h"
#include "brandiron/core/config.h"
#include "fold_trainer.h"

namespace brandiron::detect {

/// One row of the attack table: what the test recordings of each class go through.
struct EvaluationChain {
  std::string name, ai, human;
  bool mark = false;
};

/// How copies are named, a number behind.
inline constexpr const char* kTreatedCopy = "variant-";
inline constexpr const char* kPlainCopy = "plain-";

struct TrainPlan {
  std::uint64_t seed = 1;
  std::string name, scope;
  int folds = 5;
  std::vector<std::string> held_out_families;  ///< the k-th is unknown to the k-th fold's network
  int copies = 4;      ///< treated copies a training recording; odd ones are marked
  double crop_s = 24;  ///< excerpt a copy
  /// Copies besides under what every recording meets on its way (codec, band, level), no attack.
  int plain_copies = 0;
  double plain_crop_s = 30;
  double voice_chance = 0.3, voice_low_db = -6, voice_high_db = 6;
  Treatment treatment, plain, lossless;
  FeatureConfig features;
  bool comb = true;  ///< without it no comb is looked for, in training or later
  FoldTrainingOptions training;
  double texture_ridge = 0.02, comb_ridge = 0.02, fusion_ridge = 0.002, family_ridge = 0.02;
  double fusion_own_share = 2;  ///< of our songs in a fusion; every other kind has 1
  double shrinkage = 0.2;       ///< of the Gaussian's covariance towards its diagonal
  double target_rate = 0.01;    ///< errors allowed on either side when boundaries are chosen
  double least_p = 0.7;         ///< no verdict is given below this posterior (prior 0.5)
  std::vector<EvaluationChain> chains;
  double attacked_s = 20;            ///< excerpt of a test recording for every chain but the first
  std::size_t attacked_titles = 40;  ///< of each class that go through the chains; 0: all

  /// @throws Error(kConfig)
  static TrainPlan from_config(const Config& config);
};

}  // namespace brandiron::detect
