#include "brandiron/models/segment_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "net_state.h"
#include "segment_net_module.h"

namespace brandiron::models {
namespace {

constexpr const char* kArchitecture = "brandiron.segment-net/2";

/// Our own Rng rather than torch's: the same start on every LibTorch version. He initialisation.
void initialise(SegmentNetModule& module, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  const Rng rng(seed, "segment-net");
  for (auto& item : module.named_parameters()) {
    torch::Tensor& weight = item.value();
    if (weight.dim() < 2) continue;  // batch norm's ones and zeros, and biases, below
    const double fan_in = static_cast<double>(weight.numel() / weight.size(0));
    Rng stream = rng.child(item.key());
    auto* data = weight.data_ptr<float>();
    for (std::int64_t i = 0; i < weight.numel(); ++i) {
      data[i] = static_cast<float>(stream.normal() * std::sqrt(2.0 / fan_in));
    }
  }
  for (auto& item : module.named_parameters()) {
    if (item.key() == "head.bias") item.value().zero_();
  }
}

nlohmann::json config_json(const SegmentNetConfig& config) {
  return {{"num_mels", config.num_mels}, {"num_windows", config.num_windows},
          {"channels", config.channels}, {"groups", config.groups},
          {"dropout", config.dropout},   {"mel_position", config.mel_position}};
}

SegmentNetConfig config_from_json(const nlohmann::json& json) {
  SegmentNetConfig config;
  read_member(json, "num_mels", config.num_mels);
  read_member(json, "num_windows", config.num_windows);
  read_member(json, "channels", config.channels);
  read_member(json, "groups", config.groups);
  read_member(json, "dropout", config.dropout);
  read_member(json, "mel_position", config.mel_position);
  return config;
}

}  // namespace

void SegmentNetConfig::validate() const {
  require(num_mels >= 8 && num_mels <= 256,
          fmt::format("segment net: num_mels is {}, expected 8-256", num_mels));
  require(num_windows >= 8 && num_windows <= 4096,
          fmt::format("segment net: num_windows is {}, expected 8-4096", num_windows));
  require(!channels.empty() && channels.size() <= 8,
          fmt::format("segment net: {} layers, expected 1-8", channels.size()));
  for (const int c : channels) {
    require(c >= 1 && c <= 512, fmt::format("segment net: {} channels, expected 1-512", c));
  }
  require(!groups.empty() && groups.size() <= 16,
          fmt::format("segment net: {} groups, expected 1-16", groups.size()));
  for (const int g : groups) {
    require(g >= 2 && g <= 64, fmt::format("segment net: {} classes, expected 2-64", g));
  }
  require(dropout >= 0 && dropout < 1, "segment net: dropout must lie in [0, 1)");
}

std::size_t SegmentNetConfig::num_outputs() const {
  return static_cast<std::size_t>(std::accumulate(groups.begin(), groups.end(), 0));
}

std::size_t SegmentNetConfig::num_steps() const {
  auto steps = static_cast<std::size_t>(num_windows);
  for (std::size_t i = 0; i < channels.size(); ++i) steps = (steps + 1) / 2;
  return steps;
}

SegmentNetModule::SegmentNetModule(const SegmentNetConfig& config)
    : mel_position_(config.mel_position) {
  namespace nn = torch::nn;
  int in = mel_position_ ? 2 : 1;
  for (const int out : config.channels) {
    convolutions_->push_back(
        nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(2).padding(1).bias(false)));
    norms_->push_back(nn::BatchNorm2d(out));
    in = out;
  }
  register_module("conv", convolutions_);
  register_module("norm", norms_);
  // No bias: a softmax ignores it, so no gradient would ever reach it.
  attention_ = register_module("attention", nn::Linear(nn::LinearOptions(in, 1).bias(false)));
  head_ = register_module("head", nn::Linear(in, static_cast<std::int64_t>(config.num_outputs())));
  dropout_ = register_module("dropout", nn::Dropout(config.dropout));
}

SegmentSteps SegmentNetModule::steps(const torch::Tensor& segments) {
  torch::Tensor x = segments.unsqueeze(1);
  if (mel_position_) {
    const torch::Tensor place = torch::linspace(-1, 1, x.size(2), x.options());
    x = torch::cat({x, place.view({1, 1, -1, 1}).expand_as(x)}, 1);
  }
  for (std::size_t i = 0; i < convolutions_->size(); ++i) {
    x = convolutions_->at<torch::nn::Conv2dImpl>(i).forward(x);
    x = torch::relu(norms_->at<torch::nn::BatchNorm2dImpl>(i).forward(x));
  }
  x = x.mean(2).transpose(1, 2);
  return {x, attention_(x).squeeze(2)};
}

torch::Tensor SegmentNetModule::pool(const SegmentSteps& steps) {
  const torch::Tensor weight = torch::softmax(steps.attention, 1).unsqueeze(2);
  return (steps.hidden * weight).sum(1);
}

SegmentNet::SegmentNet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SegmentNet::~SegmentNet() = default;
SegmentNet::SegmentNet(SegmentNet&&) noexcept = default;
SegmentNet& SegmentNet::operator=(SegmentNet&&) noexcept = default;

SegmentNet::SegmentNet(const SegmentNetConfig& config, std::uint64_t seed) {
  config.validate();
  set_up_torch();
  impl_ = with_torch_errors("segment net", [&] {
    auto impl = std::make_unique<Impl>();
    impl->config = config;
    impl->module = std::make_shared<SegmentNetModule>(config);
    initialise(*impl->module, seed);
    impl->module->eval();
    return impl;
  });
}

const SegmentNetConfig& SegmentNet::config() const { return impl_->config; }

std::vector<SegmentScores> SegmentNet::score(std::span<const float> segments) const {
  const std::size_t size = impl_->config.segment_size();
  if (segments.size() % size != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("segment net: {} numbers are no multiple of a segment's {}",
                            segments.size(), size));
  }
  set_up_torch();
  return with_torch_errors("segment net", [&] {
    const torch::InferenceMode inference;
    const auto numbers = [](const torch::Tensor& x) {
      const torch::Tensor dense = x.contiguous();
      const auto* data = dense.data_ptr<float>();
      return std::vector<float>(data, data + dense.numel());
    };
    std::vector<SegmentScores> result;
    for (std::size_t at = 0; at < segments.size(); at += size) {
      // One at a time: the kernels, and so the bits, must not depend on how many came along.
      const torch::Tensor input =
          torch::from_blob(const_cast<float*>(segments.data() + at),
                           {1, impl_->config.num_mels, impl_->config.num_windows});
      const SegmentSteps steps = impl_->module->steps(input);
      result.push_back({numbers(steps.attention), numbers(impl_->module->head(steps.hidden)),
                        numbers(SegmentNetModule::pool(steps))});
    }
    return result;
  });
}

Safetensors SegmentNet::to_tensors() const {
  return pack(*impl_->module, kArchitecture, config_json(impl_->config));
}

SegmentNet SegmentNet::from_tensors(const Safetensors& content) {
  SegmentNet net(config_from_json(packed_config(content, kArchitecture)), 0);
  unpack(content, *net.impl_->module);
  return net;
}

std::vector<std::string> SegmentNet::parameter_names() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : named_state(*impl_->module)) names.push_back(name);
  return names;
}

std::size_t SegmentNet::num_parameters() const {
  return count_numbers(named_state(*impl_->module));
}

}  // namespace brandiron::models
