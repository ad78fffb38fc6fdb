#include "brandiron/models/lattice_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "lattice_net_module.h"
#include "segment_net_module.h"

namespace brandiron::models {
namespace {

constexpr const char* kArchitecture = "brandiron.lattice-net/1";
constexpr std::int64_t kPieceRows = 1536;  // a minute
constexpr double kClip = 3.0;
constexpr double kMaxLogGain = 3.0;

void require(bool ok, const std::string& message) {
  if (!ok) throw Error(ErrorCode::kModel, message);
}

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

std::vector<std::pair<std::string, torch::Tensor>> named_state(const LatticeNetModule& module) {
  std::vector<std::pair<std::string, torch::Tensor>> state;
  for (const auto& item : module.named_parameters()) state.emplace_back(item.key(), item.value());
  std::sort(state.begin(), state.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return state;
}

LatticeNetConfig config_from_json(const std::string& text) {
  try {
    const auto json = nlohmann::json::parse(text);
    LatticeNetConfig config;
    config.num_bands = json.at("num_bands").get<int>();
    config.channels = json.at("channels").get<int>();
    return config;
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::kModel, fmt::format("weights: net_config is unusable: {}", e.what()));
  }
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
  std::size_t count = 0;
  for (const auto& [name, tensor] : named_state(*impl_->module)) {
    count += static_cast<std::size_t>(tensor.numel());
  }
  return count;
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
  Safetensors content;
  content.metadata["architecture"] = kArchitecture;
  content.metadata["net_config"] = nlohmann::json{
      {"num_bands", impl_->config.num_bands},
      {"channels",
       impl_->config.channels}}.dump();
  for (const auto& [name, tensor] : named_state(*impl_->module)) {
    const torch::Tensor flat = tensor.detach().to(torch::kCPU).contiguous();
    const auto* data = flat.data_ptr<float>();
    content.tensors.push_back({name, flat.sizes().vec(), {data, data + flat.numel()}});
  }
  return content;
}

LatticeNet LatticeNet::from_tensors(const Safetensors& content) {
  const auto architecture = content.metadata.find("architecture");
  require(architecture != content.metadata.end() && architecture->second == kArchitecture,
          fmt::format("weights: architecture is '{}', expected '{}'",
                      architecture == content.metadata.end() ? "" : architecture->second,
                      kArchitecture));
  const auto config = content.metadata.find("net_config");
  require(config != content.metadata.end(), "weights: net_config is missing");
  LatticeNet net(config_from_json(config->second), 0);
  const auto state = named_state(*net.impl_->module);
  require(state.size() == content.tensors.size(),
          fmt::format("weights: {} tensors, expected {}", content.tensors.size(), state.size()));
  const torch::NoGradGuard no_grad;
  for (const auto& [name, tensor] : state) {
    const NamedTensor& stored = content.tensor(name);
    require(stored.shape == tensor.sizes().vec(),
            fmt::format("weights: tensor {} has another shape than this network's", name));
    require(std::all_of(stored.data.begin(), stored.data.end(),
                        [](float x) { return std::isfinite(x); }),
            fmt::format("weights: tensor {} holds numbers that are not finite", name));
    std::copy(stored.data.begin(), stored.data.end(), tensor.data_ptr<float>());
  }
  return net;
}

}  // namespace brandiron::models
