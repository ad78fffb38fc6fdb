#include <algorithm>
#include <cmath>

#include "brandiron/core/rng.h"
#include "decoder_activation.h"
#include "decoder_net_module.h"

namespace brandiron::models {
namespace {

constexpr double kUsageKept = 0.98;  // of the fading count, at each step
constexpr double kDeadBelow = 0.02;
constexpr std::uint64_t kFirstSteps = 10;

double mel_of_hz(double hz) { return 2595.0 * std::log10(1.0 + hz / 700.0); }
double hz_of_mel(double mel) { return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0); }

}  // namespace

torch::Tensor mel_filters(int bands, int window) {
  const int bins = window / 2 + 1;
  torch::Tensor filters = torch::zeros({bands, bins});
  auto at = filters.accessor<float, 2>();
  const double top = mel_of_hz(kDecoderRateHz / 2.0);
  const auto edge = [&](int i) { return hz_of_mel(top * i / (bands + 1)); };
  for (int b = 0; b < bands; ++b) {
    const double low = edge(b), centre = edge(b + 1), high = edge(b + 2);
    // Low triangles are narrower than a bin: then the nearest bin stands for the band.
    double sum = 0;
    for (int k = 0; k < bins; ++k) {
      const double hz = static_cast<double>(k) * kDecoderRateHz / window;
      const double up = (hz - low) / (centre - low), down = (high - hz) / (high - centre);
      at[b][k] = static_cast<float>(std::max(0.0, std::min(up, down)));
      sum += static_cast<double>(at[b][k]);
    }
    if (sum <= 0) {
      at[b][static_cast<int>(std::lround(centre * window / kDecoderRateHz))] = 1.0F;
      sum = 1;
    }
    for (int k = 0; k < bins; ++k) at[b][k] = static_cast<float>(at[b][k] / sum);
  }
  return filters;
}

torch::Tensor magnitudes(const torch::Tensor& samples, int window, int hop) {
  const torch::Tensor shape =
      torch::hann_window(window, torch::TensorOptions().device(samples.device()));
  const torch::Tensor spectrum =
      torch::stft(samples, window, hop, window, shape, /*center=*/false, "reflect",
                  /*normalized=*/false, /*onesided=*/true, /*return_complex=*/true);
  const torch::Tensor parts = torch::view_as_real(spectrum);
  // The root of a sum that is never zero has a gradient everywhere.
  return (parts.select(-1, 0).square() + parts.select(-1, 1).square() + 1e-10).sqrt();
}

torch::Tensor DecoderEncoderModule::alpha(const std::string& name, int channels) {
  const torch::Tensor ones = torch::ones({1, channels, 1});
  return activation_ == DecoderFamily::Activation::kSnake ? register_parameter(name, ones) : ones;
}

DecoderEncoderModule::DecoderEncoderModule(const DecoderNetConfig& config,
                                           const DecoderFamily& family)
    : activation_(family.activation), lapped_(config.lapped_start) {
  int c = config.encoder_channels;
  first_ = register_module("first", decoder_convolution(1, c, 7));
  for (std::size_t i = 0; i < family.encoder_strides.size(); ++i) {
    const int stride = family.encoder_strides[i];
    const std::string n = std::to_string(i);
    residual_.push_back(register_module("residual_" + n, decoder_convolution(c, c, 3)));
    alpha_.push_back(alpha("alpha_" + n, c));
    const int window = 2 * stride, pad = (window - stride + 1) / 2;
    const bool frames = i + 1 == family.encoder_strides.size();
    const int next = frames && config.frame_channels > 0 ? config.frame_channels : 2 * c;
    down_.push_back(register_module(
        "down_" + n,
        torch::nn::Conv1d(torch::nn::Conv1dOptions(c, next, window).stride(stride).padding(pad))));
    alpha_.push_back(alpha("alpha_down_" + n, c));
    c = next;
  }
  last_ = register_module("last", decoder_convolution(c, config.code_size, 3));
}

torch::Tensor DecoderEncoderModule::forward(torch::Tensor x) {
  x = first_(x.unsqueeze(1));
  for (std::size_t i = 0; i < down_.size(); ++i) {
    x = x + residual_[i](activate(activation_, x, alpha_[2 * i]));
    x = down_[i](lapped_ ? x : activate(activation_, x, alpha_[2 * i + 1]));
  }
  if (lapped_) return last_(x);
  return last_(activate(activation_, x, torch::ones({1, 1, 1}, x.options())));
}

ResidualQuantiserModule::ResidualQuantiserModule(const DecoderNetConfig& config, bool by_direction)
    : size_(config.codebook_size), dims_(config.codebook_dims), by_direction_(by_direction) {
  for (int i = 0; i < config.codebooks; ++i) {
    const std::string n = std::to_string(i);
    into_.push_back(register_module("into_" + n, decoder_convolution(config.code_size, dims_, 1)));
    out_of_.push_back(
        register_module("out_of_" + n, decoder_convolution(dims_, config.code_size, 1)));
    codebooks_.push_back(register_parameter("codebook_" + n, torch::zeros({size_, dims_})));
    usage_.push_back(register_buffer("usage_" + n, torch::ones({size_})));
    seen_.emplace_back();
  }
}

torch::Tensor ResidualQuantiserModule::look_up(const torch::Tensor& rows,
                                               const torch::Tensor& codebook) const {
  namespace F = torch::nn::functional;
  if (!by_direction_) {
    // |x - c|^2 without the part that is the same for all entries.
    return (codebook.square().sum(1) - 2.0 * torch::matmul(rows, codebook.t())).argmin(1);
  }
  const auto unit = F::NormalizeFuncOptions().dim(1);
  return torch::matmul(rows, F::normalize(codebook, unit).t()).argmax(1);
}

Quantised ResidualQuantiserModule::forward(const torch::Tensor& x, const std::vector<int>& stages) {
  const std::int64_t n = x.size(0), frames = x.size(2);
  // The waveform's loss does not mind how large latents are: unbounded they outgrow their codes.
  torch::Tensor residual = torch::tanh(x), sum = torch::zeros_like(x);
  torch::Tensor commitment = torch::zeros({}, x.options());
  const int most = *std::max_element(stages.begin(), stages.end());
  for (std::size_t i = 0; i < static_cast<std::size_t>(most); ++i) {
    torch::Tensor uses = torch::zeros({n, 1, 1});
    for (std::int64_t k = 0; k < n; ++k) {
      uses[k] = stages[static_cast<std::size_t>(k)] > static_cast<int>(i) ? 1.0 : 0.0;
    }
    uses = uses.to(x.device());
    const torch::Tensor projected = into_[i](residual);
    const torch::Tensor flat = projected.transpose(1, 2).reshape({-1, dims_});
    const torch::Tensor chosen = look_up(flat.detach(), codebooks_[i].detach());
    const torch::Tensor code =
        codebooks_[i].index_select(0, chosen).view({n, frames, dims_}).transpose(1, 2);
    if (is_training()) {
      const torch::NoGradGuard no_grad;
      const torch::Tensor counts = torch::bincount(chosen.to(torch::kCPU), {}, size_);
      usage_[i].mul_(kUsageKept).add_(counts.to(usage_[i].device(), torch::kFloat));
      seen_[i] = flat.detach().to(torch::kCPU);
    }
    commitment = commitment + ((projected - code.detach()).square() * uses).mean() +
                 4.0 * ((projected.detach() - code).square() * uses).mean();
    const torch::Tensor straight = projected + (code - projected).detach();
    const torch::Tensor added = out_of_[i](straight) * uses;
    sum = sum + added;
    residual = residual - added.detach();
  }
  return {sum, commitment / static_cast<double>(most)};
}

void ResidualQuantiserModule::initialise() {
  const torch::NoGradGuard no_grad;
  // What a stage adds lies where it looked: each leaves less than it was given.
  for (std::size_t i = 0; i < into_.size(); ++i) {
    out_of_[i]->weight.copy_(into_[i]->weight.transpose(0, 1));
  }
}

void ResidualQuantiserModule::revive(std::uint64_t seed, std::uint64_t step) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < codebooks_.size(); ++i) {
    if (!seen_[i].defined()) continue;
    Rng draw = Rng(seed, "decoder-codes").child(std::to_string(i), step);
    const torch::Tensor usage = usage_[i].to(torch::kCPU);
    const auto* lately = usage.data_ptr<float>();
    for (int k = 0; k < size_; ++k) {
      // At first everything is dead: the codes are what was seen.
      if (step > kFirstSteps && lately[k] >= kDeadBelow) continue;
      const auto row =
          static_cast<std::int64_t>(draw.below(static_cast<std::uint32_t>(seen_[i].size(0))));
      codebooks_[i][k].copy_(seen_[i][row] * (1.0 + 0.02 * draw.normal()));
      usage_[i][k] = 1.0F;
    }
  }
}

double ResidualQuantiserModule::share_used() const {
  double used = 0;
  for (const torch::Tensor& u : usage_)
    used += (u >= kDeadBelow).to(torch::kFloat).mean().item<double>();
  return used / static_cast<double>(usage_.size());
}

}  // namespace brandiron::models
