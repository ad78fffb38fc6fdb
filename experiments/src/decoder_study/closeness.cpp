#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/audio/stft.h"
#include "brandiron/experiments/decoder_study.h"
#include "decoder_study/shapes.h"

namespace brandiron::experiments {
namespace {

constexpr std::array<std::size_t, 3> kWindows = {512, 1024, 2048};
constexpr float kFloor = 1e-5F;
constexpr double kMostDb = 120;

std::vector<float> magnitudes(std::span<const float> x, std::size_t window) {
  std::vector<float> values =
      power_spectrogram(x, {.window_samples = window, .hop_samples = window / 4});
  const float scale = 2.0F / static_cast<float>(window);
  for (float& v : values) v = std::max(kFloor, scale * std::sqrt(v));
  return values;
}

void add_spectral(std::span<const float> x, std::span<const float> y, double share,
                  Closeness& sum) {
  for (const std::size_t window : kWindows) {
    const std::vector<float> a = magnitudes(x, window), b = magnitudes(y, window);
    double logs = 0, error = 0, energy = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      logs += std::abs(std::log(a[i] / b[i]));
      const double d = static_cast<double>(a[i]) - b[i];
      error += d * d;
      energy += static_cast<double>(a[i]) * a[i];
    }
    const double weight = share / static_cast<double>(kWindows.size());
    sum.stft_log += weight * logs / static_cast<double>(a.size());
    sum.stft_convergence += weight * std::sqrt(error / energy);
  }
}

/// At seven resolutions, from what happens within a millisecond to what a semitone apart is.
double mel_distance(std::span<const float> x, std::span<const float> y, int rate_hz) {
  double sum = 0;
  std::size_t bands = 5;
  for (std::size_t window = 32; window <= 2048; window *= 2, bands *= 2) {
    const std::size_t bins = window / 2 + 1;
    const MelFilterbank bank(bands, window, rate_hz, 0, 0.5 * rate_hz);
    const std::vector<float> a = magnitudes(x, window), b = magnitudes(y, window);
    std::vector<float> m(bands), n(bands);
    double apart = 0;
    for (std::size_t t = 0; t < a.size() / bins; ++t) {
      bank.apply(std::span(a).subspan(t * bins, bins), m);
      bank.apply(std::span(b).subspan(t * bins, bins), n);
      for (std::size_t k = 0; k < bands; ++k) {
        apart += std::abs(std::log10(std::max(kFloor, m[k]) / std::max(kFloor, n[k])));
      }
    }
    sum += apart / static_cast<double>(a.size() / bins * bands) / 7.0;
  }
  return sum;
}

double mel_grid_distance(std::span<const float> x, std::span<const float> y, int rate_hz) {
  constexpr std::size_t kBands = 128, kWindow = 2048, kBins = kWindow / 2 + 1;
  const MelFilterbank bank(kBands, kWindow, rate_hz, 0, std::min(22050.0, 0.5 * rate_hz));
  const std::vector<float> a = power_spectrogram(x), b = power_spectrogram(y);
  std::vector<float> m(kBands), n(kBands);
  double sum = 0;
  for (std::size_t t = 0; t < a.size() / kBins; ++t) {
    bank.apply(std::span(a).subspan(t * kBins, kBins), m);
    bank.apply(std::span(b).subspan(t * kBins, kBins), n);
    for (std::size_t k = 0; k < kBands; ++k) {
      sum += std::abs(std::log(std::max(kFloor, m[k]) / std::max(kFloor, n[k])));
    }
  }
  return sum / static_cast<double>(a.size() / kBins * kBands);
}

double si_sdr_db(std::span<const float> x, std::span<const float> y) {
  double xx = 0, xy = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += static_cast<double>(x[i]) * x[i];
    xy += static_cast<double>(x[i]) * y[i];
    yy += static_cast<double>(y[i]) * y[i];
  }
  const double target = xy * xy / xx;  // energy of the part along the original
  const double rest = std::max(yy - target, 0.0);
  if (target <= 0) return -kMostDb;
  return rest <= 0 ? kMostDb : std::clamp(10 * std::log10(target / rest), -kMostDb, kMostDb);
}

}  // namespace

Closeness measure_closeness(const AudioBuffer& original, const AudioBuffer& twin) {
  check_twins("closeness", original, twin);
  const std::vector<std::size_t> channels = sounding_channels(original);
  const double share = 1.0 / static_cast<double>(channels.size());
  Closeness mean;
  for (const std::size_t c : channels) {
    const auto x = original.channel(c), y = twin.channel(c);
    add_spectral(x, y, share, mean);
    mean.mel += share * mel_distance(x, y, original.rate_hz());
    mean.mel_grid += share * mel_grid_distance(x, y, original.rate_hz());
    mean.si_sdr_db += share * si_sdr_db(x, y);
  }
  mean.stft = mean.stft_log + mean.stft_convergence;
  return mean;
}

}  // namespace brandiron::experiments
