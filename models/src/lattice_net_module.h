// The LibTorch side of LatticeNet: private to models.
#pragma once

#include "brandiron/models/lattice_net.h"
#include "torch_compat.h"

namespace brandiron::models {

/// Module names here are the names in the weights file.
class LatticeNetModule : public torch::nn::Module {
 public:
  explicit LatticeNetModule(const LatticeNetConfig& config);
  /// `features`: (n, kLatticeFeatures, rows, bands), the first of which is the whitened level.
  /// Returns (n, rows, bands): refined whitened levels, to be multiplied by the depth.
  torch::Tensor forward(const torch::Tensor& features);

 private:
  torch::nn::Conv2d near_{nullptr}, middle_{nullptr}, far_{nullptr}, head_{nullptr};
  torch::Tensor band_bias_;  // (channels, 1, bands): what is usual differs from band to band
};

inline constexpr int kLatticeFeatures = 5;
/// Rows on either side that an output depends on, features aside.
inline constexpr std::int64_t kLatticeReach = 2 + 1 + 2;

/// (kLatticeFeatures, rows, bands) features of one lattice, by smoothing over the whole table.
torch::Tensor lattice_features(const LatticeInput& input, int num_bands);

struct LatticeNet::Impl {
  LatticeNetConfig config;
  std::shared_ptr<LatticeNetModule> module;
};

}  // namespace brandiron::models
