// The LibTorch side of SegmentNet: private to models.
#pragma once

#include "brandiron/models/segment_net.h"
#include "torch_compat.h"

namespace brandiron::models {

/// What comes out of the convolutions: per time step what the last layer sees, and its weight.
struct SegmentSteps {
  torch::Tensor hidden;     ///< (n, steps, channels)
  torch::Tensor attention;  ///< (n, steps) logarithms
};

/// Module names here are the names in the weights file.
class SegmentNetModule : public torch::nn::Module {
 public:
  explicit SegmentNetModule(const SegmentNetConfig& config);
  /// (n, mels, windows) -> steps.
  SegmentSteps steps(const torch::Tensor& segments);
  /// Weighted mean over steps: (n, channels).
  static torch::Tensor pool(const SegmentSteps& steps);
  /// (..., channels) -> (..., outputs).
  torch::Tensor head(const torch::Tensor& hidden) { return head_(dropout_(hidden)); }

 private:
  bool mel_position_;
  torch::nn::ModuleList convolutions_, norms_;
  torch::nn::Linear attention_{nullptr}, head_{nullptr};
  torch::nn::Dropout dropout_{nullptr};
};

struct SegmentNet::Impl {
  SegmentNetConfig config;
  std::shared_ptr<SegmentNetModule> module;
};

}  // namespace brandiron::models
