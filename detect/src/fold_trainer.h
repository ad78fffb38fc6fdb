// Trains one network on a set of recordings and scores others with it.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "brandiron/models/segment_net.h"
#include "feature_store.h"

namespace brandiron::detect {

struct FoldTrainingOptions {
  models::SegmentNetConfig net;
  models::TrainerOptions trainer;
  std::size_t batch_size = 32;
  std::size_t frequency_mask = 12;  ///< widest blanked band, mels
  std::size_t time_mask = 25;       ///< widest blanked stretch, windows; two of them
  std::uint64_t checkpoint_every = 100;
  std::filesystem::path checkpoint;  ///< .ckpt while it trains; the finished net beside it
  bool resume = false;
};

/// A training example: the features of one treated recording.
struct Example {
  const Features* features;
  bool is_ai;
  std::string source;
};

/// Draws batches in which the classes weigh the same and a source weighs as the square root of its
/// recordings; trains; leaves CHECKPOINT.safetensors. With `resume`, finished nets are read back
/// and unfinished ones go on: the weights come out the same. `loss_log` receives (step, loss)
/// lines.
models::SegmentNet train_fold(const std::string& title, const std::vector<Example>& examples,
                              const FeatureConfig& features, const FoldTrainingOptions& options,
                              std::string& loss_log);

/// What a network makes of one recording.
struct Scored {
  double logit = 0;  ///< mean over the segments
  std::vector<double> segments;
};

/// @throws Error(kInvalidArgument) when all segments are silent.
Scored score(const models::SegmentNet& net, const LogMel& mel, const FeatureConfig& features);

}  // namespace brandiron::detect
