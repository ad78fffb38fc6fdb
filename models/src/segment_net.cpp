#include "brandiron/models/segment_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "net_state.h"
#include "segment_net_module.h"

namespace brandiron::models {
namespace {

constexpr const char* kArchitecture = "brandiron.segment-net/1";

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
  return {{"num_mels", config.num_mels},
          {"num_windows", config.num_windows},
          {"channels", config.channels},
          {"dropout", config.dropout}};
}

SegmentNetConfig config_from_json(const nlohmann::json& json) {
  SegmentNetConfig config;
  read_member(json, "num_mels", config.num_mels);
  read_member(json, "num_windows", config.num_windows);
  read_member(json, "channels", config.channels);
  read_member(json, "dropout", config.dropout);
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
  require(dropout >= 0 && dropout < 1, "segment net: dropout must lie in [0, 1)");
}

SegmentNetModule::SegmentNetModule(const SegmentNetConfig& config) {
  namespace nn = torch::nn;
  int in = 1;
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
  head_ = register_module("head", nn::Linear(in, 1));
  dropout_ = register_module("dropout", nn::Dropout(config.dropout));
}

torch::Tensor SegmentNetModule::forward(const torch::Tensor& segments) {
  torch::Tensor x = segments.unsqueeze(1);
  for (std::size_t i = 0; i < convolutions_->size(); ++i) {
    x = convolutions_->at<torch::nn::Conv2dImpl>(i).forward(x);
    x = torch::relu(norms_->at<torch::nn::BatchNorm2dImpl>(i).forward(x));
  }
  x = x.mean(2).transpose(1, 2);                                  // (n, time, channels)
  const torch::Tensor weight = torch::softmax(attention_(x), 1);  // (n, time, 1)
  x = (x * weight).sum(1);
  return head_(dropout_(x)).squeeze(1);
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

std::vector<float> SegmentNet::logits(std::span<const float> segments) const {
  const std::size_t size = impl_->config.segment_size();
  if (segments.size() % size != 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("segment net: {} numbers are no multiple of a segment's {}",
                            segments.size(), size));
  }
  set_up_torch();
  return with_torch_errors("segment net", [&] {
    const torch::NoGradGuard no_grad;
    std::vector<float> result;
    for (std::size_t at = 0; at < segments.size(); at += size) {
      // One at a time: the kernels, and so the bits, must not depend on how many came along.
      const torch::Tensor input =
          torch::from_blob(const_cast<float*>(segments.data() + at),
                           {1, impl_->config.num_mels, impl_->config.num_windows});
      result.push_back(impl_->module->forward(input).item<float>());
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
