#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "brandiron/models/safetensors.h"

namespace brandiron::models {

/// Shape of a LatticeNet. Stored in the weights file.
struct LatticeNetConfig {
  int num_bands = 32;
  int channels = 12;  ///< of every hidden layer
  /// @throws Error(kModel) outside: 4-256 bands, 1-64 channels.
  void validate() const;
};

/// Tables of one lattice of cells, (rows, num_bands) each, row-major.
struct LatticeInput {
  std::size_t rows = 0;
  std::span<const float> levels_db;  ///< of the cells
  std::span<const float> depth_db;   ///< how far a mark would move each cell, > 0
  std::span<const float> weights;    ///< stationary whitening's detection weights
};

/// A small convolutional network over time and bands that refines detection weights: from each
/// cell's surroundings it adds to the whitened level what whitening missed and says how much the
/// cell is to be trusted. Fresh, it returns nearly the weights it is given. Input: no key.
///
/// Runs on one thread with deterministic algorithms. `refine` is thread safe.
class LatticeNet {
 public:
  /// Fresh weights drawn from `seed`. @throws Error(kModel) when the configuration is invalid.
  LatticeNet(const LatticeNetConfig& config, std::uint64_t seed);
  ~LatticeNet();
  LatticeNet(LatticeNet&&) noexcept;
  LatticeNet& operator=(LatticeNet&&) noexcept;

  const LatticeNetConfig& config() const;
  std::size_t num_parameters() const;

  /// New weights, finite, of the input's shape. Long tables are worked through in pieces, which
  /// changes nothing but memory. @throws Error(kInvalidArgument) when sizes do not agree.
  std::vector<float> refine(const LatticeInput& input) const;

  Safetensors to_tensors() const;
  /// @throws Error(kModel) for another architecture, a missing or unexpected tensor, or a wrong
  /// shape.
  static LatticeNet from_tensors(const Safetensors& content);

 private:
  struct Impl;
  explicit LatticeNet(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  friend class LatticeNetTrainer;
};

/// One recording marked twice, with independent signs, after the same attack. What the host adds to
/// a correlation is the same in both, so their difference measures the mark with little noise.
struct LatticePair {
  LatticeInput first, second;
  std::span<const float> first_signs, second_signs;  ///< +1 or -1, (rows, num_bands)
  double reference_z = 1;  ///< the response that counts as 1: the classical weights', expected here
};

struct LatticeTrainerOptions {
  double learning_rate = 3e-3;      ///< at the top of the schedule
  double weight_decay = 1e-4;       ///< AdamW
  double gradient_clip = 1.0;       ///< L2 norm over all parameters
  std::uint64_t total_steps = 500;  ///< length of the schedule: 5 % linear warm-up, then cosine
  std::string device = "cpu";       ///< cpu, cuda or auto
  /// @throws Error(kInvalidArgument) outside; Error(kUnsupported) for a device that is not here.
  void validate() const;
};

/// AdamW on minus the mean of z / reference_z, where z = sum(sign * weight) / norm(weight) over a
/// pair's table is the verifier's own statistic. Deterministic; a checkpoint changes nothing. Not
/// thread safe.
class LatticeNetTrainer {
 public:
  /// Trains `net` in place; it must outlive the trainer.
  LatticeNetTrainer(LatticeNet& net, const LatticeTrainerOptions& options);
  ~LatticeNetTrainer();
  /// One step; all pairs have the same number of rows. Returns the mean z / reference_z before it.
  double step(std::span<const LatticePair> pairs);
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
