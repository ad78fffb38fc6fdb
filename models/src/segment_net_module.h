// The LibTorch side of SegmentNet: private to models.
#pragma once

#include "brandiron/models/segment_net.h"
#include "torch_compat.h"

namespace brandiron::models {

/// (n, mels, windows) -> (n) logits. Module names here are the names in the weights file.
class SegmentNetModule : public torch::nn::Module {
 public:
  explicit SegmentNetModule(const SegmentNetConfig& config);
  torch::Tensor forward(const torch::Tensor& segments);

 private:
  torch::nn::ModuleList convolutions_, norms_;
  torch::nn::Linear attention_{nullptr}, head_{nullptr};
  torch::nn::Dropout dropout_{nullptr};
};

struct SegmentNet::Impl {
  SegmentNetConfig config;
  std::shared_ptr<SegmentNetModule> module;
};

}  // namespace brandiron::models
