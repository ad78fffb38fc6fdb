#include <algorithm>
#include <cmath>
#include <numbers>

#include "brandiron/core/audio/noise_to_mask.h"

namespace brandiron {
namespace {

constexpr double kLowHz = 80, kHighHz = 18000;
constexpr double kBandBark = 0.25;
constexpr double kPlaybackDb = 92;
constexpr double kCalibrationHz = 1019.5;
constexpr double kFloor = 1e-12;  // of a band's energy
// Excitations add up as powers of 0.4.
constexpr double kPower = 0.4;
constexpr double kLowerDbPerBark = 27;
constexpr double kSteepest = 0.9999;  // an upper slope that does not fall would not add up
constexpr double kTau100S = 0.030, kTauMinS = 0.008;
constexpr double kFrameRateHz = static_cast<double>(EarModel::kRateHz) / EarModel::kHop;

double bark(double hz) { return 7 * std::asinh(hz / 650); }
double hz_of_bark(double z) { return 650 * std::sinh(z / 7); }

double ear_db(double hz) {
  const double khz = hz / 1000;
  return -0.6 * 3.64 * std::pow(khz, -0.8) + 6.5 * std::exp(-0.6 * (khz - 3.3) * (khz - 3.3)) -
         1e-3 * std::pow(khz, 3.6);
}

// Height, in our unnormalised Hann transform, of a sine of amplitude 1 at the calibration
// frequency.
double calibration_height() {
  const double bin = kCalibrationHz * EarModel::kFrame / EarModel::kRateHz;
  const double off = bin - std::floor(bin);
  const double kernel =
      std::sin(std::numbers::pi * off) / (std::numbers::pi * off) / (1 - off * off);
  return kernel * EarModel::kFrame / 4.0;
}

// The lower slope as a ratio from band to band.
const double kLower = std::pow(10.0, -0.1 * kLowerDbPerBark * kBandBark);

double geometric_sum(double ratio, std::size_t terms) {
  return (1 - std::pow(ratio, static_cast<double>(terms))) / (1 - ratio);
}

}  // namespace

EarModel::EarModel() {
  const double playback = std::pow(10.0, kPlaybackDb / 20) / calibration_height();
  const double bin_hz = static_cast<double>(kRateHz) / kFrame;
  for (std::size_t k = 1; k < kBins; ++k) {
    ear_gain_[k] =
        playback * playback * std::pow(10.0, ear_db(static_cast<double>(k) * bin_hz) / 10);
  }
  const double low = bark(kLowHz), high = bark(kHighHz);
  for (std::size_t b = 0; b < kBands; ++b) {
    const double z0 = low + static_cast<double>(b) * kBandBark;
    const double z1 = std::min(high, z0 + kBandBark);
    // In bins, where bin k reaches from k - 0.5 to k + 0.5.
    const double from = hz_of_bark(z0) / bin_hz + 0.5, to = hz_of_bark(z1) / bin_hz + 0.5;
    const auto first = static_cast<std::size_t>(from), last = static_cast<std::size_t>(to);
    overlap_[b].first_bin = first;
    overlap_[b].count = last - first + 1;
    overlap_[b].first_share = std::min(to, static_cast<double>(first) + 1) - from;
    overlap_[b].last_share = to - static_cast<double>(last);
    centre_hz_[b] = hz_of_bark(0.5 * (z0 + z1));
    internal_noise_[b] = std::pow(10.0, 0.1456 * std::pow(centre_hz_[b] / 1000, -0.8));
    upper_slope_[b] = std::pow(10.0, (-2.4 - 23 / centre_hz_[b]) * kBandBark);
    const double tau = kTauMinS + 100 / centre_hz_[b] * (kTau100S - kTauMinS);
    decay_[b] = std::exp(-1 / (kFrameRateHz * tau));
  }
  Pattern ones;
  ones.fill(1);
  spread_norm_ = spread_unnormalised(ones);
}

EarModel::Pattern EarModel::group(std::span<const double> power) const {
  Pattern energies{};
  for (std::size_t b = 0; b < kBands; ++b) {
    const Overlap& o = overlap_[b];
    double sum = o.first_share * ear_gain_[o.first_bin] * power[o.first_bin];
    for (std::size_t i = 1; i < o.count; ++i) {
      const std::size_t k = o.first_bin + i;
      const double share = i + 1 == o.count ? o.last_share : 1.0;
      sum += share * ear_gain_[k] * power[k];
    }
    energies[b] = std::max(sum, kFloor);
  }
  return energies;
}

// Each band reaches down at 27 dB a Bark and up at 24 + 230/f - 0.2 L dB a Bark, its energy kept.
EarModel::Pattern EarModel::spread_unnormalised(const Pattern& energies) const {
  Pattern sum{};
  Pattern own{};
  const double lower = std::pow(kLower, kPower);
  for (std::size_t l = 0; l < kBands; ++l) {
    const double upper =
        std::min(kSteepest, upper_slope_[l] * std::pow(energies[l], 0.2 * kBandBark));
    const double reach = geometric_sum(kLower, l + 1) + geometric_sum(upper, kBands - l) - 1;
    own[l] = std::pow(energies[l] / reach, kPower);
    const double ratio = std::pow(upper, kPower);
    double value = own[l];
    for (std::size_t i = l + 1; i < kBands; ++i) sum[i] += value *= ratio;
  }
  double below = 0;
  for (std::size_t i = kBands; i-- > 0;) {
    below = below * lower + own[i];
    sum[i] = std::pow(sum[i] + below, 1 / kPower);
  }
  return sum;
}

EarModel::Pattern EarModel::spread_over_bands(const Pattern& energies) const {
  Pattern excitation = spread_unnormalised(energies);
  for (std::size_t b = 0; b < kBands; ++b) excitation[b] /= spread_norm_[b];
  return excitation;
}

EarModel::Pattern EarModel::spread(const Pattern& energies) const {
  Pattern noisy = energies;
  for (std::size_t b = 0; b < kBands; ++b) noisy[b] += internal_noise_[b];
  return spread_over_bands(noisy);
}

double EarModel::mask_offset_db(std::size_t band) {
  const double z = static_cast<double>(band) * kBandBark;
  return z <= 12 ? 3.0 : 0.25 * z;
}

EarModel::Pattern EarModel::mask_next(const Pattern& excitation) {
  Pattern mask{};
  for (std::size_t b = 0; b < kBands; ++b) {
    memory_[b] = decay_[b] * memory_[b] + (1 - decay_[b]) * excitation[b];
    mask[b] = std::max(memory_[b], excitation[b]) * std::pow(10.0, -0.1 * mask_offset_db(b));
  }
  return mask;
}

}  // namespace brandiron
