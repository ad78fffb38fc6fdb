#include "brandiron/models/decoder_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "brandiron/core/rng.h"
#include "decoder_net_module.h"
#include "net_state.h"

namespace brandiron::models {
namespace {

constexpr const char* kArchitecture = "brandiron.decoder-net/1";
// Silence this far from any sound stays silent; the shipped networks hear no farther (reach below).
constexpr std::size_t kContext = 16384;
constexpr std::size_t kChunk = 131072;

DecoderNetConfig config_from_json(const nlohmann::json& json) {
  DecoderNetConfig c;
  read_member(json, "family", c.family);
  read_member(json, "channels", c.channels);
  read_member(json, "layers", c.layers);
  // Weights from before there was a choice say nothing of it.
  if (json.contains("lapped_start")) read_member(json, "lapped_start", c.lapped_start);
  if (json.contains("leak")) read_member(json, "leak", c.leak);
  if (json.contains("frame_channels")) read_member(json, "frame_channels", c.frame_channels);
  if (json.contains("smooth_start")) read_member(json, "smooth_start", c.smooth_start);
  read_member(json, "encoder_channels", c.encoder_channels);
  read_member(json, "code_size", c.code_size);
  read_member(json, "codebooks", c.codebooks);
  read_member(json, "codebook_size", c.codebook_size);
  read_member(json, "codebook_dims", c.codebook_dims);
  return c;
}

/// Samples to either side that a sample of the output can depend on, in whole frames: what pieces
/// need of their neighbours to come out as the whole would. Too short, pieces show their seams.
std::size_t reach(const DecoderNetConfig& config, const DecoderFamily& family) {
  const auto hop = static_cast<std::size_t>(family.hop());
  std::size_t sum = 3, step = 1;  // the encoder's first convolution
  for (const int stride : family.encoder_strides) {
    sum += step * static_cast<std::size_t>(1 + 2 * stride);
    step *= static_cast<std::size_t>(stride);
  }
  sum += hop + 3 * hop;  // its last, and the generator's first
  if (family.upsampling == DecoderFamily::Upsampling::kIstft) {
    sum += 3 * hop * static_cast<std::size_t>(config.layers) + kDecoderWindow;
  } else {
    for (const int stride : family.strides) {
      sum += 2 * step;
      step /= static_cast<std::size_t>(stride);
      sum += 12 * step;  // residual convolutions of 7, their dilations 1 and 3
    }
    sum += 3;
  }
  return (sum + hop - 1) / hop * hop;
}

/// [first, last) in samples, multiples of the hop.
struct Stretch {
  std::size_t first, last;
};

/// Where there is something to decode: sound and kContext around it, in whole frames.
std::vector<Stretch> sounding(std::span<const float> samples, std::size_t hop) {
  std::vector<Stretch> out;
  const std::size_t end = (samples.size() + hop - 1) / hop * hop;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (samples[i] == 0.0F) continue;
    const std::size_t before = i > kContext ? (i - kContext) / hop * hop : 0;
    const std::size_t after = std::min(end, (i + kContext + hop) / hop * hop);
    if (!out.empty() && before <= out.back().last) {
      out.back().last = std::max(out.back().last, after);
    } else {
      out.push_back({before, after});
    }
  }
  return out;
}

/// What has two dimensions or more; biases, gains and counts stay as they are.
void store_as_halves(Safetensors& content) {
  for (NamedTensor& tensor : content.tensors) {
    if (tensor.shape.size() < 2) continue;
    tensor.storage = TensorStorage::kF16;
    for (float& x : tensor.data) {
      x = rounded_to_half(x);
      require(std::isfinite(x), "decoder net: tensor " + tensor.name + " does not fit halves");
    }
  }
}

}  // namespace

int DecoderFamily::hop() const {
  return std::accumulate(strides.begin(), strides.end(), 1, std::multiplies<>());
}

const std::vector<DecoderFamily>& decoder_families() {
  using F = DecoderFamily;
  using L = F::Latent;
  using U = F::Upsampling;
  using A = F::Activation;
  static const std::vector<DecoderFamily> families = {
      {"hifigan", L::kContinuous, U::kTransposed, A::kLeakyRelu, {8, 8, 4, 2}, {2, 4, 8, 8}},
      {"encodec", L::kCodes, U::kTransposed, A::kElu, {8, 5, 4, 2}, {2, 4, 5, 8}},
      {"dac", L::kCodes, U::kTransposed, A::kSnake, {8, 8, 4, 2}, {2, 4, 8, 8}},
      {"nearest", L::kContinuous, U::kNearest, A::kLeakyRelu, {8, 8, 4, 2}, {2, 4, 8, 8}},
      {"istft", L::kContinuous, U::kIstft, A::kGelu, {512}, {2, 4, 8, 8}}};
  return families;
}

const DecoderFamily& decoder_family(const std::string& name) {
  std::string known;
  for (const DecoderFamily& family : decoder_families()) {
    if (family.name == name) return family;
    known += (known.empty() ? "" : ", ") + family.name;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "decoder family \"" + name + "\" is not known; expected " + known);
}

void DecoderNetConfig::validate() const {
  const DecoderFamily& f = decoder_family(family);
  const int least = f.upsampling == DecoderFamily::Upsampling::kIstft
                        ? 8
                        : 2 << static_cast<int>(f.strides.size());
  require(channels >= least && channels <= 2048 && channels % least == 0,
          fmt::format("decoder net: channels is {}, expected a multiple of {} up to 2048", channels,
                      least));
  require(frame_channels >= 0 && frame_channels <= 2048,
          fmt::format("decoder net: frame_channels is {}, expected 0-2048", frame_channels));
  require(leak >= 0 && leak <= 1, fmt::format("decoder net: leak is {}, expected 0-1", leak));
  require(layers >= 1 && layers <= 32, "decoder net: expected 1-32 layers");
  require(encoder_channels >= 2 && encoder_channels <= 256 && code_size >= 4 && code_size <= 1024,
          "decoder net: expected 2-256 encoder channels and a code size of 4-1024");
  require(codebooks >= 1 && codebooks <= 64 && codebook_size >= 2 && codebook_size <= 65536 &&
              codebook_dims >= 1 && codebook_dims <= 256,
          "decoder net: expected 1-64 codebooks of 2-65536 entries of 1-256 numbers");
}

void initialise_decoder(torch::nn::Module& module, std::uint64_t seed, const char* stream) {
  const torch::NoGradGuard no_grad;
  const Rng rng(seed, stream);
  for (auto& item : module.named_parameters()) {
    torch::Tensor& weight = item.value();
    const std::string& name = item.key();
    if (name.find("alpha_") != std::string::npos) continue;  // ones
    if (weight.dim() < 2) {
      // What normalises begins as it is; biases at zero.
      const bool gain =
          name.find("norm_") != std::string::npos && name.rfind(".weight") == name.size() - 7;
      gain ? weight.fill_(1.0) : weight.zero_();
      continue;
    }
    // (in, out, window) against a convolution's (out, in, size).
    const bool transposed = name.find("generator.up_") != std::string::npos && weight.dim() == 3 &&
                            weight.size(0) > weight.size(1);
    double fan_in = static_cast<double>(weight.numel() / weight.size(0));
    // A transposed convolution gives each sample two taps of every input channel.
    if (transposed) fan_in = 2.0 * static_cast<double>(weight.size(0));
    const bool residual =
        name.find("residual_") != std::string::npos || name.find("narrow_") != std::string::npos;
    const double scale = residual ? 0.4 : 1.0;
    Rng draw = rng.child(name);
    auto* data = weight.data_ptr<float>();
    for (std::int64_t i = 0; i < weight.numel(); ++i) {
      data[i] = static_cast<float>(scale * draw.normal() * std::sqrt(1.0 / fan_in));
    }
  }
}

void smooth_upsampling(torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  for (auto& item : module.named_parameters()) {
    if (item.key().rfind("generator.up_", 0) != 0 || item.value().dim() != 3) continue;
    const torch::Tensor weight = item.value();
    if (weight.size(0) < weight.size(1)) continue;  // not transposed
    const std::int64_t window = weight.size(2), stride = window / 2;
    for (std::int64_t i = 0; i < window; ++i) {
      const double from_middle =
          std::abs(static_cast<double>(i) - (static_cast<double>(window) - 1) / 2);
      const double share = 1.0 - from_middle / static_cast<double>(stride);
      // The tap at half a window stands for its pair of channels.
      if (i != stride) weight.select(2, i).copy_(weight.select(2, stride) * share);
    }
    const double own = 1.0 - 0.5 / static_cast<double>(stride);
    weight.select(2, stride).mul_(own);
    weight.mul_(std::sqrt(2.0));  // two taps that are alike: half the variance of two drawn ones
  }
}

DecoderNetModule::DecoderNetModule(const DecoderNetConfig& config) : codebooks_(config.codebooks) {
  const DecoderFamily& family = decoder_family(config.family);
  encoder_ = register_module("encoder", std::make_shared<DecoderEncoderModule>(config, family));
  if (family.latent == DecoderFamily::Latent::kCodes) {
    quantiser_ = register_module(
        "quantiser", std::make_shared<ResidualQuantiserModule>(
                         config, family.activation == DecoderFamily::Activation::kSnake &&
                                     !config.lapped_start));
  }
  generator_ = register_module("generator", make_generator(config, family, config.code_size));
}

DecoderNetModule::Output DecoderNetModule::forward(const torch::Tensor& samples,
                                                   const std::vector<int>& stages) {
  const torch::Tensor latent = encoder_->forward(samples);
  if (!quantiser_) return {generator_->forward(latent), torch::zeros({}, samples.options())};
  const std::vector<int> all(static_cast<std::size_t>(samples.size(0)), codebooks_);
  const Quantised q = quantiser_->forward(latent, stages.empty() ? all : stages);
  return {generator_->forward(q.codes), q.commitment};
}

DecoderNet::DecoderNet(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DecoderNet::~DecoderNet() = default;
DecoderNet::DecoderNet(DecoderNet&&) noexcept = default;
DecoderNet& DecoderNet::operator=(DecoderNet&&) noexcept = default;

DecoderNet::DecoderNet(const DecoderNetConfig& config, std::uint64_t seed) {
  config.validate();
  set_up_torch();
  impl_ = with_torch_errors("decoder net", [&] {
    auto impl = std::make_unique<Impl>();
    impl->config = config;
    impl->module = std::make_shared<DecoderNetModule>(config);
    initialise_decoder(*impl->module, seed, "decoder-net");
    if (impl->module->quantiser()) impl->module->quantiser()->initialise();
    if (config.smooth_start) smooth_upsampling(*impl->module);
    if (config.lapped_start) begin_lapped(*impl->module, config);
    impl->module->eval();
    return impl;
  });
}

const DecoderNetConfig& DecoderNet::config() const { return impl_->config; }

std::size_t DecoderNet::num_parameters() const {
  return count_numbers(named_state(*impl_->module));
}

double DecoderNet::bitrate_kbps(int codebooks) const {
  const DecoderFamily& family = decoder_family(impl_->config.family);
  if (family.latent != DecoderFamily::Latent::kCodes) return 0.0;
  const double frames_a_second = static_cast<double>(kDecoderRateHz) / family.hop();
  return codebooks * std::log2(impl_->config.codebook_size) * frames_a_second / 1000.0;
}

std::vector<float> DecoderNet::decode(std::span<const float> samples, int codebooks) const {
  const DecoderNetConfig& config = impl_->config;
  if (codebooks < 0 || codebooks > config.codebooks) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("decoder net: {} codebooks, expected 0-{}",
                                                         codebooks, config.codebooks));
  }
  if (!std::all_of(samples.begin(), samples.end(), [](float x) { return std::isfinite(x); })) {
    throw Error(ErrorCode::kInvalidArgument, "decoder net: samples that are not finite");
  }
  set_up_torch();
  const DecoderFamily& family = decoder_family(config.family);
  const auto hop = static_cast<std::size_t>(family.hop());
  const std::vector<int> stages{codebooks == 0 ? config.codebooks : codebooks};
  const std::size_t context = reach(config, family), chunk = kChunk / hop * hop;
  std::vector<float> out(samples.size(), 0.0F);
  return with_torch_errors("decoder net", [&] {
    const torch::NoGradGuard no_grad;
    for (const Stretch& stretch : sounding(samples, hop)) {
      for (std::size_t at = stretch.first; at < stretch.last; at += chunk) {
        const std::size_t keep = std::min(chunk, stretch.last - at);
        const std::size_t before = std::min(context, at);
        // Beyond the end there are zeros, as there are before the beginning.
        std::vector<float> piece(before + keep + context, 0.0F);
        const std::size_t from = at - before;
        const std::size_t have = std::min(piece.size(), samples.size() - from);
        std::copy_n(samples.begin() + static_cast<std::ptrdiff_t>(from), have, piece.begin());
        const torch::Tensor made =
            impl_->module
                ->forward(torch::from_blob(piece.data(), {1, static_cast<long>(piece.size())}),
                          stages)
                .samples.contiguous();
        const auto* data = made.data_ptr<float>() + before;
        std::copy_n(data, std::min(keep, samples.size() - at),
                    out.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
    return out;
  });
}

Safetensors DecoderNet::to_tensors(TensorStorage storage) const {
  const DecoderNetConfig& c = impl_->config;
  Safetensors content = pack(*impl_->module, kArchitecture,
                             {{"family", c.family},
                              {"channels", c.channels},
                              {"frame_channels", c.frame_channels},
                              {"layers", c.layers},
                              {"smooth_start", c.smooth_start},
                              {"lapped_start", c.lapped_start},
                              {"leak", c.leak},
                              {"encoder_channels", c.encoder_channels},
                              {"code_size", c.code_size},
                              {"codebooks", c.codebooks},
                              {"codebook_size", c.codebook_size},
                              {"codebook_dims", c.codebook_dims}});
  if (storage == TensorStorage::kF16) store_as_halves(content);
  return content;
}

DecoderNet DecoderNet::from_tensors(const Safetensors& content) {
  DecoderNet net(config_from_json(packed_config(content, kArchitecture)), 0);
  unpack(content, *net.impl_->module);
  return net;
}

}  // namespace brandiron::models
