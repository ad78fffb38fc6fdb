#include "brandiron/core/audio/noise_to_mask.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>
#include <vector>

#include "brandiron/core/audio/fft.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"

namespace brandiron {
namespace {

using Spectrum = std::vector<std::complex<float>>;

constexpr std::size_t kFrame = EarModel::kFrame;
constexpr std::size_t kBins = EarModel::kBins;

std::vector<float> hann() {
  std::vector<float> window(kFrame);
  for (std::size_t i = 0; i < kFrame; ++i) {
    window[i] = static_cast<float>(
        0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / (kFrame - 1)));
  }
  return window;
}

void check(const AudioBuffer& a, const AudioBuffer& b) {
  if (a.num_frames() != b.num_frames() || a.num_channels() != b.num_channels() ||
      a.rate_hz() != b.rate_hz() || a.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "noise to mask: " + std::to_string(b.num_channels()) + " x " +
                    std::to_string(b.num_frames()) + " samples at " + std::to_string(b.rate_hz()) +
                    " Hz, expected the original's " + std::to_string(a.num_channels()) + " x " +
                    std::to_string(a.num_frames()) + " at " + std::to_string(a.rate_hz()) +
                    " Hz, and at least one");
  }
}

struct Sums {
  double noise_over_mask = 0, magnitude_over_mask = 0;
  std::size_t above = 0, cells = 0;
};

class Comparison {
 public:
  Sums channel(std::span<const float> original, std::span<const float> marked) {
    EarModel ear;
    Sums sums;
    for (std::size_t at = 0; at < original.size(); at += EarModel::kHop) {
      transform(original, at, original_);
      transform(marked, at, marked_);
      frame(ear, sums);
      if (at + kFrame >= original.size()) break;
    }
    return sums;
  }

 private:
  void transform(std::span<const float> signal, std::size_t at, Spectrum& spectrum) {
    const std::size_t count = std::min(kFrame, signal.size() - at);
    for (std::size_t i = 0; i < count; ++i) buffer_[i] = window_[i] * signal[at + i];
    std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(count), buffer_.end(), 0.0F);
    fft_.forward(buffer_, spectrum);
  }

  void frame(EarModel& ear, Sums& sums) {
    for (std::size_t k = 0; k < kBins; ++k) {
      power_[k] = std::norm(std::complex<double>(original_[k]));
      difference_[k] =
          std::norm(std::complex<double>(marked_[k]) - std::complex<double>(original_[k]));
      const double step =
          std::sqrt(std::norm(std::complex<double>(marked_[k]))) - std::sqrt(power_[k]);
      magnitude_[k] = step * step;
    }
    const EarModel::Pattern mask = ear.mask_next(ear.spread(ear.group(power_)));
    const EarModel::Pattern noise = ear.group(difference_);
    const EarModel::Pattern magnitude = ear.group(magnitude_);
    for (std::size_t b = 0; b < EarModel::kBands; ++b) {
      sums.noise_over_mask += noise[b] / mask[b];
      sums.magnitude_over_mask += magnitude[b] / mask[b];
      if (noise[b] > mask[b]) ++sums.above;
    }
    sums.cells += EarModel::kBands;
  }

  RealFft fft_{kFrame};
  std::vector<float> window_ = hann(), buffer_ = std::vector<float>(kFrame);
  Spectrum original_ = Spectrum(kBins), marked_ = Spectrum(kBins);
  std::vector<double> power_ = std::vector<double>(kBins), difference_ = power_,
                      magnitude_ = power_;
};

AudioBuffer one_channel(const AudioBuffer& audio, std::size_t c) {
  AudioBuffer mono(1, audio.num_frames(), audio.rate_hz());
  std::copy_n(audio.channel(c).begin(), audio.num_frames(), mono.channel(0).begin());
  return audio.rate_hz() == EarModel::kRateHz ? mono : resample(mono, EarModel::kRateHz);
}

}  // namespace

NoiseToMask measure_noise_to_mask(const AudioBuffer& original, const AudioBuffer& marked) {
  check(original, marked);
  NoiseToMask worst;
  Comparison comparison;
  for (std::size_t c = 0; c < original.num_channels(); ++c) {
    const AudioBuffer a = one_channel(original, c), b = one_channel(marked, c);
    const Sums sums = comparison.channel(a.channel(0), b.channel(0));
    const auto cells = static_cast<double>(sums.cells);
    const double total_db = 10 * std::log10(sums.noise_over_mask / cells);
    const double magnitude_db = 10 * std::log10(sums.magnitude_over_mask / cells);
    const double share = static_cast<double>(sums.above) / cells;
    worst.total_db = c == 0 ? total_db : std::max(worst.total_db, total_db);
    worst.magnitude_total_db =
        c == 0 ? magnitude_db : std::max(worst.magnitude_total_db, magnitude_db);
    worst.share_above = std::max(worst.share_above, share);
    worst.num_cells = sums.cells;
  }
  return worst;
}

}  // namespace brandiron
