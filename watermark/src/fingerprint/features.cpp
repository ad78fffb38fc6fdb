#include "fingerprint/features.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "simd.h"

namespace brandiron::watermark {
namespace {

// Energies below this (about -90 dBFS a band) are silence, whatever their ups and downs.
constexpr float kFloor = 1e-9F;
constexpr std::size_t kLanes = 8;

// Kaiser window of beta 5 (about -53 dB), length a multiple of the lanes.
std::vector<float> low_pass(double cut, std::size_t length) {
  const auto bessel = [](double x) {
    double sum = 1, term = 1;
    for (int k = 1; k < 30; ++k) {
      term *= (x / (2 * k)) * (x / (2 * k));
      sum += term;
    }
    return sum;
  };
  constexpr double kBeta = 5;
  std::vector<float> taps(length);
  double total = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const double t = static_cast<double>(i) - static_cast<double>(length - 1) / 2;
    const double x = 2 * t / static_cast<double>(length);
    const double phase = 2 * std::numbers::pi * cut * t;
    const double sinc = std::abs(phase) < 1e-9 ? 1.0 : std::sin(phase) / phase;
    taps[i] = static_cast<float>(sinc * bessel(kBeta * std::sqrt(1 - x * x)) / bessel(kBeta));
    total += static_cast<double>(taps[i]);
  }
  for (float& tap : taps) tap /= static_cast<float>(total);
  return taps;
}

// Eight running sums, so that the loop maps to vectors without reordering a sum.
BRANDIRON_WIDE void filter(const float* samples, const float* taps, std::size_t length,
                           std::size_t factor, float* out, std::size_t count) {
  for (std::size_t j = 0; j < count; ++j) {
    const float* x = samples + j * factor;
    float lanes[kLanes] = {};
    for (std::size_t i = 0; i < length; i += kLanes) {
      for (std::size_t k = 0; k < kLanes; ++k) lanes[k] += x[i + k] * taps[i + k];
    }
    float sum = 0;
    for (const float lane : lanes) sum += lane;
    out[j] = sum;
  }
}

BRANDIRON_WIDE void multiply(const float* a, const float* b, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = a[i] * b[i];
}

BRANDIRON_WIDE void powers(const float* bins, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = bins[2 * i] * bins[2 * i] + bins[2 * i + 1] * bins[2 * i + 1];
  }
}

}  // namespace

Decimator::Decimator(int rate_hz, std::size_t factor, double pass_hz) : factor_(factor) {
  if (factor == 1) {
    taps_ = {1.0F};
    return;
  }
  // Cuts in the middle between what must pass and what would fold onto it.
  const double low_rate = static_cast<double>(rate_hz) / static_cast<double>(factor);
  const double cut = (pass_hz + (low_rate - pass_hz)) / 2 / rate_hz;
  taps_ = low_pass(cut, 8 * factor + (kLanes - 8 * factor % kLanes) % kLanes);
}

void Decimator::push(std::span<const float> samples, std::vector<float>& low) {
  if (factor_ == 1) {
    low.insert(low.end(), samples.begin(), samples.end());
    return;
  }
  pending_.insert(pending_.end(), samples.begin(), samples.end());
  if (pending_.size() < taps_.size()) return;
  const std::size_t count = (pending_.size() - taps_.size()) / factor_ + 1;
  const std::size_t at = low.size();
  low.resize(at + count);
  filter(pending_.data(), taps_.data(), taps_.size(), factor_, low.data() + at, count);
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count * factor_));
}

FeatureFrames::FeatureFrames(double rate_hz, const Warp& warp, const FeatureLayout& layout)
    : hop_samples_(layout.hop_s * rate_hz / warp.speed_ratio),
      lag_(layout.lag),
      fft_(std::bit_ceil(static_cast<std::size_t>(layout.window_s * rate_hz / warp.speed_ratio))) {
  const auto length = static_cast<std::size_t>(layout.window_s * rate_hz / warp.speed_ratio);
  window_.resize(length);
  double total = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const double phase = 2 * std::numbers::pi * (static_cast<double>(i) + 0.5);
    window_[i] = static_cast<float>(0.5 - 0.5 * std::cos(phase / static_cast<double>(length)));
    total += static_cast<double>(window_[i]);
  }
  for (float& w : window_) w /= static_cast<float>(total);
  windowed_.resize(fft_.size());
  bins_.resize(fft_.num_bins());
  power_.resize(fft_.num_bins());
  steps_.resize((lag_ + 1) * kBits);
  // Bin k stands for [k - 1/2, k + 1/2); a band takes of it what it covers.
  const double bin_hz = rate_hz / static_cast<double>(fft_.size());
  const double ratio = std::pow(layout.high_hz / layout.low_hz, 1.0 / (kBits + 1));
  for (std::size_t b = 0; b <= kBits; ++b) {
    const double low_hz =
        layout.low_hz * std::pow(ratio, static_cast<double>(b)) * warp.pitch_ratio;
    const double last = static_cast<double>(fft_.num_bins()) - 0.5;
    const double low = std::min(last - 1, low_hz / bin_hz + 0.5);
    const double high = std::min(last, low_hz * ratio / bin_hz + 0.5);
    Band band{static_cast<std::size_t>(low), {}};
    for (auto k = static_cast<double>(band.first); k < high; ++k) {
      band.weights.push_back(static_cast<float>(std::min(high, k + 1) - std::max(low, k)));
    }
    bands_.push_back(std::move(band));
  }
}

void FeatureFrames::analyse(std::span<const float> samples, std::span<float> steps) {
  multiply(samples.data(), window_.data(), windowed_.data(), window_.size());
  fft_.forward(windowed_, bins_);
  powers(reinterpret_cast<const float*>(bins_.data()), power_.data(), power_.size());
  float before = 0;
  for (std::size_t b = 0; b < bands_.size(); ++b) {
    float energy = kFloor;
    const float* power = power_.data() + bands_[b].first;
    for (std::size_t i = 0; i < bands_[b].weights.size(); ++i) {
      energy += power[i] * bands_[b].weights[i];
    }
    const float level = std::log2(energy);
    if (b > 0) steps[b - 1] = level - before;
    before = level;
  }
}

void FeatureFrames::take(std::vector<float>& low, std::vector<std::uint32_t>& words) {
  for (;; ++frame_) {
    const auto start =
        static_cast<std::size_t>(std::llround(static_cast<double>(frame_) * hop_samples_));
    if (start < dropped_ || start - dropped_ + window_.size() > low.size()) break;
    const auto row = [&](std::size_t frame) {
      return std::span(steps_).subspan(frame % (lag_ + 1) * kBits, kBits);
    };
    analyse(std::span(low).subspan(start - dropped_), row(frame_));
    if (frame_ < lag_) continue;
    std::uint32_t word = 0;
    const std::span<const float> now = row(frame_), past = row(frame_ - lag_);
    for (std::size_t b = 0; b < kBits; ++b) {
      word |= static_cast<std::uint32_t>(now[b] > past[b]) << b;
    }
    words.push_back(word);
  }
  const auto keep =
      static_cast<std::size_t>(std::llround(static_cast<double>(frame_) * hop_samples_));
  const std::size_t drop = std::min(keep - dropped_, low.size());
  low.erase(low.begin(), low.begin() + static_cast<std::ptrdiff_t>(drop));
  dropped_ += drop;
}

}  // namespace brandiron::watermark
