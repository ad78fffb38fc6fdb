#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>

#include "brandiron/core/config.h"
#include "brandiron/core/rng.h"
#include "brandiron/models/sequence_net.h"

namespace brandiron::app {

/// How a sequence model is trained: the loop is `train_sequence`, the data are the caller's.
struct SequenceTraining {
  std::string name;  ///< "lyrics": of the progress, of the stream of batches
  std::uint64_t seed = 1, checkpoint_every = 100;
  models::SequenceTrainerOptions trainer;
  std::filesystem::path out;  ///< checkpoint.pt, metrics.jsonl
  bool resume = false;
  /// One step on a batch that is a function of `stream`; returns its loss. `done`: share of all
  /// steps before it.
  std::function<double(models::SequenceTrainer&, double done, Rng& stream)> step;
  /// Nats a token over the validation set.
  std::function<double(models::SequenceTrainer&)> validate;
  /// Writes the weights; called whenever validation liked none better.
  std::function<void()> keep;
};

/// Trains `net` to its last step. Stopping and going on changes nothing.
void train_sequence(models::SequenceNet& net, const SequenceTraining& training);

/// The net's file with what every one of ours says of itself.
models::Safetensors described(const models::SequenceNet& net, models::TensorStorage storage,
                              const std::string& recipe, const Config& config);

/// Cost of one sequence of a test set, and how many tokens that is.
struct SequenceNats {
  double nats = 0, tokens = 0;
};

/// {value, low, high} of exp(nats a token), with the 95 % interval of drawing whole sequences again
/// `resamples` times from `rng`. For a ratio of perplexities give differences of nats.
nlohmann::ordered_json resampled_perplexity(std::span<const SequenceNats> sequences, Rng rng,
                                            std::size_t resamples);

}  // namespace brandiron::app
