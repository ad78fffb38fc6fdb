// What every trainer here does at a step and at a checkpoint: private to models.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>

#include "torch_compat.h"

namespace brandiron::models {

struct OptimiserOptions {
  double learning_rate;  ///< at the top of the schedule
  double weight_decay;
  double gradient_clip;       ///< L2 norm over all parameters
  std::uint64_t total_steps;  ///< length of the schedule: 5 % linear warm-up, then half a cosine
};

/// Learning rate of the step after `steps_done` ones.
double scheduled_rate(const OptimiserOptions& options, std::uint64_t steps_done);

/// AdamW over a module's parameters, on the device where it puts them. A checkpoint changes
/// nothing.
class Optimiser {
 public:
  /// Moves `module` to `device`; it must outlive this.
  Optimiser(torch::nn::Module& module, const OptimiserOptions& options, torch::Device device);
  ~Optimiser();  ///< the module goes back to the processor, on which it is used and saved
  Optimiser(const Optimiser&) = delete;
  Optimiser& operator=(const Optimiser&) = delete;

  /// One step against the gradient of what `loss` returns; that value, before the step.
  /// @throws Error(kModel) when it is not finite.
  double step(const char* what, const std::function<torch::Tensor()>& loss);
  /// None, not zero: what a step does not use stays as it is, whether steps before it used it or,
  /// after a checkpoint, nothing knows.
  void zero_grad();
  std::uint64_t steps_done() const { return steps_; }
  torch::Device device() const { return device_; }

  /// Weights, optimiser state and step (torch::save). Atomic.
  void save(const std::filesystem::path& path) const;
  /// @throws Error(kModel) when the file is missing or does not fit.
  void load(const std::filesystem::path& path);

 private:
  torch::nn::Module& module_;
  OptimiserOptions options_;
  torch::Device device_;
  std::unique_ptr<torch::optim::AdamW> optimizer_;
  std::uint64_t steps_ = 0;
};

}  // namespace brandiron::models
