#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>
#include <vector>

#include "brandiron/core/audio/dynamics.h"
#include "brandiron/core/det_math.h"
#include "range_check.h"

// The vectors below never cross a function that is not inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace brandiron {
namespace {

constexpr std::size_t kTaps = 12;   // a phase
constexpr std::size_t kPhases = 3;  // 1/4, 1/2 and 3/4 of a frame; phase 0 is the signal itself
constexpr std::size_t kBefore = kTaps / 2 - 1;  // frames that a value between two needs before it
constexpr std::size_t kBlock = 512;             // frames scanned at once
constexpr std::size_t kPatch = 64;              // frames interpolated at once, where it is loud
constexpr std::size_t kControlFrames = 8;       // frames that share one pair of gain nodes
constexpr double kBendDb = 0.06;    // left for what bending the waveform adds between samples
constexpr double kMarginDb = 0.01;  // for meters that round otherwise

using Phase = std::array<float, kTaps>;

/// Hann-windowed sinc over six frames either side, as most BS.1770 meters have it: what they read
/// is what must be held. Tap k weighs frame n + k - 5 of the value at n + fraction.
Phase make_phase(double fraction) {
  Phase phase{};
  for (std::size_t k = 0; k < kTaps; ++k) {
    const double t = static_cast<double>(k) - (kTaps / 2 - 1) - fraction;
    const double window = 0.5 + 0.5 * det::cos(2.0 * std::numbers::pi * t / kTaps);
    const double x = std::numbers::pi * t;
    phase[k] = static_cast<float>(det::sin(x) / x * window);
  }
  return phase;
}

const std::array<Phase, kPhases>& phases() {
  static const std::array<Phase, kPhases> table = {make_phase(0.25), make_phase(0.5),
                                                   make_phase(0.75)};
  return table;
}

/// Upper bound of an interpolated value over the largest sample around it.
float interpolation_bound() {
  float bound = 1.0F;
  for (const Phase& phase : phases()) {
    float sum = 0.0F;
    for (const float h : phase) sum += std::fabs(h);
    bound = std::max(bound, sum);
  }
  return bound;
}

using Vec8 = float __attribute__((vector_size(32)));

__attribute__((always_inline)) inline Vec8 load8(const float* from) {
  Vec8 v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
__attribute__((always_inline)) inline Vec8 larger_size(const Vec8& a, const Vec8& b) {
  const Vec8 size = b > -b ? b : -b;
  return a > size ? a : size;
}

// Raises peaks[i] to the largest magnitude at frame i (x[kBefore + i]) and before the next. Each
// sum runs over its taps in a fixed order, so wide registers cannot change the bits.
__attribute__((target_clones("avx2", "default"))) void raise_peaks(
    const float* x, const std::array<Phase, kPhases>& taps, float* peaks) {
  for (std::size_t i = 0; i < kPatch; i += 8) {
    Vec8 a{}, b{}, c{};
    for (std::size_t k = 0; k < kTaps; ++k) {
      const Vec8 v = load8(x + i + k);
      a = a + taps[0][k] * v;
      b = b + taps[1][k] * v;
      c = c + taps[2][k] * v;
    }
    Vec8 peak = load8(peaks + i);
    peak = larger_size(larger_size(peak, load8(x + i + kBefore)), a);
    peak = larger_size(larger_size(peak, b), c);
    std::memcpy(peaks + i, &peak, sizeof peak);
  }
}

/// Calls `visit(start, peaks)` for each block of frames that can exceed `floor`; peaks[i] is the
/// largest magnitude from frame start + i up to just before the next one, or floor.
template <typename Visit>
void scan_peaks(const AudioBuffer& audio, float floor, Visit visit) {
  static const float bound = interpolation_bound();
  constexpr std::size_t kWindow = kBlock + kTaps;
  std::array<float, kWindow> window{};
  alignas(32) std::array<float, kBlock> peaks{};
  for (std::size_t start = 0; start < audio.num_frames(); start += kBlock) {
    bool loud = false;
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      const auto channel = audio.channel(c);
      const float* x = window.data();
      if (start >= kBefore && start - kBefore + kWindow <= channel.size()) {
        x = channel.data() + (start - kBefore);
      } else {
        const std::size_t first = start >= kBefore ? start - kBefore : 0;
        const std::size_t last = std::min(start - kBefore + kWindow, channel.size());
        window.fill(0.0F);
        std::copy(channel.begin() + static_cast<std::ptrdiff_t>(first),
                  channel.begin() + static_cast<std::ptrdiff_t>(last),
                  window.begin() + static_cast<std::ptrdiff_t>(first + kBefore - start));
      }
      for (std::size_t i = 0; i < kBlock; i += kPatch) {
        if (peak_of({x + i, kPatch + kTaps}) * bound <= floor) continue;
        if (!loud) peaks.fill(floor);
        loud = true;
        raise_peaks(x + i, phases(), peaks.data() + i);
      }
    }
    if (!loud) continue;
    visit(start, std::span<const float>(peaks).first(std::min(kBlock, audio.num_frames() - start)));
  }
}

float largest_peak(const AudioBuffer& audio) {
  // Blocks that cannot beat the largest so far need no interpolation.
  float largest = audio.peak();
  scan_peaks(audio, largest, [&](std::size_t, std::span<const float> peaks) {
    largest = std::max(largest, peak_of(peaks));
  });
  return largest;
}

/// Gain allowed at each node, and the largest peak that was met.
struct Ceilings {
  std::vector<float> nodes;  ///< node k stands between control blocks k-1 and k and serves both
  float largest = 0.0F;      ///< or the floor of the scan
};

Ceilings find_ceilings(const AudioBuffer& audio, float ceiling, float floor) {
  const std::size_t num_blocks = (audio.num_frames() + kControlFrames - 1) / kControlFrames;
  // One more on either side, so that every node has two neighbours.
  std::vector<float> peak(num_blocks + 2, floor);
  scan_peaks(audio, floor, [&](std::size_t start, std::span<const float> peaks) {
    float* here = peak.data() + 1 + start / kControlFrames;
    for (std::size_t i = 0; i < peaks.size(); i += kControlFrames, ++here) {
      const std::size_t n = std::min(kControlFrames, peaks.size() - i);
      float loudest = here[0];
      for (std::size_t k = 0; k < n; ++k) loudest = std::max(loudest, peaks[i + k]);
      here[0] = loudest;
      // A peak between two frames counts for the blocks of both.
      if (n == kControlFrames) here[1] = std::max(here[1], peaks[i + n - 1]);
    }
  });
  Ceilings found{std::vector<float>(num_blocks + 1, 1.0F), floor};
  for (std::size_t k = 0; k <= num_blocks; ++k) {
    const float loudest = std::max(peak[k], peak[k + 1]);
    found.largest = std::max(found.largest, loudest);
    if (loudest > ceiling) found.nodes[k] = ceiling / loudest;
  }
  return found;
}

/// Replaces v[k] by min(v[k .. k + ahead]) (monotone queue).
void sliding_minimum(std::vector<float>& v, std::size_t ahead) {
  std::vector<float> out(v.size());
  std::vector<std::size_t> queue;
  queue.reserve(v.size());
  std::size_t head = 0, next = 0;
  for (std::size_t k = 0; k < v.size(); ++k) {
    for (; next < v.size() && next <= k + ahead; ++next) {
      while (queue.size() > head && v[queue.back()] >= v[next]) queue.pop_back();
      queue.push_back(next);
    }
    if (queue[head] < k) ++head;
    out[k] = v[queue[head]];
  }
  v = std::move(out);
}

/// Replaces v[k] by the mean of v[k - behind .. k].
void sliding_mean(std::vector<float>& v, std::size_t behind) {
  std::vector<float> out(v.size());
  const double width = static_cast<double>(behind + 1);
  double sum = width * v[0];
  for (std::size_t k = 0; k < v.size(); ++k) {
    sum += static_cast<double>(v[k]) - static_cast<double>(k > behind ? v[k - behind - 1] : v[0]);
    out[k] = static_cast<float>(sum / width);
  }
  v = std::move(out);
}

/// Turns ceilings into a smooth curve that stays at or below them: minimum ahead, exponential
/// release, then two means whose windows together are as long as the minimum's.
void smooth_gain(std::vector<float>& nodes, double rate_hz, const LimiterOptions& options) {
  const double nodes_per_ms = rate_hz / (1000.0 * kControlFrames);
  const auto half =
      static_cast<std::size_t>(std::max(1.0, options.lookahead_ms * nodes_per_ms / 2.0));
  sliding_minimum(nodes, 2 * half);
  const double decay = det::exp(-1.0 / (options.release_ms * nodes_per_ms));
  double gain = 1.0;
  for (float& node : nodes) {
    gain = std::min(static_cast<double>(node), 1.0 + (gain - 1.0) * decay);
    node = static_cast<float>(gain);
  }
  sliding_mean(nodes, half);
  sliding_mean(nodes, half);
}

/// One control block: the gain runs straight from its node to the next.
__attribute__((always_inline)) inline void ramp_block(float* x, float from, float to) {
  constexpr Vec8 kRamp = {0.0F, 1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F};
  const Vec8 y = load8(x) * (from + (to - from) / kControlFrames * kRamp);
  std::memcpy(x, &y, sizeof y);
}

__attribute__((target_clones("avx2", "default"))) void apply_nodes(float* x, std::size_t frames,
                                                                   const float* nodes) {
  const std::size_t whole = frames / kControlFrames;
  for (std::size_t k = 0; k < whole; ++k) {
    if (nodes[k] == 1.0F && nodes[k + 1] == 1.0F) continue;
    ramp_block(x + k * kControlFrames, nodes[k], nodes[k + 1]);
  }
  const float step = (nodes[whole + (whole * kControlFrames < frames ? 1 : 0)] - nodes[whole]) /
                     static_cast<float>(kControlFrames);
  for (std::size_t i = whole * kControlFrames; i < frames; ++i) {
    x[i] *= nodes[whole] + step * static_cast<float>(i - whole * kControlFrames);
  }
}

}  // namespace

void LimiterOptions::validate() const {
  check_range("limiter ceiling_dbtp", ceiling_dbtp, -40, 0);
  check_range("limiter lookahead_ms", lookahead_ms, 0.2, 20);
  check_range("limiter release_ms", release_ms, 1, 2000);
}

double true_peak_dbtp(const AudioBuffer& audio) {
  const float peak = audio.empty() ? 0.0F : largest_peak(audio);
  return peak > 0.0F ? det::gain_to_db(static_cast<double>(peak))
                     : -std::numeric_limits<double>::infinity();
}

double limit_true_peak(AudioBuffer& audio, const LimiterOptions& options, double* left_dbtp) {
  options.validate();
  if (left_dbtp != nullptr) *left_dbtp = -std::numeric_limits<double>::infinity();
  if (audio.empty()) return 0.0;
  const auto ceiling = static_cast<float>(det::db_to_gain(options.ceiling_dbtp - kMarginDb));
  // Bending a waveform can raise a peak between its samples by some hundredths of a dB. Mostly
  // kBendDb covers that; else a second pass takes it, and what little is left is trimmed.
  const auto lower =
      static_cast<float>(det::db_to_gain(options.ceiling_dbtp - kMarginDb - kBendDb));
  Ceilings found = find_ceilings(audio, lower, lower);
  if (found.largest <= lower) {
    if (left_dbtp != nullptr) *left_dbtp = true_peak_dbtp(audio);
    return 0.0;
  }
  double lowest = 1.0;
  for (int pass = 0; pass < 2; ++pass) {
    std::vector<float>& nodes = found.nodes;
    if (*std::min_element(nodes.begin(), nodes.end()) >= 1.0F) break;
    smooth_gain(nodes, audio.rate_hz(), options);
    lowest *= static_cast<double>(*std::min_element(nodes.begin(), nodes.end()));
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      apply_nodes(audio.channel(c).data(), audio.num_frames(), nodes.data());
    }
    found = find_ceilings(audio, ceiling, std::min(ceiling, audio.peak()));
  }
  const float left = *std::min_element(found.nodes.begin(), found.nodes.end());
  if (left < 1.0F) audio.apply_gain(left);
  const double peak = static_cast<double>(found.largest) * static_cast<double>(left);
  if (left_dbtp != nullptr && peak > 0.0) *left_dbtp = det::gain_to_db(peak);
  return -det::gain_to_db(lowest * static_cast<double>(left));
}

}  // namespace brandiron
