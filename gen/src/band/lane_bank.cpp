#include "lane_bank.h"

#include <algorithm>
#include <array>
#include <memory>

#include "brandiron/core/det_math.h"
#include "lane_filters.h"
#include "lane_walk.h"

namespace brandiron::gen::band {
namespace {

constexpr float kDbPerOctave = 6.0205999F;  // 20 log10(2)
constexpr auto kKneeDb = static_cast<float>(kStripKneeDb);
// Blocks that a lane runs through before what it keeps: 2.5 s for compressors, 0.3 s for a meter.
constexpr std::size_t kSettleBlocks = 25, kMeterSettleBlocks = 3;

struct CompressorLanes {
  Lane8 threshold_db{}, slope{}, attack{}, release{}, makeup{}, reduction_db{}, gain{};

  void set(std::size_t lane, const StripCompressor& s, int rate_hz) {
    threshold_db[lane] = static_cast<float>(s.threshold_db);
    slope[lane] = static_cast<float>(1.0 - 1.0 / s.ratio);
    attack[lane] = step_smoothing(s.attack_ms, rate_hz);
    release[lane] = step_smoothing(s.release_ms, rate_hz);
    makeup[lane] = static_cast<float>(det::db_to_gain(s.makeup_db));
    gain[lane] = makeup[lane];
    reduction_db[lane] = 0.0F;
  }
  /// As after so many steps of silence.
  void recover(std::size_t lane, std::size_t steps) {
    const double kept =
        det::pow(1.0 - static_cast<double>(release[lane]), static_cast<double>(steps));
    reduction_db[lane] = static_cast<float>(static_cast<double>(reduction_db[lane]) * kept);
    gain[lane] = static_cast<float>(static_cast<double>(makeup[lane]) *
                                    det::db_to_gain(-static_cast<double>(reduction_db[lane])));
  }
};

struct Strips {
  explicit Strips(int rate_hz) : weighting(rate_hz) {}

  Lane8 input_gain{};
  LaneSections<kPreSections> pre;
  LaneSections<kPostSections> post;
  CompressorLanes compressors[2];
  LaneWeighting weighting;
  Lane8 deepest{}, energy{};
};

BRANDIRON_LANE_INLINE void run_compressor(CompressorLanes& c, Lane8* x) {
  // Four running maxima: a single one would be a chain of thirty-two.
  Lane8 peaks[4] = {};
  for (std::size_t i = 0; i < kStep; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) peaks[k] = lane_max(peaks[k], lane_abs(x[i + k]));
  }
  const Lane8 peak = lane_max(lane_max(peaks[0], peaks[1]), lane_max(peaks[2], peaks[3]));
  const Lane8 level_db = lane_log2(lane_max(peak, Lane8{} + 1e-6F)) * kDbPerOctave;
  // Soft knee: quadratic within half a knee of the threshold.
  const Lane8 over = level_db - c.threshold_db;
  const Lane8 in_knee = lane_max(lane_min(over + 0.5F * kKneeDb, Lane8{} + kKneeDb), Lane8{});
  const Lane8 above_knee = lane_max(over - 0.5F * kKneeDb, Lane8{});
  const Lane8 wanted = c.slope * (in_knee * in_knee * (0.5F / kKneeDb) + above_knee);
  const Lane8 speed = wanted > c.reduction_db ? c.attack : c.release;
  c.reduction_db = c.reduction_db + speed * (wanted - c.reduction_db);
  const Lane8 gain = c.makeup * lane_exp2(c.reduction_db * (-1.0F / kDbPerOctave));
  const Lane8 step = (gain - c.gain) * (1.0F / static_cast<float>(kStep));
  const Lane8 from = c.gain;
  for (std::size_t i = 0; i < kStep; ++i) {
    x[i] = x[i] * (from + step * static_cast<float>(i + 1));
  }
  c.gain = gain;
}

__attribute__((target_clones("avx2", "default"))) void run_block(Strips& s,
                                                                 LanePointers<const float>& in,
                                                                 LanePointers<float>& out,
                                                                 std::size_t steps) {
  Lane8 x[kStep], sum{};
  for (std::size_t k = 0; k < steps; ++k) {
    gather_lanes(in, x);
    in.advance();
    for (std::size_t i = 0; i < kStep; ++i) {
      x[i] = x[i] * s.input_gain + (i % 2 == 0 ? kAntiDenormal : -kAntiDenormal);
    }
    run_sections(s.pre, x);
    run_compressor(s.compressors[0], x);
    run_compressor(s.compressors[1], x);
    s.deepest = lane_max(s.deepest, s.compressors[0].reduction_db + s.compressors[1].reduction_db);
    run_sections(s.post, x);
    sum = sum + weighted_energy(s.weighting, x);
    scatter_lanes(x, out);
    out.advance();
  }
  s.energy = sum;
}

/// Points eight lanes at their blocks of the tape, in the tracks that these come from.
class TapeReader {
 public:
  TapeReader(const Tape& tape, std::span<const std::span<float>> tracks)
      : tape_(tape), tracks_(tracks), blocks_(tape.block_frames()) {}

  LanePointers<const float> point(const LaneWalk& walk) {
    LanePointers<const float> in;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (walk.here(lane) == LaneWalk::kNone) {
        BlockReader::point_at_silence(in, lane);
      } else {
        const TapeBlock b = tape_.blocks()[walk.here(lane)];
        frames_[lane] = blocks_.point(in, lane, tracks_[b.track], b.block);
      }
    }
    return in;
  }
  std::size_t frames(std::size_t lane) const { return frames_[lane]; }

 private:
  const Tape& tape_;
  std::span<const std::span<float>> tracks_;
  BlockReader blocks_;
  std::array<std::size_t, kLanes> frames_{};
};

/// What a lane meets on its way: another track, or a silence within its own.
class StripLanes {
 public:
  StripLanes(const Tape& tape, std::span<const StripSettings> strips, int rate_hz)
      : tape_(tape), settings_(strips), rate_hz_(rate_hz), state_(rate_hz) {}

  Strips& state() { return state_; }

  void arrive(std::size_t lane, std::size_t before, std::size_t here) {
    const TapeBlock now = tape_.blocks()[here];
    if (before == LaneWalk::kNone || tape_.blocks()[before].track != now.track) {
      load(lane, settings_[now.track]);
      rest(lane);
      return;
    }
    const std::size_t silent = now.block - tape_.blocks()[before].block - 1;
    if (silent == 0) return;
    rest(lane);
    for (CompressorLanes& c : state_.compressors) {
      c.recover(lane, silent * tape_.block_frames() / kStep);
    }
  }

 private:
  void load(std::size_t lane, const StripSettings& settings) {
    state_.input_gain[lane] = static_cast<float>(det::db_to_gain(settings.input_gain_db));
    for (std::size_t s = 0; s < kPreSections; ++s) {
      state_.pre.set(s, lane, s < settings.pre.size() ? settings.pre[s] : Biquad{});
    }
    for (std::size_t s = 0; s < kPostSections; ++s) {
      state_.post.set(s, lane, s < settings.post.size() ? settings.post[s] : Biquad{});
    }
    state_.compressors[0].set(lane, settings.first, rate_hz_);
    state_.compressors[1].set(lane, settings.second, rate_hz_);
    state_.deepest[lane] = 0.0F;
  }
  void rest(std::size_t lane) {
    state_.pre.rest(lane);
    state_.post.rest(lane);
    state_.weighting.sections.rest(lane);
  }

  const Tape& tape_;
  std::span<const StripSettings> settings_;
  int rate_hz_;
  Strips state_;
};

}  // namespace

std::vector<double> tape_levels(const Tape& tape, std::span<const std::span<float>> tracks,
                                int rate_hz) {
  std::vector<double> levels(tape.blocks().size());
  LaneWalk walk(tape.blocks().size(), kMeterSettleBlocks);
  TapeReader reader(tape, tracks);
  LaneWeighting weighting(rate_hz);
  Lane8 energy{};
  while (walk.next()) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t here = walk.here(lane), before = walk.before(lane);
      if (here == LaneWalk::kNone || before == LaneWalk::kNone) continue;
      const TapeBlock &a = tape.blocks()[before], &b = tape.blocks()[here];
      if (a.track != b.track || a.block + 1 != b.block) weighting.sections.rest(lane);
    }
    LanePointers<const float> in = reader.point(walk);
    measure_lanes(weighting, in, tape.block_frames() / kStep, energy);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (!walk.keeps(lane)) continue;
      levels[walk.here(lane)] =
          static_cast<double>(energy[lane]) / static_cast<double>(reader.frames(lane));
    }
  }
  return levels;
}

StripRun run_strips(const Tape& tape, std::span<const std::span<float>> tracks,
                    std::span<const StripSettings> strips, int rate_hz) {
  StripRun run{std::vector<double>(tape.blocks().size()), std::vector<double>(tracks.size(), 0.0)};
  LaneWalk walk(tape.blocks().size(), kSettleBlocks);
  TapeReader reader(tape, tracks);
  BlockWriter writer(tape.block_frames());
  StripLanes lanes(tape, strips, rate_hz);
  while (walk.next()) {
    // A lane settles on blocks that the lane before it reaches only later: they are raw still.
    LanePointers<const float> in = reader.point(walk);
    LanePointers<float> out;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t here = walk.here(lane);
      if (here != LaneWalk::kNone) lanes.arrive(lane, walk.before(lane), here);
      if (walk.keeps(lane)) {
        const TapeBlock b = tape.blocks()[here];
        writer.point(out, lane, tracks[b.track], b.block);
      } else {
        writer.point_at_waste(out, lane);
      }
    }
    run_block(lanes.state(), in, out, tape.block_frames() / kStep);
    writer.finish();
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (!walk.keeps(lane)) continue;
      const std::size_t here = walk.here(lane);
      run.levels[here] = static_cast<double>(lanes.state().energy[lane]) /
                         static_cast<double>(reader.frames(lane));
      double& deepest = run.deepest_reduction_db[tape.blocks()[here].track];
      deepest = std::max(deepest, static_cast<double>(lanes.state().deepest[lane]));
    }
  }
  return run;
}

}  // namespace brandiron::gen::band
