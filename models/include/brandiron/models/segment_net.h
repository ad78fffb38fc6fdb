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
  int num_windows = 256;                         ///< columns of a segment
  std::vector<int> channels = {16, 32, 48, 64};  ///< 3x3 convolutions, each of stride 2
  std::vector<int> groups = {3, 7, 2, 2};        ///< classes of each question asked
  double dropout = 0.2;                          ///< before the last layer; training only
  /// A second input channel says which mel a row is, -1 to 1: a convolution alone cannot know.
  /// @see Liu et al., "An Intriguing Failing of Convolutional Neural Networks and the CoordConv
  /// Solution", NeurIPS 2018.
  bool mel_position = false;

  /// @throws Error(kModel) outside: 8-256 mels, 8-4096 windows, 1-8 layers of 1-512 channels, 1-16
  /// groups of 2-64 classes.
  void validate() const;
  std::size_t segment_size() const {
    return static_cast<std::size_t>(num_mels) * static_cast<std::size_t>(num_windows);
  }
  /// Classes of all groups.
  std::size_t num_outputs() const;
  /// Time steps of a segment behind the last convolution; step j is centred on window
  /// j * step_windows().
  std::size_t num_steps() const;
  std::size_t step_windows() const { return std::size_t{1} << channels.size(); }
};

/// What the network makes of one segment. The last layer is linear and pooling is a weighted mean,
/// so any stretch's outputs are the mean of its steps' outputs weighted by exp(attention).
struct SegmentScores {
  std::vector<float> attention;  ///< (steps) logarithms of weights
  std::vector<float> outputs;    ///< (steps, outputs) logits
  std::vector<float> embedding;  ///< (channels) weighted mean of what the last layer sees
};

/// A small convolutional network that answers several questions about log-mel segments: strided 3x3
/// convolutions with batch normalisation and ReLU, the mean over frequency, attention over time,
/// one linear layer. About 48 thousand numbers with the default configuration.
///
/// Runs on one thread with deterministic algorithms: the same bits on the same kind of machine.
/// `score` is thread safe.
class SegmentNet {
 public:
  /// Fresh weights drawn from `seed`. @throws Error(kModel) when the configuration is invalid.
  SegmentNet(const SegmentNetConfig& config, std::uint64_t seed);
  ~SegmentNet();
  SegmentNet(SegmentNet&&) noexcept;
  SegmentNet& operator=(SegmentNet&&) noexcept;

  const SegmentNetConfig& config() const;

  /// @param segments `n` segments of shape (num_mels, num_windows), row-major, one after another.
  /// @return `n` results. Segments are scored one by one: none depends on its neighbours.
  /// @throws Error(kInvalidArgument) when the size is not a multiple of segment_size().
  std::vector<SegmentScores> score(std::span<const float> segments) const;

  /// Parameters and running statistics by name, with `architecture` and `net_config` in the
  /// metadata.
  Safetensors to_tensors() const;
  /// @throws Error(kModel) for another architecture, a missing tensor, or a wrong shape.
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
  double gradient_clip = 5.0;         ///< L2 norm over all parameters
  std::vector<double> group_weights;  ///< of the questions in the loss; empty: all 1
  double step_weight = 0.3;           ///< of the first question asked of each time step
  std::uint64_t total_steps = 500;    ///< length of the schedule: 5 % linear warm-up, then cosine
  /// An adversary tries to name the source of a bag (SegmentBatch::sources, below `num_sources`)
  /// by its embedding; the net is trained against it with this weight, reached by half of the
  /// schedule. 0: there is none. It is not part of the net.
  double adversary_weight = 0;
  int num_sources = 0;
  std::uint64_t seed = 1;      ///< dropout
  std::string device = "cpu";  ///< cpu, cuda or auto
  /// @throws Error(kInvalidArgument) outside; Error(kUnsupported) for a device that is not here.
  void validate() const;
};

/// One batch: bags of segments of one recording each, pooled together.
struct SegmentBatch {
  std::size_t bag = 1;                     ///< segments a bag
  std::vector<float> segments;             ///< (bags, bag, mels, windows)
  std::vector<std::int64_t> targets;       ///< (bags, groups): the class, -1 where it is not known
  std::vector<std::int64_t> step_targets;  ///< (bags, bag, steps): of the first group, or -1
  std::vector<std::int64_t> sources;       ///< (bags) for the adversary, or -1; none without one
};

/// AdamW on the cross entropies, and against an adversary where one is asked for. Deterministic:
/// the same net, batches and options give the same weights, and stopping at a checkpoint changes
/// nothing. Not thread safe.
/// @see Tzeng et al., "Simultaneous Deep Transfer Across Domains and Tasks", ICCV 2015.
class SegmentNetTrainer {
 public:
  /// Trains `net` in place; it must outlive the trainer.
  SegmentNetTrainer(SegmentNet& net, const TrainerOptions& options);
  ~SegmentNetTrainer();

  /// One step. Returns the loss before it. @throws Error(kInvalidArgument) for sizes that disagree.
  double step(const SegmentBatch& batch);
  std::uint64_t steps_done() const;

  /// L2 norm of the loss gradient by parameter, without changing anything.
  std::map<std::string, double> gradient_norms(const SegmentBatch& batch);

  /// Weights, optimiser state and step, for resuming only (torch::save). Atomic.
  void save_checkpoint(const std::filesystem::path& path) const;
  /// @throws Error(kModel) when the file is missing or does not fit.
  void load_checkpoint(const std::filesystem::path& path);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron::models
