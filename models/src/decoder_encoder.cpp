#include <algorithm>
#include <cmath>

#include "brandiron/core/rng.h"
#include "decoder_activation.h"
#include "decoder_net_module.h"

namespace brandiron::models {
namespace {

constexpr double kUsageKept = 0.98;  // of the fading count, at each step
constexpr double kDeadBelow = 0.02;
constexpr double kLappedBound = 4.0;  // far above what a transform of sound gives
constexpr int kFitTurns = 6;
constexpr double kQuietest = 1e-7;   // mean square of a latent
constexpr double kFittedUsage = 20;  // one batch does not outweigh what was fitted

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
    : size_(config.codebook_size),
      dims_(config.codebook_dims),
      by_direction_(by_direction),
      bound_(config.lapped_start ? kLappedBound : 1.0) {
  for (int i = 0; i < config.codebooks; ++i) {
    const std::string n = std::to_string(i);
    into_.push_back(register_module("into_" + n, decoder_convolution(config.code_size, dims_, 1)));
    out_of_.push_back(
        register_module("out_of_" + n, decoder_convolution(dims_, config.code_size, 1)));
    // No gradient: entries follow what chooses them.
    codebooks_.push_back(register_parameter("codebook_" + n, torch::zeros({size_, dims_}), false));
    usage_.push_back(register_buffer("usage_" + n, torch::ones({size_})));
    seen_.emplace_back();
  }
}

torch::Tensor ResidualQuantiserModule::bounded(const torch::Tensor& latents) const {
  // The waveform's loss does not mind how large latents are: unbounded they outgrow their codes.
  return bound_ * torch::tanh(latents / bound_);
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

void ResidualQuantiserModule::follow(std::size_t stage, const torch::Tensor& rows,
                                     const torch::Tensor& chosen) {
  const torch::NoGradGuard no_grad;
  const torch::Tensor members = torch::one_hot(chosen, size_).to(torch::kFloat).t();
  const torch::Tensor count = members.sum(1);
  torch::Tensor& usage = usage_[stage];
  torch::Tensor& entries = codebooks_[stage];
  usage.mul_(kUsageKept).add_(count);
  // The fading mean of its members, written so that it needs no sums of its own.
  const torch::Tensor apart = torch::matmul(members, rows) - count.unsqueeze(1) * entries;
  entries.add_(apart / usage.clamp_min(kDeadBelow).unsqueeze(1));
  seen_[stage] = rows;
}

Quantised ResidualQuantiserModule::forward(const torch::Tensor& x, const std::vector<int>& stages) {
  const std::int64_t n = x.size(0), frames = x.size(2);
  torch::Tensor residual = bounded(x), sum = torch::zeros_like(x);
  torch::Tensor commitment = torch::zeros({}, x.options());
  const std::vector<std::int64_t> wanted(stages.begin(), stages.end());
  const torch::Tensor depth = torch::tensor(wanted).to(x.device()).view({n, 1, 1});
  const int most = *std::max_element(stages.begin(), stages.end());
  // Of this step alone: a training that was stopped has no earlier ones to revive entries from.
  if (is_training()) seen_.assign(seen_.size(), torch::Tensor());
  for (std::size_t i = 0; i < static_cast<std::size_t>(most); ++i) {
    const torch::Tensor uses = (depth > static_cast<std::int64_t>(i)).to(torch::kFloat);
    const torch::Tensor projected = into_[i](residual);
    const torch::Tensor flat = projected.detach().transpose(1, 2).reshape({-1, dims_});
    const torch::Tensor chosen = look_up(flat, codebooks_[i]);
    // A copy: the entries move before the gradient is taken.
    const torch::Tensor code =
        codebooks_[i].index_select(0, chosen).view({n, frames, dims_}).transpose(1, 2);
    if (is_training()) follow(i, flat, chosen);
    commitment = commitment + ((projected - code).square() * uses).mean();
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

void ResidualQuantiserModule::fit(const torch::Tensor& latents, std::uint64_t seed) {
  const torch::NoGradGuard no_grad;
  torch::Tensor rest = bounded(latents.to(torch::kCPU)).transpose(1, 2);
  rest = rest.reshape({-1, rest.size(2)});
  // Between equal errors everywhere, which leave no bits for the quiet tops, and errors as loud as
  // what they are in: as perceptual codecs do, half way.
  const torch::Tensor weight = (rest.square().mean(0) + kQuietest).pow(-0.25);
  rest = (rest * weight).contiguous();
  for (std::size_t i = 0; i < into_.size(); ++i) {
    const torch::Tensor energy = torch::matmul(rest.t(), rest);
    const torch::Tensor directions = std::get<1>(torch::linalg_eigh(energy));  // ascending
    const torch::Tensor most = directions.slice(1, directions.size(1) - dims_);
    into_[i]->weight.copy_((most * weight.unsqueeze(1)).t().unsqueeze(2));
    out_of_[i]->weight.copy_((most / weight.unsqueeze(1)).unsqueeze(2));
    into_[i]->bias.zero_();
    out_of_[i]->bias.zero_();
    const torch::Tensor rows = torch::matmul(rest, most);
    const torch::Tensor entries = fitted_entries(rows, Rng(seed, "decoder-codes").child("fit", i));
    codebooks_[i].copy_(entries);
    usage_[i].fill_(kFittedUsage);
    rest = rest - torch::matmul(entries.index_select(0, look_up(rows, entries)), most.t());
  }
}

torch::Tensor ResidualQuantiserModule::fitted_entries(const torch::Tensor& rows, Rng draw) const {
  torch::Tensor entries = torch::empty({size_, dims_});
  const auto count = static_cast<std::uint32_t>(rows.size(0));
  for (int k = 0; k < size_; ++k) {
    entries[k].copy_(rows[static_cast<std::int64_t>(draw.below(count))]);
  }
  for (int turn = 0; turn < kFitTurns; ++turn) {
    const torch::Tensor members =
        torch::one_hot(look_up(rows, entries), size_).to(torch::kFloat).t();
    const torch::Tensor size = members.sum(1, /*keepdim=*/true);
    const torch::Tensor means = torch::matmul(members, rows) / size.clamp_min(1.0);
    entries = torch::where(size > 0, means, entries);
  }
  return entries;
}

void ResidualQuantiserModule::revive(std::uint64_t seed, std::uint64_t step, bool all) {
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < codebooks_.size(); ++i) {
    if (!seen_[i].defined()) continue;
    Rng draw = Rng(seed, "decoder-codes").child(std::to_string(i), step);
    const torch::Tensor usage = usage_[i].to(torch::kCPU);
    const torch::Tensor seen = seen_[i].to(torch::kCPU);
    const auto* lately = usage.data_ptr<float>();
    const auto rows = static_cast<std::uint32_t>(seen.size(0));
    torch::Tensor entries = codebooks_[i].to(torch::kCPU, torch::kFloat, false, /*copy=*/true);
    for (int k = 0; k < size_; ++k) {
      if (!all && lately[k] >= kDeadBelow) continue;
      const torch::Tensor row = seen[static_cast<std::int64_t>(draw.below(rows))];
      entries[k].copy_(row * (1.0 + 0.02 * draw.normal()));
      usage[k] = 1.0F;
    }
    codebooks_[i].copy_(entries);
    usage_[i].copy_(usage);
  }
}

double ResidualQuantiserModule::share_used() const {
  return (torch::stack(usage_) >= kDeadBelow).to(torch::kFloat).mean().item<double>();
}

}  // namespace brandiron::models
