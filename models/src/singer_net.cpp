#include "brandiron/models/singer_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "brandiron/core/rng.h"
#include "net_state.h"
#include "singer_net_module.h"

namespace brandiron::models {
namespace {

constexpr const char* kArchitecture = "brandiron.singer-net/2";
constexpr int kMostFrames = 20000;

torch::nn::Conv1d convolution(int in, int out, int size, int dilation = 1) {
  return torch::nn::Conv1d(torch::nn::Conv1dOptions(in, out, size)
                               .padding((size - 1) / 2 * dilation)
                               .dilation(dilation));
}

void check_phones(std::span<const SingerPhone> phones) {
  for (std::size_t i = 0; i < phones.size(); ++i) {
    const SingerPhone& p = phones[i];
    if (p.id < 0 || p.id >= kSingerPhones || p.frames < 1 || p.frames > kMostFrames ||
        p.stress < 0 || p.stress > 2 || !std::isfinite(p.pitch) || !std::isfinite(p.slope) ||
        !std::isfinite(p.effort_db)) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("singer net: phone {} (id {}, {} frames, stress {}) is outside what "
                              "it takes",
                              i, p.id, p.frames, p.stress));
    }
  }
}

void check_draft(std::span<const float> draft, std::size_t frames) {
  const bool finite =
      std::all_of(draft.begin(), draft.end(), [](float x) { return std::isfinite(x); });
  if (draft.size() != frames * kSingerOutputs || !finite) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("singer net: a draft of {} numbers, expected {} finite ones",
                            draft.size(), frames * kSingerOutputs));
  }
}

SingerNetConfig config_from_json(const nlohmann::json& json) {
  SingerNetConfig config;
  read_member(json, "voices", config.voices);
  read_member(json, "channels", config.channels);
  read_member(json, "layers", config.layers);
  return config;
}

}  // namespace

void SingerNetConfig::validate() const {
  const std::set<std::string> names(voices.begin(), voices.end());
  require(!voices.empty() && voices.size() <= 32 && names.size() == voices.size(),
          "singer net: expected 1-32 voices with different names");
  require(channels >= 8 && channels <= 512,
          fmt::format("singer net: channels is {}, expected 8-512", channels));
  require(layers >= 1 && layers <= 8,
          fmt::format("singer net: layers is {}, expected 1-8", layers));
}

torch::Tensor singer_phone_features(std::span<const SingerPhone> phones) {
  const auto n = static_cast<std::int64_t>(phones.size());
  torch::Tensor features = torch::zeros({kSingerPhoneFeatures, n});
  auto at = features.accessor<float, 2>();
  for (std::int64_t i = 0; i < n; ++i) {
    const SingerPhone& p = phones[static_cast<std::size_t>(i)];
    at[p.id][i] = 1;
    int k = kSingerPhones;
    at[k++][i] = std::log(static_cast<float>(p.frames) / 16.0F);
    at[k++][i] = static_cast<float>(p.stress > 0);
    at[k++][i] = std::clamp(4.0F * p.pitch, -2.0F, 2.0F);
    at[k++][i] = std::clamp(p.slope, -2.0F, 2.0F);
    at[k++][i] = std::clamp(p.effort_db / 6.0F, -2.0F, 2.0F);
    at[k++][i] = static_cast<float>(i) / static_cast<float>(std::max<std::int64_t>(1, n - 1));
    at[k++][i] = static_cast<float>(std::min<std::int64_t>(i, 6)) / 6.0F;
    at[k++][i] = static_cast<float>(std::min<std::int64_t>(n - 1 - i, 6)) / 6.0F;
  }
  return features;
}

torch::Tensor singer_frame_features(std::span<const SingerPhone> phones, std::size_t first,
                                    std::size_t count, std::vector<std::int64_t>& phone_of_frame) {
  torch::Tensor features = torch::zeros({kSingerFrameFeatures, static_cast<std::int64_t>(count)});
  auto at = features.accessor<float, 2>();
  phone_of_frame.assign(count, 0);
  std::size_t start = 0;
  for (std::size_t i = 0; i < phones.size(); ++i) {
    const auto n = static_cast<std::size_t>(phones[i].frames);
    for (std::size_t f = std::max(first, start); f < std::min(first + count, start + n); ++f) {
      const auto x = static_cast<std::int64_t>(f - first);
      phone_of_frame[f - first] = static_cast<std::int64_t>(i);
      const float since = static_cast<float>(f - start) + 0.5F;  // frames
      const float until = static_cast<float>(n) - since;
      const float u = since / static_cast<float>(n);
      constexpr float kPi = 3.14159265F;
      const float values[kSingerFrameFeatures] = {u - 0.5F,
                                                  std::exp(-since / 2.0F),
                                                  std::exp(-since / 5.0F),
                                                  std::exp(-since / 15.0F),
                                                  std::exp(-until / 2.0F),
                                                  std::exp(-until / 5.0F),
                                                  std::exp(-until / 15.0F),
                                                  std::cos(kPi * u),
                                                  std::cos(2 * kPi * u),
                                                  std::sin(2 * kPi * u)};
      for (int k = 0; k < kSingerFrameFeatures; ++k) at[k][x] = values[k];
    }
    start += n;
  }
  return features;
}

void initialise_singer(torch::nn::Module& module, std::uint64_t seed, const char* stream) {
  const torch::NoGradGuard no_grad;
  const Rng rng(seed, stream);
  for (auto& item : module.named_parameters()) {
    torch::Tensor& weight = item.value();
    if (weight.dim() < 2) {
      weight.zero_();
      continue;
    }
    const double fan_in = static_cast<double>(weight.numel() / weight.size(0));
    const double scale = item.key().rfind("head.", 0) == 0     ? 0.1
                         : item.key().rfind("frames_", 0) == 0 ? 0.5
                                                               : 1.0;
    Rng draw = rng.child(item.key());
    auto* data = weight.data_ptr<float>();
    for (std::int64_t i = 0; i < weight.numel(); ++i) {
      data[i] = static_cast<float>(scale * draw.normal() * std::sqrt(2.0 / fan_in));
    }
  }
}

SingerNetModule::SingerNetModule(const SingerNetConfig& config) {
  const int c = config.channels;
  voice_ = register_module(
      "voice", torch::nn::Linear(torch::nn::LinearOptions(static_cast<int>(config.voices.size()),
                                                          kSingerVoiceSize)
                                     .bias(false)));
  voice_frames_ = register_module("voice_frames", torch::nn::Linear(kSingerVoiceSize, c));
  phones_in_ =
      register_module("phones_in", convolution(kSingerPhoneFeatures + kSingerVoiceSize, c, 3));
  phones_mid_ = register_module("phones_mid", convolution(c, c, 3));
  phones_out_ = register_module("phones_out", convolution(c, c, 3));
  place_ = register_module("place", convolution(kSingerFrameFeatures, c, 1));
  gate_ = register_module("gate", convolution(kSingerFrameFeatures, c, 1));
  draft_ = register_module("draft", convolution(kSingerOutputs, c, 3));
  mix_ = register_module("mix", convolution(c, c, 1));
  for (int i = 0; i < config.layers; ++i) {
    frames_.push_back(
        register_module("frames_" + std::to_string(i), convolution(c, c, 3, 1 << (i % 4))));
  }
  head_in_ = register_module("head_in", convolution(c, c, 1));
  head_ = register_module("head", convolution(c, kSingerOutputs, 1));
  mean_db = register_buffer("mean_db", torch::zeros({kSingerBands}));
  deviation_db = register_buffer("deviation_db", torch::ones({kSingerBands}));
}

torch::Tensor SingerNetModule::encode(const torch::Tensor& phones, const torch::Tensor& voice) {
  const torch::Tensor who = voice_(voice).unsqueeze(2).expand({-1, -1, phones.size(2)});
  torch::Tensor x = torch::silu(phones_in_(torch::cat({phones, who}, 1)));
  x = x + torch::silu(phones_mid_(x));
  return x + torch::silu(phones_out_(x));
}

torch::Tensor SingerNetModule::decode(const torch::Tensor& phone_of_frame,
                                      const torch::Tensor& frames, const torch::Tensor& draft,
                                      const torch::Tensor& voice) {
  // What a phone is and where in it a frame lies have to be multiplied, not added.
  torch::Tensor x = phone_of_frame * (1 + gate_(frames)) + place_(frames) + draft_(draft) +
                    voice_frames_(voice_(voice)).unsqueeze(2);
  x = x + torch::silu(mix_(torch::silu(x)));
  for (auto& layer : frames_) x = x + torch::silu(layer(x));
  return draft + head_(torch::silu(head_in_(x)));
}

torch::Tensor SingerNetModule::scaled(const torch::Tensor& envelopes) const {
  const torch::Tensor bands = (envelopes.slice(1, 0, kSingerBands) - mean_db.view({1, -1, 1})) /
                              deviation_db.view({1, -1, 1});
  const torch::Tensor shares =
      envelopes.slice(1, kSingerBands).clamp(kSingerLeastShare, 1.0 - kSingerLeastShare);
  return torch::cat({bands, torch::log(shares / (1.0 - shares))}, 1);
}

SingerNet::SingerNet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SingerNet::~SingerNet() = default;
SingerNet::SingerNet(SingerNet&&) noexcept = default;
SingerNet& SingerNet::operator=(SingerNet&&) noexcept = default;

SingerNet::SingerNet(const SingerNetConfig& config, std::uint64_t seed) {
  config.validate();
  set_up_torch();
  impl_ = with_torch_errors("singer net", [&] {
    auto impl = std::make_unique<Impl>();
    impl->config = config;
    impl->module = std::make_shared<SingerNetModule>(config);
    initialise_singer(*impl->module, seed, "singer-net");
    impl->module->eval();
    return impl;
  });
}

const SingerNetConfig& SingerNet::config() const { return impl_->config; }

std::size_t SingerNet::num_parameters() const { return count_numbers(named_state(*impl_->module)); }

void SingerNet::set_scale(std::span<const float> mean_db, std::span<const float> deviation_db) {
  require(mean_db.size() == kSingerBands && deviation_db.size() == kSingerBands,
          "singer net: the scale has another size than the envelope");
  const torch::NoGradGuard no_grad;
  for (std::size_t b = 0; b < mean_db.size(); ++b) {
    impl_->module->mean_db[static_cast<std::int64_t>(b)] = mean_db[b];
    impl_->module->deviation_db[static_cast<std::int64_t>(b)] = std::max(1.0F, deviation_db[b]);
  }
}

std::vector<float> SingerNet::envelopes(std::span<const SingerPhone> phones,
                                        std::span<const float> draft,
                                        std::span<const float> voice) const {
  check_phones(phones);
  if (voice.size() != impl_->config.voices.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("singer net: {} voice weights, expected {}", voice.size(),
                            impl_->config.voices.size()));
  }
  std::size_t count = 0;
  for (const SingerPhone& p : phones) count += static_cast<std::size_t>(p.frames);
  check_draft(draft, count);
  if (count == 0) return {};
  set_up_torch();
  return with_torch_errors("singer net", [&] {
    const torch::NoGradGuard no_grad;
    SingerNetModule& net = *impl_->module;
    std::vector<std::int64_t> phone_of_frame;
    const torch::Tensor frames =
        singer_frame_features(phones, 0, count, phone_of_frame).unsqueeze(0);
    const torch::Tensor who =
        torch::from_blob(const_cast<float*>(voice.data()), {1, static_cast<long>(voice.size())});
    const torch::Tensor index =
        torch::from_blob(phone_of_frame.data(), {static_cast<std::int64_t>(count)}, torch::kInt64);
    const torch::Tensor encoded =
        net.encode(singer_phone_features(phones).unsqueeze(0), who).index_select(2, index);
    const torch::Tensor from =
        torch::from_blob(const_cast<float*>(draft.data()),
                         {1, static_cast<std::int64_t>(count), kSingerOutputs})
            .transpose(1, 2);
    const torch::Tensor out =
        net.decode(encoded, frames, net.scaled(from), who).squeeze(0).transpose(0, 1);
    const torch::Tensor bands = out.slice(1, 0, kSingerBands) * net.deviation_db + net.mean_db;
    const torch::Tensor shares = torch::sigmoid(out.slice(1, kSingerBands));
    const torch::Tensor all = torch::cat({bands.clamp(-90.0, 20.0), shares}, 1).contiguous();
    const auto* data = all.data_ptr<float>();
    return std::vector<float>(data, data + all.numel());
  });
}

Safetensors SingerNet::to_tensors() const {
  return pack(*impl_->module, kArchitecture,
              {{"voices", impl_->config.voices},
               {"channels", impl_->config.channels},
               {"layers", impl_->config.layers}});
}

SingerNet SingerNet::from_tensors(const Safetensors& content) {
  SingerNet net(config_from_json(packed_config(content, kArchitecture)), 0);
  unpack(content, *net.impl_->module);
  return net;
}

}  // namespace brandiron::models
