#include "label_check/loudness_meter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <tuple>
#include <vector>

#include "brandiron/core/audio/biquad.h"

namespace brandiron::experiments::labels {
namespace {

constexpr double kSilence = -std::numeric_limits<double>::infinity();

/// The two filters of the recommendation, whose table is for 48 kHz, at any rate: through the
/// analogue filters that the table came from (B. De Man, "Evaluation of implementations of the EBU
/// R128 loudness measurement", AES 145, 2018).
std::vector<Biquad> k_weighting(double rate_hz) {
  const auto design = [&](double hz, double q) {
    const double k = std::tan(std::numbers::pi * hz / rate_hz);
    const double a0 = 1 + k / q + k * k;
    Biquad f;
    f.a1 = 2 * (k * k - 1) / a0;
    f.a2 = (1 - k / q + k * k) / a0;
    return std::tuple(f, k, a0);
  };
  constexpr double kShelfQ = 0.7071752369554196;
  auto [shelf, k, a0] = design(1681.974450955533, kShelfQ);
  const double high = std::pow(10.0, 3.999843853973347 / 20);
  const double band = std::pow(high, 0.4996667741545416);
  shelf.b0 = (high + band * k / kShelfQ + k * k) / a0;
  shelf.b1 = 2 * (k * k - high) / a0;
  shelf.b2 = (high - band * k / kShelfQ + k * k) / a0;
  Biquad highpass = std::get<0>(design(38.13547087602444, 0.5003270373238773));
  highpass.b0 = 1;
  highpass.b1 = -2;
  highpass.b2 = 1;
  return {shelf, highpass};
}

/// Sums of squares over all channels in steps of 100 ms.
std::vector<double> step_energies(const AudioBuffer& audio, std::size_t step) {
  std::vector<double> energy(audio.num_frames() / step, 0.0);
  std::vector<float> block(step);
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    FilterCascade filter(k_weighting(audio.rate_hz()));
    for (std::size_t s = 0; s < energy.size(); ++s) {
      const auto from = audio.channel(c).subspan(s * step, step);
      std::copy(from.begin(), from.end(), block.begin());
      filter.process(block);
      for (const float x : block) energy[s] += static_cast<double>(x) * static_cast<double>(x);
    }
  }
  return energy;
}

double lufs(double mean_square) { return -0.691 + 10 * std::log10(mean_square); }

/// Mean of the blocks above `gate_lufs`; 0 for none.
double gated_mean(const std::vector<double>& blocks, double gate_lufs) {
  double sum = 0;
  std::size_t n = 0;
  for (const double block : blocks) {
    if (block > 0 && lufs(block) > gate_lufs) sum += block, ++n;
  }
  return n > 0 ? sum / static_cast<double>(n) : 0;
}

constexpr int kPhases = 8, kReach = 32;
using Kernel = std::array<std::array<float, 2 * kReach>, kPhases>;

/// Row p interpolates p/8 of a sample after the middle.
Kernel make_kernel() {
  Kernel kernel;
  for (int p = 0; p < kPhases; ++p) {
    for (int i = 0; i < 2 * kReach; ++i) {
      const double x = static_cast<double>(p) / kPhases - (i - kReach + 1);
      const double window = 0.5 + 0.5 * std::cos(std::numbers::pi * x / (kReach + 1));
      const double sinc = x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
      kernel[static_cast<std::size_t>(p)][static_cast<std::size_t>(i)] =
          static_cast<float>(window * sinc);
    }
  }
  return kernel;
}

float interpolated_peak(std::span<const float> x, std::size_t at, const Kernel& kernel) {
  std::array<float, 2 * kReach> near{};
  for (std::size_t i = 0; i < near.size(); ++i) {
    const std::size_t from = at + i + 1;  // less kReach, which may not be there
    if (from >= kReach && from - kReach < x.size()) near[i] = x[from - kReach];
  }
  float peak = 0;
  for (const auto& row : kernel) {
    float sum = 0;
    for (std::size_t i = 0; i < near.size(); ++i) sum += row[i] * near[i];
    peak = std::max(peak, std::fabs(sum));
  }
  return peak;
}

}  // namespace

double loudness_lufs(const AudioBuffer& audio) {
  const auto step = static_cast<std::size_t>(audio.rate_hz() / 10);
  const std::vector<double> energy = step_energies(audio, step);
  std::vector<double> blocks;
  for (std::size_t s = 0; s + 4 <= energy.size(); ++s) {
    blocks.push_back((energy[s] + energy[s + 1] + energy[s + 2] + energy[s + 3]) /
                     (4 * static_cast<double>(step)));
  }
  const double ungated = gated_mean(blocks, -70);
  if (ungated <= 0) return kSilence;
  const double gated = gated_mean(blocks, std::max(-70.0, lufs(ungated) - 10));
  return gated > 0 ? lufs(gated) : kSilence;
}

double true_peak_dbtp(const AudioBuffer& audio) {
  static const Kernel kernel = make_kernel();
  const float sample_peak = audio.peak();
  if (sample_peak <= 0) return kSilence;
  float peak = sample_peak;
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto x = audio.channel(c);
    for (std::size_t i = 0; i < x.size(); ++i) {
      // Between two samples the signal can be the highest while neither of them is.
      if (std::fabs(x[i]) < 0.7F * peak) continue;
      peak = std::max(peak, interpolated_peak(x, i, kernel));
      if (i > 0) peak = std::max(peak, interpolated_peak(x, i - 1, kernel));
    }
  }
  return 20 * std::log10(static_cast<double>(peak));
}

}  // namespace brandiron::experiments::labels
