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

/// Runs `work`; a c10::Error becomes Error(kModel) with one line.
template <typename Work>
auto with_torch_errors(const char* what, Work&& work) {
  try {
    return work();
  } catch (const c10::Error& e) {
    throw Error(ErrorCode::kModel, std::string(what) + ": " + e.what_without_backtrace());
  }
}

}  // namespace brandiron::models
