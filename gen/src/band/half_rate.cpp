#include "half_rate.h"

#include <algorithm>
#include <array>
#include <numbers>

#include "brandiron/core/det_math.h"

namespace brandiron::gen::band {
namespace {

constexpr std::size_t kPairs = 8;  // taps at odd offsets, on either side; even ones but 0 vanish

using Taps = std::array<float, kPairs>;

const Taps& half_band() {
  static const Taps taps = [] {
    std::array<double, kPairs> t{};
    double sum = 0.0;
    for (std::size_t k = 0; k < kPairs; ++k) {
      const double offset = 2.0 * static_cast<double>(k) + 1.0, x = 0.5 * std::numbers::pi * offset;
      t[k] = det::sin(x) / x * (0.54 + 0.46 * det::cos(std::numbers::pi * offset / 16.0));
      sum += 2.0 * t[k];
    }
    Taps out{};
    for (std::size_t k = 0; k < kPairs; ++k) out[k] = static_cast<float>(0.5 * t[k] / sum);
    return out;
  }();
  return taps;
}

__attribute__((target_clones("avx2", "default"))) void halve(const float* even, const float* odd,
                                                             const Taps& taps, float* out,
                                                             std::size_t n) {
  for (std::size_t m = 0; m < n; ++m) {
    float sum = 0.5F * even[m];
    for (std::size_t k = 0; k < kPairs; ++k) {
      sum += taps[k] * (odd[m - 1 - k] + odd[m + k]);
    }
    out[m] = sum;
  }
}

__attribute__((target_clones("avx2", "default"))) void interleave(const float* in, const Taps& taps,
                                                                  float* between, float* out,
                                                                  std::size_t n) {
  for (std::size_t m = 0; m < n; ++m) {
    float sum = 0.0F;
    for (std::size_t k = 0; k < kPairs; ++k) sum += taps[k] * (in[m - k] + in[m + 1 + k]);
    between[m] = 2.0F * sum;
  }
  for (std::size_t m = 0; m < n; ++m) {
    out[2 * m] = in[m];
    out[2 * m + 1] = between[m];
  }
}

}  // namespace

void Halver::process(std::span<const float> in, float* out) {
  const std::size_t n = in.size() / 2;
  // The last 16 samples of each kind stay before the new ones; out[m] stands at new sample m - 8.
  constexpr std::size_t kHistory = 2 * kPairs;
  if (even_.empty()) even_.assign(kHistory, 0.0F);
  if (odd_.empty()) odd_.assign(kHistory, 0.0F);
  even_.resize(kHistory + n);
  odd_.resize(kHistory + n);
  for (std::size_t m = 0; m < n; ++m) {
    even_[kHistory + m] = in[2 * m];
    odd_[kHistory + m] = in[2 * m + 1];
  }
  constexpr std::size_t kCentre = kHistory - kPairs;
  halve(even_.data() + kCentre, odd_.data() + kCentre, half_band(), out, n);
  std::copy_n(even_.end() - kHistory, kHistory, even_.begin());
  std::copy_n(odd_.end() - kHistory, kHistory, odd_.begin());
}

void double_rate(std::span<const float> in, std::size_t first, std::size_t count, float* out) {
  std::vector<float> window(count + 2 * kPairs), between(count);
  for (std::size_t i = 0; i < window.size(); ++i) {
    const std::size_t at = first + i;
    window[i] = at >= kPairs && at - kPairs < in.size() ? in[at - kPairs] : 0.0F;
  }
  interleave(window.data() + kPairs, half_band(), between.data(), out, count);
}

}  // namespace brandiron::gen::band
