#include "brandiron/core/audio/content_free.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/audio/stft.h"

namespace brandiron {
namespace {

constexpr double kFloor = 1e-12;

double decibel(double power) { return 10 * std::log10(std::max(power, kFloor)); }

/// Mean power spectrum of the mono mix, windows of 2048.
std::vector<double> mean_spectrum(const AudioBuffer& mono) {
  const StftOptions options{2048, 2048, true};
  const std::vector<float> power = power_spectrogram(mono.channel(0), options);
  const std::size_t bins = options.window_samples / 2 + 1;
  std::vector<double> mean(bins, 0.0);
  for (std::size_t i = 0; i < power.size(); ++i) mean[i % bins] += power[i];
  return mean;
}

double silent_share(const AudioBuffer& mono) {
  constexpr std::size_t kBlock = 2048;
  const auto signal = mono.channel(0);
  std::size_t silent = 0, blocks = 0;
  for (std::size_t at = 0; at + kBlock <= signal.size(); at += kBlock, ++blocks) {
    double sum = 0;
    for (const float x : signal.subspan(at, kBlock)) sum += static_cast<double>(x) * x;
    silent += sum / kBlock < 1e-6 ? 1 : 0;
  }
  return blocks == 0 ? 0 : static_cast<double>(silent) / static_cast<double>(blocks);
}

double side_over_mid_db(const AudioBuffer& audio) {
  if (audio.num_channels() < 2) return -60;
  double mid = 0, side = 0;
  const auto left = audio.channel(0), right = audio.channel(1);
  for (std::size_t i = 0; i < left.size(); ++i) {
    mid += std::pow(static_cast<double>(left[i]) + right[i], 2);
    side += std::pow(static_cast<double>(left[i]) - right[i], 2);
  }
  return std::max(-60.0, decibel(side) - decibel(mid));
}

}  // namespace

ContentFree content_free_features(const AudioBuffer& audio) {
  const AudioBuffer mono = audio.to_mono();
  const std::vector<double> spectrum = mean_spectrum(mono);
  const double bin_hz = audio.rate_hz() / 2.0 / static_cast<double>(spectrum.size() - 1);
  double total = 0, high = 0;
  for (std::size_t b = 1; b < spectrum.size(); ++b) {
    total += spectrum[b];
    if (static_cast<double>(b) * bin_hz > 4000) high += spectrum[b];
  }
  double running = 0, roll_off_hz = 0;
  for (std::size_t b = 1; b < spectrum.size() && running < 0.95 * total; ++b) {
    running += spectrum[b];
    roll_off_hz = static_cast<double>(b) * bin_hz;
  }
  const double loudness = std::max(-70.0, integrated_loudness(audio));
  const double peak_db = 20 * std::log10(std::max(1e-6, static_cast<double>(audio.peak())));
  const double rms_db = 20 * std::log10(std::max(1e-6, audio.rms()));
  return {loudness,
          peak_db,
          peak_db - rms_db,
          side_over_mid_db(audio),
          roll_off_hz / 1000,
          decibel(high / std::max(total, kFloor)) - decibel(1 - high / std::max(total, kFloor)),
          silent_share(mono)};
}

}  // namespace brandiron
