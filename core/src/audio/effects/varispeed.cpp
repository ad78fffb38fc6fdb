#include "varispeed.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "brandiron/core/det_math.h"

namespace brandiron::effects_internal {
namespace {

constexpr std::size_t kTaps = 16;
constexpr std::size_t kPhases = 512;

using Table = std::vector<std::array<float, kTaps>>;

/// Windowed sinc at kPhases fractions of a frame, and one more to interpolate towards.
Table make_table() {
  Table table(kPhases + 1);
  for (std::size_t p = 0; p <= kPhases; ++p) {
    double sum = 0.0;
    std::array<double, kTaps> h{};
    for (std::size_t k = 0; k < kTaps; ++k) {
      const double t = static_cast<double>(k) - (kTaps / 2 - 1) -
                       static_cast<double>(p) / static_cast<double>(kPhases);
      const double u = std::numbers::pi * t / (kTaps / 2.0);
      // Blackman: its side lobes suit a table this short.
      const double window =
          std::fabs(t) >= kTaps / 2.0 ? 0.0 : 0.42 + 0.5 * det::cos(u) + 0.08 * det::cos(2 * u);
      const double x = std::numbers::pi * t;
      h[k] = window * (std::fabs(t) < 1e-9 ? 1.0 : det::sin(x) / x);
      sum += h[k];
    }
    for (std::size_t k = 0; k < kTaps; ++k) table[p][k] = static_cast<float>(h[k] / sum);
  }
  return table;
}

const Table& table() {
  static const Table shared = make_table();
  return shared;
}

}  // namespace

AudioBuffer wander_speed(const AudioBuffer& audio, double depth, double hz, double phase) {
  const double w = 2.0 * std::numbers::pi * hz / audio.rate_hz();
  const double swing = depth / w;
  const Table& taps = table();
  AudioBuffer out(audio.num_channels(), audio.num_frames(), audio.rate_hz());
  const auto length = static_cast<std::ptrdiff_t>(audio.num_frames());
  // Integral of the speed; the cosine comes from a rotating pointer.
  double re = det::cos(phase), im = det::sin(phase);
  const double start = re, c = det::cos(w), s = det::sin(w);
  for (std::ptrdiff_t n = 0; n < length; ++n) {
    const double at = static_cast<double>(n) + swing * (start - re);
    const double whole = std::floor(at);
    const double place = (at - whole) * kPhases;
    const auto p = std::min(static_cast<std::size_t>(place), kPhases - 1);
    const auto part = static_cast<float>(place - static_cast<double>(p));
    const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(whole) - (kTaps / 2 - 1);
    std::array<float, kTaps> h{};
    for (std::size_t k = 0; k < kTaps; ++k) {
      h[k] = taps[p][k] + part * (taps[p + 1][k] - taps[p][k]);
    }
    for (std::size_t ch = 0; ch < audio.num_channels(); ++ch) {
      const float* x = audio.channel(ch).data();
      float sum = 0.0F;
      for (std::size_t k = 0; k < kTaps; ++k) {
        const std::ptrdiff_t i = first + static_cast<std::ptrdiff_t>(k);
        if (i >= 0 && i < length) sum += h[k] * x[i];
      }
      out.channel(ch)[static_cast<std::size_t>(n)] = sum;
    }
    const double next = re * c - im * s;
    im = re * s + im * c;
    re = next;
  }
  return out;
}

}  // namespace brandiron::effects_internal
