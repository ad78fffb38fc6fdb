#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "brandiron/core/audio/dynamics.h"
#include "brandiron/core/det_math.h"
#include "range_check.h"

namespace brandiron {
namespace {

constexpr std::size_t kTaps = 12;    // a phase
constexpr std::size_t kPhases = 3;   // 1/4, 1/2 and 3/4 of a frame; phase 0 is the signal itself
constexpr std::size_t kBlock = 512;  // frames interpolated at once
constexpr std::size_t kControlFrames = 8;  // frames that share one pair of gain nodes
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

// Sums run over taps in a fixed order for each frame, so wide registers cannot change the bits.
__attribute__((target_clones("avx2", "default"))) void interpolate(const float* x,
                                                                   const float* taps,
                                                                   float* peaks) {
  alignas(32) float sum[kBlock] = {};
  for (std::size_t k = 0; k < kTaps; ++k) {
    const float h = taps[k];
    for (std::size_t i = 0; i < kBlock; ++i) sum[i] += h * x[i + k];
  }
  for (std::size_t i = 0; i < kBlock; ++i) peaks[i] = std::max(peaks[i], std::fabs(sum[i]));
}

// Sixteen running maxima: a single one would be a chain that no compiler may break up.
__attribute__((target_clones("avx2", "default"))) float loudest_of(const float* x, std::size_t n) {
  constexpr std::size_t kLanes = 16;
  float lanes[kLanes] = {};
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) {
      const float size = std::fabs(x[i + k]);
      lanes[k] = lanes[k] < size ? size : lanes[k];
    }
  }
  for (; i < n; ++i) lanes[0] = std::max(lanes[0], std::fabs(x[i]));
  return *std::max_element(lanes, lanes + kLanes);
}

/// Calls `visit(start, peaks)` for each block of frames; peaks[i] is the largest magnitude from
/// frame start + i up to just before the next one. Blocks that cannot exceed `floor` are given as
/// floor.
template <typename Visit>
void scan_peaks(const AudioBuffer& audio, float floor, Visit visit) {
  constexpr std::size_t kBefore = kTaps / 2 - 1;
  static const float bound = interpolation_bound();
  std::array<float, kBlock + kTaps> window{};
  std::array<float, kBlock> peaks{};
  for (std::size_t start = 0; start < audio.num_frames(); start += kBlock) {
    peaks.fill(floor);
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      const auto x = audio.channel(c);
      const std::size_t first = start >= kBefore ? start - kBefore : 0;
      const std::size_t last = std::min(start + kBlock + kTaps - kBefore, x.size());
      window.fill(0.0F);
      std::copy(x.begin() + static_cast<std::ptrdiff_t>(first),
                x.begin() + static_cast<std::ptrdiff_t>(last),
                window.begin() + static_cast<std::ptrdiff_t>(first + kBefore - start));
      if (loudest_of(window.data(), window.size()) * bound <= floor) continue;
      for (std::size_t i = 0; i < kBlock; ++i) {
        peaks[i] = std::max(peaks[i], std::fabs(window[i + kBefore]));
      }
      for (const Phase& phase : phases()) interpolate(window.data(), phase.data(), peaks.data());
    }
    visit(start, std::span<const float>(peaks).first(std::min(kBlock, audio.num_frames() - start)));
  }
}

float largest_peak(const AudioBuffer& audio) {
  float largest = 0.0F;
  // Blocks that cannot beat the largest so far need no interpolation.
  const float sample_peak = audio.peak();
  scan_peaks(audio, sample_peak, [&](std::size_t, std::span<const float> peaks) {
    for (const float p : peaks) largest = std::max(largest, p);
  });
  return largest;
}

/// Gain allowed at each node: node k stands between control blocks k-1 and k and serves both.
std::vector<float> node_ceilings(const AudioBuffer& audio, float ceiling) {
  const std::size_t num_blocks = (audio.num_frames() + kControlFrames - 1) / kControlFrames;
  std::vector<float> peak(num_blocks + 1, ceiling);
  scan_peaks(audio, ceiling, [&](std::size_t start, std::span<const float> peaks) {
    for (std::size_t i = 0; i < peaks.size(); ++i) {
      // A peak between two frames counts for the blocks of both.
      float& here = peak[(start + i) / kControlFrames];
      float& next = peak[(start + i + 1) / kControlFrames];
      here = std::max(here, peaks[i]);
      next = std::max(next, peaks[i]);
    }
  });
  std::vector<float> nodes(num_blocks + 1, 1.0F);
  for (std::size_t k = 0; k <= num_blocks; ++k) {
    const float before = k > 0 ? peak[k - 1] : ceiling;
    const float after = k < num_blocks ? peak[k] : ceiling;
    nodes[k] = ceiling / std::max({before, after, ceiling});
  }
  return nodes;
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

void apply_nodes(AudioBuffer& audio, const std::vector<float>& nodes) {
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    float* x = audio.channel(c).data();
    for (std::size_t k = 0; k + 1 < nodes.size(); ++k) {
      if (nodes[k] == 1.0F && nodes[k + 1] == 1.0F) continue;
      const std::size_t start = k * kControlFrames;
      const std::size_t end = std::min(start + kControlFrames, audio.num_frames());
      const float step = (nodes[k + 1] - nodes[k]) / kControlFrames;
      for (std::size_t i = start; i < end; ++i) {
        x[i] *= nodes[k] + step * static_cast<float>(i - start);
      }
    }
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

double limit_true_peak(AudioBuffer& audio, const LimiterOptions& options) {
  options.validate();
  if (audio.empty()) return 0.0;
  const auto ceiling = static_cast<float>(det::db_to_gain(options.ceiling_dbtp - kMarginDb));
  // Bending a waveform can raise a peak between its samples by some hundredths of a dB. Mostly
  // kBendDb covers that; else a second pass takes it, and what little is left is trimmed.
  std::vector<float> nodes = node_ceilings(
      audio, static_cast<float>(det::db_to_gain(options.ceiling_dbtp - kMarginDb - kBendDb)));
  double lowest = 1.0;
  for (int pass = 0; pass < 2; ++pass) {
    if (*std::min_element(nodes.begin(), nodes.end()) >= 1.0F) break;
    smooth_gain(nodes, audio.rate_hz(), options);
    lowest *= static_cast<double>(*std::min_element(nodes.begin(), nodes.end()));
    apply_nodes(audio, nodes);
    nodes = node_ceilings(audio, ceiling);
  }
  const float left = *std::min_element(nodes.begin(), nodes.end());
  if (left < 1.0F) audio.apply_gain(left);
  return lowest < 1.0 ? -det::gain_to_db(lowest * static_cast<double>(left)) : 0.0;
}

}  // namespace brandiron
