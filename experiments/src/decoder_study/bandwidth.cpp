#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/stft.h"
#include "brandiron/experiments/decoder_study.h"
#include "decoder_study/shapes.h"

namespace brandiron::experiments {
namespace {

constexpr double kBandHz = 250, kContentDb = 80, kOffDb = 10;
constexpr std::size_t kBandsOff = 4;

std::vector<double> band_levels_db(const AudioBuffer& audio) {
  constexpr std::size_t kWindow = 2048, kBins = kWindow / 2 + 1;
  const auto bands = static_cast<std::size_t>(0.5 * audio.rate_hz() / kBandHz);
  std::vector<double> power(bands), bins(bands);
  // Where a sound is cut off it has content at all frequencies: no window reaches over its ends.
  const bool centred = audio.num_frames() < kWindow;
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const std::vector<float> p = power_spectrogram(audio.channel(c), {kWindow, 1024, centred});
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double hz = static_cast<double>(i % kBins) * audio.rate_hz() / kWindow;
      const auto band = static_cast<std::size_t>(hz / kBandHz);
      if (band >= bands) continue;
      power[band] += p[i];
      ++bins[band];
    }
  }
  for (std::size_t b = 0; b < bands; ++b) {
    power[b] = 10 * std::log10(power[b] / bins[b] + 1e-30);
  }
  return power;
}

}  // namespace

Bandwidth measure_bandwidth(const AudioBuffer& original, const AudioBuffer& twin) {
  check_twins("bandwidth", original, twin);
  const std::vector<double> a = band_levels_db(original), b = band_levels_db(twin);
  const double top = *std::max_element(a.begin(), a.end());
  std::size_t content = a.size();
  while (a[content - 1] < top - kContentDb) --content;
  std::size_t last = 0, off = 0;
  for (std::size_t k = 0; k < content && off < kBandsOff; ++k) {
    if (std::abs(a[k] - b[k]) > kOffDb) {
      ++off;
    } else {
      off = 0;
      last = k + 1;
    }
  }
  return {kBandHz * static_cast<double>(last), kBandHz * static_cast<double>(content)};
}

}  // namespace brandiron::experiments
