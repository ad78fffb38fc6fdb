#include "bus.h"

#include <algorithm>
#include <array>

#include "brandiron/core/det_math.h"
#include "lane_filters.h"
#include "lane_walk.h"
#include "mix_steps.h"
#include "tape.h"

namespace brandiron::gen::band {
namespace {

constexpr float kDbPerPowerOctave = 3.0103F;  // 10 log10(2)
constexpr std::size_t kSettleBlocks = 15;

struct GlueSettings {
  double threshold_db = -19.0, ratio = 2.2, knee_db = 8.0, attack_ms = 22.0, release_ms = 160.0,
         rms_ms = 10.0;
};
constexpr GlueSettings kGlue;

constexpr double kMonoBelowHz = 120.0;

const std::vector<EqBand>& mid_bands() {
  static const std::vector<EqBand> bands = {{EqBand::Kind::kHighpass, 28}};
  return bands;
}
/// Fourth order: the side has nothing left an octave below.
const std::vector<EqBand>& side_bands() {
  static const std::vector<EqBand> bands = {{EqBand::Kind::kHighpass, kMonoBelowHz, 0, 0.5411961},
                                            {EqBand::Kind::kHighpass, kMonoBelowHz, 0, 1.306563}};
  return bands;
}
const std::vector<EqBand>& tone_bands() {
  static const std::vector<EqBand> bands = {{EqBand::Kind::kLowShelf, 95, 1.0},
                                            {EqBand::Kind::kPeaking, 420, -1.2, 0.8},
                                            {EqBand::Kind::kHighShelf, 7500, 1.5}};
  return bands;
}

/// Stereo-linked RMS compressor.
struct Glue {
  float threshold_db, slope, knee_db, attack, release, rms;
  Lane8 mean_square{}, reduction_db{}, gain = Lane8{} + 1.0F, deepest{};

  Glue(double produced, int rate_hz) {
    threshold_db = static_cast<float>(kGlue.threshold_db);
    slope = static_cast<float>(1.0 - 1.0 / produced_ratio(kGlue.ratio, produced));
    knee_db = static_cast<float>(kGlue.knee_db);
    attack = step_smoothing(kGlue.attack_ms, rate_hz);
    release = step_smoothing(kGlue.release_ms, rate_hz);
    rms = step_smoothing(kGlue.rms_ms, rate_hz);
  }
};

BRANDIRON_LANE_INLINE void run_glue(Glue& g, Lane8* left, Lane8* right) {
  Lane8 l[2] = {}, r[2] = {};
  for (std::size_t i = 0; i < kStep; i += 2) {
    for (std::size_t k = 0; k < 2; ++k) {
      l[k] = l[k] + left[i + k] * left[i + k];
      r[k] = r[k] + right[i + k] * right[i + k];
    }
  }
  const Lane8 level =
      lane_max(l[0] + l[1], r[0] + r[1]) * (1.0F / static_cast<float>(kStep)) + 1e-12F;
  g.mean_square = g.mean_square + g.rms * (level - g.mean_square);
  const Lane8 over = lane_log2(g.mean_square) * kDbPerPowerOctave - g.threshold_db;
  const Lane8 in_knee = lane_max(lane_min(over + 0.5F * g.knee_db, Lane8{} + g.knee_db), Lane8{});
  const Lane8 above_knee = lane_max(over - 0.5F * g.knee_db, Lane8{});
  const Lane8 wanted = g.slope * (in_knee * in_knee * (0.5F / g.knee_db) + above_knee);
  const Lane8 speed = wanted > g.reduction_db ? Lane8{} + g.attack : Lane8{} + g.release;
  g.reduction_db = g.reduction_db + speed * (wanted - g.reduction_db);
  g.deepest = lane_max(g.deepest, g.reduction_db);
  const Lane8 gain = lane_exp2(g.reduction_db * (-0.5F / kDbPerPowerOctave));
  const Lane8 step = (gain - g.gain) * (1.0F / static_cast<float>(kStep));
  const Lane8 from = g.gain;
  for (std::size_t i = 0; i < kStep; ++i) {
    const Lane8 now = from + step * static_cast<float>(i + 1);
    left[i] = left[i] * now;
    right[i] = right[i] * now;
  }
  g.gain = gain;
}

struct BusLanes {
  BusLanes(double trim_db, double produced, int rate_hz)
      : half_gain(static_cast<float>(0.5 * det::db_to_gain(trim_db))),
        glue(produced, rate_hz),
        weighting{LaneWeighting(rate_hz), LaneWeighting(rate_hz)} {
    mid.set_all(0, make_band(mid_bands()[0], rate_hz));
    for (std::size_t s = 0; s < 2; ++s) side.set_all(s, make_band(side_bands()[s], rate_hz));
    for (std::size_t s = 0; s < 3; ++s) {
      const Biquad band = make_band(tone_bands()[s], rate_hz);
      tone_mid.set_all(s, band);
      tone_side.set_all(s, band);
    }
  }

  float half_gain;
  LaneSections<1> mid;
  LaneSections<2> side;
  LaneSections<3> tone_mid, tone_side;
  Glue glue;
  std::array<LaneWeighting, 2> weighting;
  Lane8 energy{};
};

__attribute__((target_clones("avx2", "default"))) void run_block(
    BusLanes& bus, LanePointers<const float>& in_left, LanePointers<const float>& in_right,
    LanePointers<float>& out_left, LanePointers<float>& out_right, std::size_t steps) {
  Lane8 a[kStep], b[kStep], sum{};
  for (std::size_t k = 0; k < steps; ++k) {
    gather_lanes(in_left, a);
    gather_lanes(in_right, b);
    in_left.advance();
    in_right.advance();
    for (std::size_t i = 0; i < kStep; ++i) {
      const Lane8 left = a[i], right = b[i];
      a[i] = bus.half_gain * (left + right) + (i % 2 == 0 ? kAntiDenormal : -kAntiDenormal);
      b[i] = bus.half_gain * (left - right) + (i % 2 == 0 ? kAntiDenormal : -kAntiDenormal);
    }
    run_sections(bus.mid, a);
    run_sections(bus.side, b);
    run_sections(bus.tone_mid, a);
    run_sections(bus.tone_side, b);
    for (std::size_t i = 0; i < kStep; ++i) {
      const Lane8 mid = a[i], side = b[i];
      a[i] = mid + side;
      b[i] = mid - side;
    }
    run_glue(bus.glue, a, b);
    sum = sum + (weighted_energy(bus.weighting[0], a) + weighted_energy(bus.weighting[1], b));
    scatter_lanes(a, out_left);
    scatter_lanes(b, out_right);
    out_left.advance();
    out_right.advance();
  }
  bus.energy = sum;
}

}  // namespace

Bus run_bus(const AudioBuffer& premaster, double trim_db, double produced) {
  const int rate_hz = premaster.rate_hz();
  const std::size_t size = block_frames(rate_hz);
  Bus bus{AudioBuffer(2, premaster.num_frames(), rate_hz), {}, 0.0};
  bus.levels.resize((premaster.num_frames() + size - 1) / size);
  LaneWalk walk(bus.levels.size(), kSettleBlocks);
  StereoReader reader(premaster, size);
  std::array<BlockWriter, 2> writers = {BlockWriter(size), BlockWriter(size)};
  BusLanes lanes(trim_db, produced, rate_hz);
  while (walk.next()) {
    reader.point(walk);
    std::array<LanePointers<float>, 2> out;
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) {
        if (walk.keeps(lane)) {
          writers[c].point(out[c], lane, bus.audio.channel(c), walk.here(lane));
        } else {
          writers[c].point_at_waste(out[c], lane);
        }
      }
    }
    run_block(lanes, reader.channels[0], reader.channels[1], out[0], out[1], size / kStep);
    for (BlockWriter& writer : writers) writer.finish();
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (!walk.keeps(lane)) continue;
      bus.levels[walk.here(lane)] =
          static_cast<double>(lanes.energy[lane]) / static_cast<double>(reader.frames[lane]);
    }
  }
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    bus.reduction_db = std::max(bus.reduction_db, static_cast<double>(lanes.glue.deepest[lane]));
  }
  return bus;
}

std::vector<MixStep> bus_settings(double produced) {
  std::vector<MixStep> steps;
  for (const EqBand& band : mid_bands()) steps.push_back(step_of(band, "mid"));
  for (const EqBand& band : side_bands()) steps.push_back(step_of(band, "side"));
  for (const EqBand& band : tone_bands()) steps.push_back(step_of(band));
  steps.push_back({"compressor",
                   {{"threshold_db", kGlue.threshold_db},
                    {"ratio", produced_ratio(kGlue.ratio, produced)},
                    {"knee_db", kGlue.knee_db},
                    {"attack_ms", kGlue.attack_ms},
                    {"release_ms", kGlue.release_ms},
                    {"rms_ms", kGlue.rms_ms}},
                   ""});
  return steps;
}

}  // namespace brandiron::gen::band
