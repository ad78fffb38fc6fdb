#include "loudness_meter.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/det_math.h"
#include "lane_bank.h"

namespace brandiron::gen::band {
namespace {

constexpr double kPi = 3.141592653589793;

// The two filters of BS.1770-4 at any rate, by bilinear transform of their analogue prototypes.
Biquad head_shelf(int rate_hz) {
  const double k = det::tan(kPi * 1681.974450955533 / rate_hz), q = 0.7071752369554196;
  const double vh = det::db_to_gain(3.999843853973347);
  const double vb = det::pow(vh, 0.4996667741545416), a0 = 1.0 + k / q + k * k;
  Biquad f;
  f.b0 = (vh + vb * k / q + k * k) / a0;
  f.b1 = 2.0 * (k * k - vh) / a0;
  f.b2 = (vh - vb * k / q + k * k) / a0;
  f.a1 = 2.0 * (k * k - 1.0) / a0;
  f.a2 = (1.0 - k / q + k * k) / a0;
  return f;
}

Biquad low_cut(int rate_hz) {
  const double k = det::tan(kPi * 38.13547087602444 / rate_hz), q = 0.5003270373238773;
  const double a0 = 1.0 + k / q + k * k;
  Biquad f;
  f.b0 = 1.0;
  f.b1 = -2.0;
  f.b2 = 1.0;
  f.a1 = 2.0 * (k * k - 1.0) / a0;
  f.a2 = (1.0 - k / q + k * k) / a0;
  return f;
}

// Fixed order: eight running sums, then one.
double sum_of_squares(const float* x, std::size_t n) {
  std::array<float, 8> sums{};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    for (std::size_t k = 0; k < 8; ++k) sums[k] += x[i + k] * x[i + k];
  }
  double total = 0.0;
  for (const float s : sums) total += s;
  for (; i < n; ++i) total += static_cast<double>(x[i]) * x[i];
  return total;
}

}  // namespace

std::vector<std::vector<double>> k_weighted_blocks(std::span<const std::span<const float>> signals,
                                                   int rate_hz) {
  StripSettings weighting;
  weighting.pre = {head_shelf(rate_hz), low_cut(rate_hz)};
  const std::vector<StripSettings> strips(kLanes, weighting);
  LaneBank bank(strips, rate_hz);

  std::size_t frames = 0;
  for (const auto& s : signals) frames = std::max(frames, s.size());
  // Whole control blocks, so that a 100 ms block never splits one.
  const std::size_t block =
      static_cast<std::size_t>(rate_hz) / 10 / kControlFrames * kControlFrames + kControlFrames;
  std::vector<std::vector<double>> result(signals.size());
  std::vector<float> scratch(block * kLanes);
  std::array<float*, kLanes> out{};
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    out[lane] = lane < signals.size() ? scratch.data() + lane * block : nullptr;
  }
  for (std::size_t start = 0; start < frames; start += block) {
    const std::size_t n = std::min(block, frames - start);
    std::array<const float*, kLanes> in{};
    for (std::size_t lane = 0; lane < std::min(kLanes, signals.size()); ++lane) {
      in[lane] = signals[lane].data() + start;
    }
    bank.process(in, out, n);
    for (std::size_t s = 0; s < signals.size(); ++s) {
      result[s].push_back(sum_of_squares(out[s], n) / static_cast<double>(n));
    }
  }
  return result;
}

double integrated_lufs(std::span<const double> summed_blocks) {
  std::vector<double> momentary;
  for (std::size_t i = 0; i + 4 <= summed_blocks.size(); ++i) {
    momentary.push_back(
        (summed_blocks[i] + summed_blocks[i + 1] + summed_blocks[i + 2] + summed_blocks[i + 3]) /
        4.0);
  }
  if (momentary.empty()) momentary.assign(summed_blocks.begin(), summed_blocks.end());
  const auto mean_above = [&](double gate) {
    double sum = 0.0;
    std::size_t n = 0;
    for (const double e : momentary) {
      if (e > gate) {
        sum += e;
        ++n;
      }
    }
    return n == 0 ? 0.0 : sum / static_cast<double>(n);
  };
  constexpr double kAbsoluteGate = 1.1724653e-7;  // -70 LUFS
  const double ungated = mean_above(kAbsoluteGate);
  const double gated = mean_above(std::max(kAbsoluteGate, 0.1 * ungated));
  if (gated <= 0.0) return -std::numeric_limits<double>::infinity();
  return -0.691 + 10.0 * det::log10(gated);
}

double active_mean_square(std::span<const double> blocks) {
  double loudest = 0.0;
  for (const double b : blocks) loudest = std::max(loudest, b);
  double sum = 0.0;
  std::size_t n = 0;
  for (const double b : blocks) {
    if (b > 0.01 * loudest && b > 0.0) {
      sum += b;
      ++n;
    }
  }
  return n == 0 ? 0.0 : sum / static_cast<double>(n);
}

}  // namespace brandiron::gen::band
