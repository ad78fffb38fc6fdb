#include "singing/bank_analysis.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "brandiron/core/det_math.h"

namespace brandiron::gen::singing {
namespace {

constexpr std::size_t kFftSize = 2048;
constexpr double kPi = std::numbers::pi;
constexpr double kCompensation = -0.15;  // CheapTrick's q1
constexpr double kBandEdgesHz[kNumAperiodicities + 1] = {0, 1000, 2000, 4000, 6000, 7800};

}  // namespace

EnvelopeAnalysis::EnvelopeAnalysis(int rate_hz)
    : rate_hz_(rate_hz),
      fft_(kFftSize),
      frame_(kFftSize),
      bins_(fft_.num_bins()),
      other_bins_(fft_.num_bins()),
      power_(fft_.num_bins()),
      cumulative_(fft_.num_bins() + 1) {}

// Fills frame_ with the audio under a Hann window of unit energy, its weighted mean removed.
void EnvelopeAnalysis::windowed(std::span<const float> audio, double centre, double half_width) {
  std::fill(frame_.begin(), frame_.end(), 0.0F);
  const auto first = static_cast<std::ptrdiff_t>(std::ceil(centre - half_width));
  const auto last = static_cast<std::ptrdiff_t>(std::floor(centre + half_width));
  const auto count = std::min<std::size_t>(static_cast<std::size_t>(last - first + 1), kFftSize);
  std::vector<double> window(count);
  double energy = 0, weight = 0, mean = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::ptrdiff_t n = first + static_cast<std::ptrdiff_t>(i);
    const double x = (static_cast<double>(n) - centre) / half_width;
    window[i] = 0.5 + 0.5 * det::cos(kPi * x);
    energy += window[i] * window[i];
    weight += window[i];
    const bool inside = n >= 0 && n < static_cast<std::ptrdiff_t>(audio.size());
    frame_[i] = inside ? audio[static_cast<std::size_t>(n)] : 0.0F;
    mean += window[i] * static_cast<double>(frame_[i]);
  }
  mean /= weight;
  const double scale = 1.0 / std::sqrt(energy);
  for (std::size_t i = 0; i < count; ++i) {
    frame_[i] = static_cast<float>((static_cast<double>(frame_[i]) - mean) * window[i] * scale);
  }
}

void EnvelopeAnalysis::envelope(std::span<const float> audio, double centre, double f0_hz,
                                std::span<float> bands_db) {
  windowed(audio, centre, 1.5 * rate_hz_ / f0_hz);
  fft_.forward(frame_, bins_);
  const double bin_hz = static_cast<double>(rate_hz_) / kFftSize;
  const std::size_t num = power_.size();
  for (std::size_t k = 0; k < num; ++k) power_[k] = static_cast<double>(std::norm(bins_[k]));

  // Below F0 the mean removal took power away: mirror what lies above.
  const double f0_bins = f0_hz / bin_hz;
  for (std::size_t k = 0; static_cast<double>(k) < f0_bins / 2; ++k) {
    const auto mirror = static_cast<std::size_t>(f0_bins - static_cast<double>(k));
    power_[k] += power_[std::min(mirror, num - 1)];
  }

  // Moving average over 2/3 F0 through the running integral, mirrored at both ends.
  cumulative_[0] = 0;
  for (std::size_t k = 0; k < num; ++k) cumulative_[k + 1] = cumulative_[k] + power_[k];
  const auto integral = [&](double position) {
    const double top = static_cast<double>(num);
    const auto at = [&](double p) {
      const auto i = static_cast<std::size_t>(p);
      if (i >= num) return cumulative_[num];
      return cumulative_[i] + (p - static_cast<double>(i)) * power_[i];
    };
    if (position < 0) return -at(-position);
    if (position > top) return 2 * cumulative_[num] - at(2 * top - position);
    return at(position);
  };
  const double width = std::max(1.0, f0_bins * 2 / 3);
  std::vector<float> log_power(num);
  for (std::size_t k = 0; k < num; ++k) {
    const double middle = static_cast<double>(k) + 0.5;
    const double mean = (integral(middle + width / 2) - integral(middle - width / 2)) / width;
    log_power[k] = static_cast<float>(det::log(std::max(mean, 1e-12)));
  }

  // Cepstral lifter.
  for (std::size_t k = 0; k < num; ++k) bins_[k] = {log_power[k], 0.0F};
  fft_.inverse(bins_, frame_);
  for (std::size_t n = 1; n <= kFftSize / 2; ++n) {
    const double q = static_cast<double>(n) / rate_hz_;
    const double x = kPi * f0_hz * q;
    const double smooth = det::sin(x) / x;
    const double compensate = 1.0 - 2.0 * kCompensation + 2.0 * kCompensation * det::cos(2 * x);
    const auto lifter = static_cast<float>(smooth * compensate);
    frame_[n] *= lifter;
    if (n < kFftSize / 2) frame_[kFftSize - n] *= lifter;
  }
  fft_.forward(frame_, bins_);

  // Sample at the band points, averaging (in log) over a triangle as wide as the point spacing.
  for (int b = 0; b < kNumBands; ++b) {
    const double low = band_hz(std::max(0, b - 1)) / bin_hz;
    const double mid = band_hz(b) / bin_hz;
    const double high = std::min(band_hz(b + 1) / bin_hz, static_cast<double>(num - 1));
    double sum = 0, weights = 0;
    for (auto k = static_cast<std::size_t>(low); static_cast<double>(k) <= high; ++k) {
      const double x = static_cast<double>(k);
      const double w = x <= mid ? 1.0 - (mid - x) / std::max(1.0, mid - low)
                                : 1.0 - (x - mid) / std::max(1.0, high - mid);
      if (w <= 0) continue;
      sum += w * static_cast<double>(bins_[k].real());
      weights += w;
    }
    const double log_value = weights > 0 ? sum / weights : -27.0;
    bands_db[static_cast<std::size_t>(b)] = static_cast<float>(log_value * 4.342944819032518);
  }
}

void EnvelopeAnalysis::aperiodicity(std::span<const float> audio, double centre, double f0_hz,
                                    std::span<float> shares) {
  const double period = rate_hz_ / f0_hz;
  windowed(audio, centre - period / 2, period);
  fft_.forward(frame_, bins_);
  const double first_a = std::ceil(centre - period / 2 - period);
  windowed(audio, centre + period / 2, period);
  fft_.forward(frame_, other_bins_);
  const double first_b = std::ceil(centre + period / 2 - period);
  const double residual_lag = period - (first_b - first_a);  // what whole samples left over
  const double bin_hz = static_cast<double>(rate_hz_) / kFftSize;

  for (int band = 0; band < kNumAperiodicities; ++band) {
    const auto low = static_cast<std::size_t>(kBandEdgesHz[band] / bin_hz);
    const auto high = static_cast<std::size_t>(kBandEdgesHz[band + 1] / bin_hz);
    double best = 1.0;
    for (double shift = -1.5; shift <= 1.5; shift += 0.125) {
      double cross = 0, power_a = 1e-12, power_b = 1e-12;
      for (std::size_t k = low; k < high; ++k) {
        const double phase = 2 * kPi * static_cast<double>(k) * (residual_lag + shift) / kFftSize;
        const double c = det::cos(phase), s = det::sin(phase);
        const double re = static_cast<double>(other_bins_[k].real());
        const double im = static_cast<double>(other_bins_[k].imag());
        const double ar = static_cast<double>(bins_[k].real());
        const double ai = static_cast<double>(bins_[k].imag());
        cross += ar * (re * c - im * s) + ai * (im * c + re * s);
        power_a += ar * ar + ai * ai;
        power_b += re * re + im * im;
      }
      best = std::min(best, 1.0 - cross / std::sqrt(power_a * power_b));
    }
    shares[static_cast<std::size_t>(band)] = static_cast<float>(std::clamp(best, 0.0, 1.0));
  }
}

void append_frame(std::span<const float> bands_db, std::span<const float> shares,
                  std::vector<std::uint8_t>& frames) {
  for (float db : bands_db) {
    const float code = (db - kMinDb) / kStepDb + 0.5F;
    frames.push_back(static_cast<std::uint8_t>(std::clamp(code, 0.0F, 255.0F)));
  }
  for (float share : shares) {
    frames.push_back(static_cast<std::uint8_t>(std::clamp(share * 255.0F + 0.5F, 0.0F, 255.0F)));
  }
}

}  // namespace brandiron::gen::singing
