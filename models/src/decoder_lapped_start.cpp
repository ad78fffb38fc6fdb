#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "decoder_net_module.h"

namespace brandiron::models {
namespace {

// What is not part of the transform: enough for its gradients, too little to be heard.
constexpr double kRest = 0.05;
constexpr double kSlowSnake = 0.15;

/// Where a channel of a tree of critically sampled filterbanks lies, as shares of the band.
struct Band {
  double low = 0, high = 1;
  bool reversed = false;
};

Band part_of(const Band& whole, int k, int parts) {
  const double width = (whole.high - whole.low) / parts;
  const int place = whole.reversed ? parts - 1 - k : k;
  // Every other band comes out of its decimation upside down.
  return {whole.low + place * width, whole.low + (place + 1) * width,
          whole.reversed != (k % 2 == 1)};
}

/// Tap n of band k of the modulated lapped transform of `stride` bands (window 2 stride).
double lapped_tap(int k, int n, int stride) {
  const double window = std::sin(std::numbers::pi * (n + 0.5) / (2.0 * stride));
  return window * std::sqrt(2.0 / stride) *
         std::cos(std::numbers::pi / stride * (n + 0.5 + 0.5 * stride) * (k + 0.5));
}

/// Which of its channels a stage fills: the parent's channel and the band of it, in the order of
/// the stage's outputs.
struct Channel {
  int parent, k;
  Band band;
};

std::vector<Channel> split(const std::vector<Channel>& parents, int stride, int room) {
  std::vector<Channel> out;
  for (int c = 0; c < static_cast<int>(parents.size()); ++c) {
    for (int k = 0; k < stride; ++k) {
      out.push_back({c, k, part_of(parents[static_cast<std::size_t>(c)].band, k, stride)});
    }
  }
  // By frequency: what there is no room for is the top.
  std::stable_sort(out.begin(), out.end(),
                   [](const Channel& a, const Channel& b) { return a.band.low < b.band.low; });
  out.resize(std::min(out.size(), static_cast<std::size_t>(room)));
  return out;
}

using Named = torch::OrderedDict<std::string, torch::Tensor>;

/// One in the middle for as many channels as both sides have.
void pass_through(const torch::Tensor& weight) {
  weight.mul_(kRest);
  const std::int64_t n = std::min(weight.size(0), weight.size(1)), middle = weight.size(2) / 2;
  for (std::int64_t i = 0; i < n; ++i) {
    weight[i].zero_();
    weight[i][i][middle] = 1.0;
  }
}

/// Of (out, in, window) or, transposed, (in, out, window).
void set_stage(const torch::Tensor& weight, const std::vector<Channel>& channels, int stride) {
  weight.mul_(kRest);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(channels.size()); ++i) {
    const Channel& c = channels[static_cast<std::size_t>(i)];
    weight[i].zero_();
    for (int n = 0; n < 2 * stride; ++n) weight[i][c.parent][n] = lapped_tap(c.k, n, stride);
  }
}

/// Padding of every strided convolution here: where the transform's windows lie.
int padding_of(int stride) { return (stride + 1) / 2; }

/// Taps of the convolution that, after each sample was repeated `stride` times, comes nearest to
/// the inverse transform's window of band k (least squares). Row k of (stride, size).
Eigen::MatrixXd after_repetition(int stride, int size) {
  const int first = -5 * stride, count = 11 * stride;
  Eigen::MatrixXd reach = Eigen::MatrixXd::Zero(count, size);
  Eigen::MatrixXd wanted = Eigen::MatrixXd::Zero(count, stride);
  for (int i = 0; i < count; ++i) {
    for (int j = 0; j < size; ++j) {
      const int at = first + i + j - size / 2;
      if (at >= 0 && at < stride) reach(i, j) = 1;
    }
    const int tap = first + i + padding_of(stride);
    if (tap < 0 || tap >= 2 * stride) continue;
    for (int k = 0; k < stride; ++k) wanted(i, k) = lapped_tap(k, tap, stride);
  }
  // A little of a ridge: repetition has zeros that no taps undo.
  const Eigen::MatrixXd normal =
      reach.transpose() * reach + 1e-4 * Eigen::MatrixXd::Identity(size, size);
  return normal.ldlt().solve(reach.transpose() * wanted).transpose();
}

/// Of (out, in, size).
void set_repeated_stage(const torch::Tensor& weight, const std::vector<Channel>& channels,
                        int stride) {
  weight.mul_(kRest);
  const int size = static_cast<int>(weight.size(2));
  const Eigen::MatrixXd taps = after_repetition(stride, size);
  for (std::int64_t i = 0; i < static_cast<std::int64_t>(channels.size()); ++i) {
    const Channel& c = channels[static_cast<std::size_t>(i)];
    weight.select(1, i).zero_();
    for (int n = 0; n < size; ++n) weight[c.parent][i][n] = taps(c.k, n);
  }
}

/// What the inverse transforms make of one number of one frame: samples from `first` on, counted
/// from where the frame begins.
struct Wave {
  int first = 0;
  std::vector<double> samples{1.0};
};

Wave through_stage(const Wave& wave, int k, int stride) {
  Wave out;
  out.first = wave.first * stride - padding_of(stride);
  out.samples.assign((wave.samples.size() + 1) * static_cast<std::size_t>(stride), 0.0);
  for (std::size_t t = 0; t < wave.samples.size(); ++t) {
    for (int n = 0; n < 2 * stride; ++n) {
      out.samples[t * static_cast<std::size_t>(stride) + static_cast<std::size_t>(n)] +=
          wave.samples[t] * lapped_tap(k, n, stride);
    }
  }
  return out;
}

using Stages = std::vector<std::vector<Channel>>;

/// Of the last stage's channel.
Wave wave_of(const Stages& stages, const std::vector<int>& strides, std::size_t channel) {
  Wave wave;
  for (std::size_t i = stages.size(); i-- > 0;) {
    const Channel& c = stages[i][channel];
    wave = through_stage(wave, c.k, strides[i]);
    channel = static_cast<std::size_t>(c.parent);
  }
  return wave;
}

/// (window + 2, code): columns are spectra whose windowed inverse transform is the wave.
void set_spectra(const torch::Tensor& weight, const Stages& stages, const std::vector<int>& strides,
                 int hop) {
  weight.zero_();
  const torch::Tensor window = torch::hann_window(kDecoderWindow);
  const double gain = 0.375 * kDecoderWindow / hop;
  const std::size_t codes =
      std::min(stages.back().size(), static_cast<std::size_t>(weight.size(1)));
  for (std::size_t i = 0; i < codes; ++i) {
    const Wave wave = wave_of(stages, strides, i);
    torch::Tensor frame = torch::zeros({kDecoderWindow});
    for (std::size_t n = 0; n < wave.samples.size(); ++n) {
      const int at = wave.first + static_cast<int>(n) + (kDecoderWindow - hop) / 2;
      frame[at] = wave.samples[n] * gain / window[at].item<double>();
    }
    const torch::Tensor parts = torch::view_as_real(torch::fft::rfft(frame));
    weight.select(1, static_cast<std::int64_t>(i))
        .copy_(torch::cat({parts.select(1, 0), parts.select(1, 1)}));
  }
}

/// Log magnitudes at which what the blocks add is not heard yet.
void quieten(const torch::Tensor& head_bias) {
  head_bias.slice(0, 0, kDecoderWindow / 2 + 1).fill_(-5.0);
}

}  // namespace

void begin_lapped(torch::nn::Module& module, const DecoderNetConfig& config) {
  const torch::NoGradGuard no_grad;
  const DecoderFamily& family = decoder_family(config.family);
  const bool istft = family.upsampling == DecoderFamily::Upsampling::kIstft;
  Named weights = module.named_parameters();
  for (auto& item : weights) {
    const bool rest = item.key().find("residual_") != std::string::npos;
    if (rest && item.value().dim() > 1) item.value().mul_(kRest);
    // Slow snakes are nearly straight.
    if (item.key().find("alpha_") != std::string::npos) item.value().fill_(kSlowSnake);
  }
  pass_through(weights["encoder.first.weight"]);
  pass_through(weights["encoder.last.weight"]);
  if (!istft) {
    pass_through(weights["generator.first.weight"]);
    pass_through(weights["generator.last.weight"]);
  }
  Stages stages;
  std::vector<Channel> channels{{0, 0, {}}};
  const std::size_t count = family.encoder_strides.size();
  for (std::size_t i = 0; i < count; ++i) {
    const int stride = family.encoder_strides[i];
    const torch::Tensor down = weights["encoder.down_" + std::to_string(i) + ".weight"];
    const torch::Tensor* up =
        istft ? nullptr : weights.find("generator.up_" + std::to_string(count - 1 - i) + ".weight");
    const bool nearest = family.upsampling == DecoderFamily::Upsampling::kNearest;
    std::int64_t room = down.size(0);
    if (up != nullptr) room = std::min(room, up->size(nearest ? 1 : 0));
    channels = split(channels, stride, static_cast<int>(room));
    set_stage(down, channels, stride);
    if (up != nullptr) {
      nearest ? set_repeated_stage(*up, channels, stride) : set_stage(*up, channels, stride);
    }
    stages.push_back(channels);
  }
  if (istft) {
    set_spectra(weights["generator.skip.weight"], stages, family.encoder_strides, family.hop());
    quieten(weights["generator.head.bias"]);
  }
}

}  // namespace brandiron::models
