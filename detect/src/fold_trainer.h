// Trains one network on a set of recordings.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "branches.h"
#include "brandiron/models/segment_net.h"
#include "feature_store.h"
#include "track_list.h"

namespace brandiron::detect {

struct FoldTrainingOptions {
  models::SegmentNetConfig net;
  models::TrainerOptions trainer;
  std::size_t batch_size = 32;      ///< bags
  std::size_t bag = 2;              ///< segments a bag
  double splice_chance = 0.2;       ///< of a bag that changes from human to AI or back on the way
  double layer_chance = 0;          ///< of a bag over which another recording begins to sound
  std::size_t frequency_mask = 12;  ///< widest blanked band, mels
  std::size_t time_mask = 25;       ///< widest blanked stretch, windows; two of them
  std::uint64_t checkpoint_every = 100;
  std::filesystem::path checkpoint;  ///< .ckpt while it trains; the finished net beside it
  bool resume = false;
};

/// A training example: the features of one treated recording and what is known of it.
struct Example {
  const Features* features;
  std::string label, source;
  std::vector<std::int64_t> targets;  ///< an answer a question, or -1
  std::vector<SourceSpan> spans;      ///< of a hybrid, on the time of the features
};

/// The answers for a recording; `mixed_voice`: a human voice was added.
std::vector<std::int64_t> targets_of(const Track& track, bool mixed_voice);

/// A hybrid's spans on the time of an excerpt that began at `start_s`, lasted `length_s` and was
/// made to last `heard_s`; what lies outside goes.
std::vector<SourceSpan> spans_within(const std::vector<SourceSpan>& spans, double start_s,
                                     double length_s, double heard_s);

/// Draws batches in which human music is half, AI and re-synthesised music share the other, and a
/// source weighs as the square root of its recordings; trains; leaves CHECKPOINT.safetensors. With
/// `resume`, finished nets are read back and unfinished ones go on: the weights come out the same.
/// `loss_log` receives (step, loss) lines.
models::SegmentNet train_fold(const std::string& title, const std::vector<Example>& examples,
                              const FeatureConfig& features, const FoldTrainingOptions& options,
                              std::string& loss_log);

}  // namespace brandiron::detect
