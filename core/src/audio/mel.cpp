#include <algorithm>
#include <cmath>
#include <string>

#include "brandiron/core/audio/stft.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"

namespace brandiron {
namespace {

// Slaney's Auditory Toolbox scale: linear to 1 kHz (15 mels), then 27 mels a factor of 6.4.
constexpr double kLinearHzPerMel = 200.0 / 3.0;
constexpr double kBreakHz = 1000.0;
constexpr double kBreakMel = kBreakHz / kLinearHzPerMel;

double log_step() { return det::log(6.4) / 27.0; }

double hz_to_mel(double hz) {
  if (hz < kBreakHz) return hz / kLinearHzPerMel;
  return kBreakMel + det::log(hz / kBreakHz) / log_step();
}

double mel_to_hz(double mel) {
  if (mel < kBreakMel) return mel * kLinearHzPerMel;
  return kBreakHz * det::exp((mel - kBreakMel) * log_step());
}

void check(std::size_t num_mels, std::size_t fft_size, int rate_hz, double low_hz, double high_hz) {
  const bool good = num_mels >= 1 && fft_size >= 2 && rate_hz > 0 && low_hz >= 0.0 &&
                    high_hz > low_hz && high_hz <= rate_hz / 2.0;
  if (good) return;
  throw Error(ErrorCode::kInvalidArgument,
              "mel: found " + std::to_string(num_mels) + " bands from " + std::to_string(low_hz) +
                  " to " + std::to_string(high_hz) + " Hz at a rate of " + std::to_string(rate_hz) +
                  " Hz, expected at least 1 band and 0 <= low < high <= rate / 2");
}

}  // namespace

MelFilterbank::MelFilterbank(std::size_t num_mels, std::size_t fft_size, int rate_hz, double low_hz,
                             double high_hz) {
  check(num_mels, fft_size, rate_hz, low_hz, high_hz);
  const double low = hz_to_mel(low_hz);
  const double step = (hz_to_mel(high_hz) - low) / static_cast<double>(num_mels + 1);
  const auto corner = [&](std::size_t i) { return mel_to_hz(low + step * static_cast<double>(i)); };
  const double bin_hz = static_cast<double>(rate_hz) / static_cast<double>(fft_size);
  const std::size_t num_bins = fft_size / 2 + 1;
  for (std::size_t mel = 0; mel < num_mels; ++mel) {
    const double left = corner(mel), centre = corner(mel + 1), right = corner(mel + 2);
    Row row{0, {}, centre};
    for (std::size_t k = 0; k < num_bins; ++k) {
      const double hz = static_cast<double>(k) * bin_hz;
      const double weight =
          std::min((hz - left) / (centre - left), (right - hz) / (right - centre));
      if (weight <= 0.0) continue;
      if (row.weights.empty()) row.first_bin = k;
      row.weights.push_back(static_cast<float>(weight));
    }
    // A band narrower than one bin would stay empty: it takes the nearest bin instead.
    if (row.weights.empty()) {
      row.first_bin =
          std::min(static_cast<std::size_t>(std::lround(centre / bin_hz)), num_bins - 1);
      row.weights.push_back(1.0F);
    }
    rows_.push_back(std::move(row));
  }
}

void MelFilterbank::apply(std::span<const float> power, std::span<float> mels) const {
  if (mels.size() != rows_.size()) {
    throw Error(ErrorCode::kInvalidArgument, "mel: found room for " + std::to_string(mels.size()) +
                                                 " bands, expected " +
                                                 std::to_string(rows_.size()));
  }
  for (std::size_t mel = 0; mel < rows_.size(); ++mel) {
    const Row& row = rows_[mel];
    if (row.first_bin + row.weights.size() > power.size()) {
      throw Error(ErrorCode::kInvalidArgument,
                  "mel: found " + std::to_string(power.size()) + " bins, expected more than " +
                      std::to_string(row.first_bin + row.weights.size() - 1));
    }
    float sum = 0.0F;
    for (std::size_t i = 0; i < row.weights.size(); ++i) {
      sum += row.weights[i] * power[row.first_bin + i];
    }
    mels[mel] = sum;
  }
}

}  // namespace brandiron
