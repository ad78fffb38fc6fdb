#include "brandiron/models/lattice_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "lattice_net_module.h"
#include "net_state.h"

namespace brandiron::models {
namespace {

constexpr const char* kArchitecture = "brandiron.lattice-net/1";
constexpr std::int64_t kPieceRows = 1536;  // a minute
constexpr double kClip = 3.0;
constexpr double kMaxLogGain = 3.0;

/// He initialisation from our own Rng; the head starts near zero, so that a fresh network changes
/// little.
void initialise(LatticeNetModule& module, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  const Rng rng(seed, "lattice-net");
  for (auto& item : module.named_parameters()) {
    torch::Tensor& weight = item.value();
    if (weight.dim() != 4) {
      weight.zero_();
      continue;
    }
    const double fan_in = static_cast<double>(weight.numel() / weight.size(0));
    const double scale = item.key().rfind("head", 0) == 0 ? 0.05 : 1.0;
    Rng stream = rng.child(item.key());
    auto* data = weight.data_ptr<float>();
    for (std::int64_t i = 0; i < weight.numel(); ++i) {
      data[i] = static_cast<float>(scale * stream.normal() * std::sqrt(2.0 / fan_in));
    }
  }
}

LatticeNetConfig config_from_json(const nlohmann::json& json) {
  LatticeNetConfig config;
  read_member(json, "num_bands", config.num_bands);
  read_member(json, "channels", config.channels);
  return config;
}

torch::nn::Conv2d convolution(int in, int out, int rows, int bands, int dilation) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, {rows, bands})
                               .padding({(rows - 1) / 2 * dilation, (bands - 1) / 2 * dilation})
                               .dilation(dilation));
}

}  // namespace

void LatticeNetConfig::validate() const {
  require(num_bands >= 4 && num_bands <= 256,
          fmt::format("lattice net: num_bands is {}, expected 4-256", num_bands));
  require(channels >= 1 && channels <= 64,
          fmt::format("lattice net: channels is {}, expected 1-64", channels));
}

LatticeNetModule::LatticeNetModule(const LatticeNetConfig& config) {
  const int c = config.channels;
  near_ = register_module("near", convolution(kLatticeFeatures, c, 5, 5, 1));
  middle_ = register_module("middle", convolution(c, c, 3, 3, 1));
  far_ = register_module("far", convolution(c, c, 3, 3, 2));
  head_ = register_module("head", convolution(c, 2, 1, 1, 1));
  band_bias_ = register_parameter("band_bias", torch::zeros({c, 1, config.num_bands}));
}

torch::Tensor LatticeNetModule::forward(const torch::Tensor& features) {
  torch::Tensor x = torch::silu(near_(features) + band_bias_);
  x = x + torch::silu(middle_(x));
  x = x + torch::silu(far_(x));
  const torch::Tensor out = head_(x);
  const torch::Tensor level = features.select(1, 0) + out.select(1, 0);
  const torch::Tensor gain = torch::exp(kMaxLogGain * torch::tanh(out.select(1, 1) / kMaxLogGain));
  return gain * kClip * torch::tanh(level / kClip);
}

LatticeNet::LatticeNet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LatticeNet::~LatticeNet() = default;
LatticeNet::LatticeNet(LatticeNet&&) noexcept = default;
LatticeNet& LatticeNet::operator=(LatticeNet&&) noexcept = default;

LatticeNet::LatticeNet(const LatticeNetConfig& config, std::uint64_t seed) {
  config.validate();
  set_up_torch();
  impl_ = with_torch_errors("lattice net", [&] {
    auto impl = std::make_unique<Impl>();
    impl->config = config;
    impl->module = std::make_shared<LatticeNetModule>(config);
    initialise(*impl->module, seed);
    impl->module->eval();
    return impl;
  });
}

const LatticeNetConfig& LatticeNet::config() const { return impl_->config; }

std::size_t LatticeNet::num_parameters() const {
  return count_numbers(named_state(*impl_->module));
}

std::vector<float> LatticeNet::refine(const LatticeInput& input) const {
  set_up_torch();
  return with_torch_errors("lattice net", [&] {
    const torch::NoGradGuard no_grad;
    const int bands = impl_->config.num_bands;
    const auto rows = static_cast<std::int64_t>(input.rows);
    std::vector<float> weights(input.weights.size());
    if (rows == 0) return weights;
    const torch::Tensor features = lattice_features(input, bands).unsqueeze(0);
    for (std::int64_t from = 0; from < rows; from += kPieceRows) {
      const std::int64_t to = std::min(rows, from + kPieceRows);
      const std::int64_t low = std::max<std::int64_t>(0, from - kLatticeReach);
      const std::int64_t high = std::min(rows, to + kLatticeReach);
      const torch::Tensor piece = impl_->module->forward(features.slice(2, low, high).contiguous())
                                      .slice(1, from - low, to - low)
                                      .contiguous();
      const auto* data = piece.data_ptr<float>();
      std::copy(data, data + piece.numel(), weights.begin() + from * bands);
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      weights[i] *= input.depth_db[i];
      if (!std::isfinite(weights[i])) weights[i] = 0.0F;
    }
    return weights;
  });
}

Safetensors LatticeNet::to_tensors() const {
  return pack(*impl_->module, kArchitecture,
              {{"num_bands", impl_->config.num_bands}, {"channels", impl_->config.channels}});
}

LatticeNet LatticeNet::from_tensors(const Safetensors& content) {
  LatticeNet net(config_from_json(packed_config(content, kArchitecture)), 0);
  unpack(content, *net.impl_->module);
  return net;
}

}  // namespace brandiron::models
