#include "loudness_meter.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/det_math.h"
#include "lane_filters.h"
#include "lane_walk.h"
#include "tape.h"

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

// Blocks that a lane runs through before what it keeps: the low cut has forgotten by then.
constexpr std::size_t kSettleBlocks = 3;

__attribute__((target_clones("avx2", "default"))) void measure(LaneWeighting& left,
                                                               LaneWeighting& right,
                                                               LanePointers<const float>& in_left,
                                                               LanePointers<const float>& in_right,
                                                               std::size_t steps, Lane8& energy) {
  Lane8 l[kStep], r[kStep], sum{};
  for (std::size_t k = 0; k < steps; ++k) {
    gather_lanes(in_left, l);
    gather_lanes(in_right, r);
    in_left.advance();
    in_right.advance();
    sum = sum + (weighted_energy(left, l) + weighted_energy(right, r));
  }
  energy = sum;
}

}  // namespace

LaneWeighting::LaneWeighting(int rate_hz) {
  sections.set_all(0, head_shelf(rate_hz));
  sections.set_all(1, low_cut(rate_hz));
}

__attribute__((target_clones("avx2", "default"))) void measure_lanes(LaneWeighting& weighting,
                                                                     LanePointers<const float>& in,
                                                                     std::size_t steps,
                                                                     Lane8& energy) {
  Lane8 x[kStep], sum{};
  for (std::size_t k = 0; k < steps; ++k) {
    gather_lanes(in, x);
    in.advance();
    sum = sum + weighted_energy(weighting, x);
  }
  energy = sum;
}

float step_smoothing(double milliseconds, int rate_hz) {
  const double frames = milliseconds * 0.001 * rate_hz;
  return static_cast<float>(1.0 - det::exp(-static_cast<double>(kStep) / frames));
}

std::vector<double> k_weighted_blocks(const AudioBuffer& stereo) {
  const std::size_t size = block_frames(stereo.rate_hz());
  std::vector<double> result((stereo.num_frames() + size - 1) / size);
  LaneWalk walk(result.size(), kSettleBlocks);
  StereoReader reader(stereo, size);
  LaneWeighting left(stereo.rate_hz()), right(stereo.rate_hz());
  Lane8 energy{};
  while (walk.next()) {
    reader.point(walk);
    measure(left, right, reader.channels[0], reader.channels[1], size / kStep, energy);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (!walk.keeps(lane)) continue;
      result[walk.here(lane)] =
          static_cast<double>(energy[lane]) / static_cast<double>(reader.frames[lane]);
    }
  }
  return result;
}

struct VoiceBandMeter::State {
  explicit State(int rate_hz) : weighting(rate_hz) {}
  LaneWeighting weighting;
};

VoiceBandMeter::VoiceBandMeter(int rate_hz) : state_(std::make_unique<State>(rate_hz)) {}
VoiceBandMeter::~VoiceBandMeter() = default;

std::array<double, 2> VoiceBandMeter::measure(std::array<const float*, 4> in, std::size_t frames) {
  LanePointers<const float> pointers;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    BlockReader::point_at_silence(pointers, lane);
    if (lane >= in.size()) continue;
    pointers.at[lane] = in[lane];
    pointers.stride[lane] = kStep;
  }
  Lane8 energy{};
  measure_lanes(state_->weighting, pointers, frames / kStep, energy);
  const auto n = static_cast<double>(frames);
  return {static_cast<double>(energy[0] + energy[1]) / n,
          static_cast<double>(energy[2] + energy[3]) / n};
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
