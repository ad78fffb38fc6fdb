#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "brandiron/models/safetensors.h"

namespace brandiron::models {

/// Shape of a SegmentNet. Stored in the weights file, so that a file describes itself.
struct SegmentNetConfig {
  int num_mels = 80;                             ///< rows of a segment
  int num_windows = 250;                         ///< columns of a segment
  std::vector<int> channels = {16, 32, 48, 64};  ///< 3x3 convolutions, each of stride 2
  double dropout = 0.2;                          ///< before the last layer; training only

  /// @throws Error(kModel) outside: 8-256 mels, 8-4096 windows, 1-8 layers of 1-512 channels.
  void validate() const;
  std::size_t segment_size() const {
    return static_cast<std::size_t>(num_mels) * static_cast<std::size_t>(num_windows);
  }
};

/// A small convolutional network that gives one logit for a log-mel segment: strided 3x3
/// convolutions with batch normalisation and ReLU, the mean over frequency, attention over time,
/// one linear layer. 46,993 numbers with the default configuration.
///
/// Runs on one thread with deterministic algorithms: the same bits on the same kind of machine.
/// `logits` is thread safe.
class SegmentNet {
 public:
  /// Fresh weights drawn from `seed`. @throws Error(kModel) when the configuration is invalid.
  SegmentNet(const SegmentNetConfig& config, std::uint64_t seed);
  ~SegmentNet();
  SegmentNet(SegmentNet&&) noexcept;
  SegmentNet& operator=(SegmentNet&&) noexcept;

  const SegmentNetConfig& config() const;

  /// @param segments `n` segments of shape (num_mels, num_windows), row-major, one after another.
  /// @return `n` logits. Segments are scored one by one: a segment's logit does not depend on its
  /// neighbours. @throws Error(kInvalidArgument) when the size is not a multiple of segment_size().
  std::vector<float> logits(std::span<const float> segments) const;

  /// Parameters and running statistics by name, with `architecture` and `net_config` in the
  /// metadata.
  Safetensors to_tensors() const;
  /// @throws Error(kModel) for another architecture, a missing or unexpected tensor, or a wrong
  /// shape.
  static SegmentNet from_tensors(const Safetensors& content);

  /// Names as in the file, sorted. They are a file format.
  std::vector<std::string> parameter_names() const;
  std::size_t num_parameters() const;

 private:
  struct Impl;
  explicit SegmentNet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  friend class SegmentNetTrainer;
};

struct TrainerOptions {
  double learning_rate = 2e-3;  ///< at the top of the schedule
  double weight_decay = 1e-3;
  double label_smoothing = 0.02;
  double gradient_clip = 5.0;       ///< L2 norm over all parameters
  std::uint64_t total_steps = 500;  ///< length of the schedule: 5 % linear warm-up, then cosine
  std::uint64_t seed = 1;           ///< dropout
  std::string device = "cpu";       ///< cpu, cuda or auto
  /// @throws Error(kInvalidArgument) outside; Error(kUnsupported) for a device that is not here.
  void validate() const;
};

/// AdamW on the binary cross entropy. Deterministic: the same net, batches and options give the
/// same weights, and stopping at a checkpoint changes nothing. Not thread safe.
class SegmentNetTrainer {
 public:
  /// Trains `net` in place; it must outlive the trainer.
  SegmentNetTrainer(SegmentNet& net, const TrainerOptions& options);
  ~SegmentNetTrainer();

  /// One step. `labels` are 0 or 1, one a segment. Returns the mean loss before the step.
  double step(std::span<const float> segments, std::span<const float> labels);
  std::uint64_t steps_done() const;

  /// L2 norm of the loss gradient by parameter, without changing anything.
  std::map<std::string, double> gradient_norms(std::span<const float> segments,
                                               std::span<const float> labels);

  /// Weights, optimiser state and step, for resuming only (torch::save). Atomic.
  void save_checkpoint(const std::filesystem::path& path) const;
  /// @throws Error(kModel) when the file is missing or does not fit.
  void load_checkpoint(const std::filesystem::path& path);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron::models
