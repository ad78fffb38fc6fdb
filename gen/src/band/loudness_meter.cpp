#include "loudness_meter.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/det_math.h"
#include "lane_math.h"

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

/// Two sections for eight signals at once, and the sum of squares of what comes out.
struct Weighting {
  Lane8 b0[2], b1[2], b2[2], a1[2], a2[2], s1[2]{}, s2[2]{};

  explicit Weighting(int rate_hz) {
    const Biquad filters[2] = {head_shelf(rate_hz), low_cut(rate_hz)};
    for (std::size_t s = 0; s < 2; ++s) {
      b0[s] = Lane8{} + static_cast<float>(filters[s].b0);
      b1[s] = Lane8{} + static_cast<float>(filters[s].b1);
      b2[s] = Lane8{} + static_cast<float>(filters[s].b2);
      a1[s] = Lane8{} + static_cast<float>(filters[s].a1);
      a2[s] = Lane8{} + static_cast<float>(filters[s].a2);
    }
  }
};

constexpr std::size_t kStep = 32;

__attribute__((target_clones("avx2", "default"))) void weigh(Weighting& w, const Lane8* x,
                                                             Lane8* energy) {
  Lane8 first1 = w.s1[0], first2 = w.s2[0], second1 = w.s1[1], second2 = w.s2[1], sum = *energy;
  for (std::size_t i = 0; i < kStep; ++i) {
    // A whisper at half the rate keeps states and squares out of the slow denormal range.
    const Lane8 v = x[i] + (i % 2 == 0 ? 1e-13F : -1e-13F);
    const Lane8 y = w.b0[0] * v + first1;
    first1 = (w.b1[0] * v + first2) - w.a1[0] * y;
    first2 = w.b2[0] * v - w.a2[0] * y;
    const Lane8 z = w.b0[1] * y + second1;
    second1 = (w.b1[1] * y + second2) - w.a1[1] * z;
    second2 = w.b2[1] * y - w.a2[1] * z;
    sum = sum + z * z;
  }
  w.s1[0] = first1;
  w.s2[0] = first2;
  w.s1[1] = second1;
  w.s2[1] = second2;
  *energy = sum;
}

void gather(std::span<const std::span<const float>> signals, std::size_t start, Lane8* x) {
  for (std::size_t lane = 0; lane < signals.size(); ++lane) {
    const auto& s = signals[lane];
    const std::size_t n = start < s.size() ? std::min(kStep, s.size() - start) : 0;
    for (std::size_t i = 0; i < n; ++i) x[i][lane] = s[start + i];
    for (std::size_t i = n; i < kStep; ++i) x[i][lane] = 0.0F;
  }
}

}  // namespace

std::vector<std::vector<double>> k_weighted_blocks(std::span<const std::span<const float>> signals,
                                                   int rate_hz) {
  std::size_t frames = 0;
  for (const auto& s : signals) frames = std::max(frames, s.size());
  // Whole steps, so that a block of 100 ms never splits one.
  const std::size_t steps_per_block = (static_cast<std::size_t>(rate_hz) / 10 + kStep - 1) / kStep;
  Weighting weighting(rate_hz);
  std::vector<std::vector<double>> result(signals.size());
  Lane8 x[kStep]{};
  for (std::size_t start = 0; start < frames;) {
    Lane8 energy{};
    const std::size_t block_start = start;
    for (std::size_t k = 0; k < steps_per_block && start < frames; ++k, start += kStep) {
      gather(signals, start, x);
      weigh(weighting, x, &energy);
    }
    const auto n = static_cast<double>(std::min(start, frames) - block_start);
    for (std::size_t s = 0; s < signals.size(); ++s) {
      result[s].push_back(static_cast<double>(energy[s]) / n);
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
