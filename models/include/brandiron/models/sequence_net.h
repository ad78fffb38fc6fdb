#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "brandiron/models/sequence_model.h"

namespace brandiron::models {

/// The network behind a SequenceModel while it learns: the same architecture, in LibTorch.
///
/// Runs on one thread with deterministic algorithms.
class SequenceNet {
 public:
  /// Fresh weights drawn from `seed`. @throws Error(kModel) when the configuration is invalid.
  SequenceNet(const SequenceConfig& config, std::uint64_t seed);
  ~SequenceNet();
  SequenceNet(SequenceNet&&) noexcept;
  SequenceNet& operator=(SequenceNet&&) noexcept;

  const SequenceConfig& config() const;
  std::size_t num_parameters() const;

  /// The file of the SequenceModel with these weights; with kF16 its tables and matrices (not the
  /// biases) are rounded to halves. @throws Error(kModel) when a number does not fit.
  Safetensors to_tensors(TensorStorage storage = TensorStorage::kF32) const;
  /// @throws Error(kModel) as SequenceModel::from_tensors.
  static SequenceNet from_tensors(const Safetensors& content);

 private:
  struct Impl;
  explicit SequenceNet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  friend class SequenceTrainer;
};

/// Sequences of one length, row-major (sequences, steps, ...). Every sequence begins at the fresh
/// state; padding is what has weight 0.
struct SequenceBatch {
  std::size_t sequences = 0, steps = 0;
  std::span<const int> inputs;     ///< (sequences, steps, inputs)
  std::span<const int> targets;    ///< (sequences, steps, heads): what comes after the step
  std::span<const float> weights;  ///< (sequences, steps, heads), >= 0; 0: not asked
};

struct SequenceTrainerOptions {
  double learning_rate = 2e-3;  ///< at the top of the schedule
  double weight_decay = 1e-2;   ///< AdamW
  double gradient_clip = 1.0;   ///< L2 norm over all parameters
  std::uint64_t total_steps = 1000;
  std::uint64_t seed = 1;       ///< of the dropout
  double dropout_input = 0.2;   ///< of embeddings
  double dropout_hidden = 0.2;  ///< between layers
  double dropout_output = 0.3;  ///< before the heads, and inside them after tanh
  /// Weight of (ln Z)^2, Z the sum of a head's exponentiated logits: with Z near 1 a logit alone is
  /// nearly ln P, see SequenceModel::logit.
  /// @see Devlin et al., "Fast and robust neural network joint models for statistical machine
  /// translation", ACL 2014, section 3.1.
  double self_normalisation = 0;
  std::string device = "cpu";
  /// @throws Error(kInvalidArgument) outside; Error(kUnsupported) for a device that is not here.
  void validate() const;
};

/// What a head costs over a batch.
struct SequenceCost {
  double nats = 0;    ///< sum of weight * -ln P
  double weight = 0;  ///< sum of the weights
};

/// AdamW on the cross-entropy summed over the heads, earlier heads' values given (teacher forcing).
/// Dropout is a function of seed and step, so that a checkpoint changes nothing. Not thread safe.
class SequenceTrainer {
 public:
  /// Trains `net` in place; it must outlive the trainer.
  SequenceTrainer(SequenceNet& net, const SequenceTrainerOptions& options);
  ~SequenceTrainer();

  /// One step. Returns the cost of all heads in nats over the largest weight sum of a head (nats a
  /// step where every step counts once), before it, under dropout and with what self_normalisation
  /// adds.
  /// @throws Error(kInvalidArgument) for sizes that do not agree or values outside their tables.
  double step(const SequenceBatch& batch);
  /// Cost of each head without dropout and without learning.
  std::vector<SequenceCost> evaluate(const SequenceBatch& batch);
  std::uint64_t steps_done() const;

  /// Weights, optimiser state and step, for resuming only. Atomic.
  void save_checkpoint(const std::filesystem::path& path) const;
  /// @throws Error(kModel) when the file is missing or does not fit.
  void load_checkpoint(const std::filesystem::path& path);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron::models
