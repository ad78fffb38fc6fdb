#include "lane_bank.h"

#include <algorithm>

#include "brandiron/core/det_math.h"
#include "lane_math.h"

namespace brandiron::gen::band {
namespace {

constexpr float kDbPerOctave = 6.0205999F;  // 20 log10(2)
constexpr float kKneeDb = 6.0F;
// Keeps decaying filters out of the denormal range, far below any converter.
constexpr float kAntiDenormal = 1e-15F;

template <std::size_t kSections>
struct Sections {
  Lane8 b0[kSections], b1[kSections], b2[kSections], a1[kSections], a2[kSections];
  Lane8 s1[kSections], s2[kSections];

  void clear() {
    for (std::size_t s = 0; s < kSections; ++s) {
      b0[s] = Lane8{} + 1.0F;
      b1[s] = b2[s] = a1[s] = a2[s] = s1[s] = s2[s] = Lane8{};
    }
  }
  void set(std::size_t s, std::size_t lane, const Biquad& f) {
    b0[s][lane] = static_cast<float>(f.b0);
    b1[s][lane] = static_cast<float>(f.b1);
    b2[s][lane] = static_cast<float>(f.b2);
    a1[s][lane] = static_cast<float>(f.a1);
    a2[s][lane] = static_cast<float>(f.a2);
  }
};

struct CompressorLanes {
  Lane8 threshold_db{}, slope{}, attack{}, release{}, makeup{}, reduction_db{}, gain{};
};

}  // namespace

struct LaneBank::State {
  Lane8 input_gain{};
  Sections<kPreSections> pre;
  Sections<kPostSections> post;
  CompressorLanes compressors[2];
  Lane8 deepest{};
};

namespace {

template <std::size_t kSections>
BRANDIRON_LANE_INLINE void run_sections(Sections<kSections>& f, Lane8* x) {
  for (std::size_t i = 0; i < kControlFrames; ++i) {
    Lane8 v = x[i];
    for (std::size_t s = 0; s < kSections; ++s) {
      const Lane8 y = f.b0[s] * v + f.s1[s];
      f.s1[s] = (f.b1[s] * v + f.s2[s]) - f.a1[s] * y;
      f.s2[s] = f.b2[s] * v - f.a2[s] * y;
      v = y;
    }
    x[i] = v;
  }
}

BRANDIRON_LANE_INLINE void run_compressor(CompressorLanes& c, Lane8* x) {
  Lane8 peak = Lane8{} + 1e-6F;
  for (std::size_t i = 0; i < kControlFrames; ++i) peak = lane_max(peak, lane_abs(x[i]));
  const Lane8 level_db = lane_log2(peak) * kDbPerOctave;
  // Soft knee: quadratic within half a knee of the threshold.
  const Lane8 over = level_db - c.threshold_db;
  const Lane8 in_knee = lane_max(lane_min(over + 0.5F * kKneeDb, Lane8{} + kKneeDb), Lane8{});
  const Lane8 above_knee = lane_max(over - 0.5F * kKneeDb, Lane8{});
  const Lane8 wanted = c.slope * (in_knee * in_knee * (0.5F / kKneeDb) + above_knee);
  const Lane8 speed = wanted > c.reduction_db ? c.attack : c.release;
  c.reduction_db = c.reduction_db + speed * (wanted - c.reduction_db);
  const Lane8 gain = c.makeup * lane_exp2(c.reduction_db * (-1.0F / kDbPerOctave));
  const Lane8 step = (gain - c.gain) * (1.0F / static_cast<float>(kControlFrames));
  Lane8 g = c.gain;
  for (std::size_t i = 0; i < kControlFrames; ++i) {
    g = g + step;
    x[i] = x[i] * g;
  }
  c.gain = gain;
}

__attribute__((target_clones("avx2", "default"))) void run_strips(LaneBank::State& state,
                                                                  Lane8* x) {
  for (std::size_t i = 0; i < kControlFrames; ++i) {
    x[i] = x[i] * state.input_gain + (i % 2 == 0 ? kAntiDenormal : -kAntiDenormal);
  }
  run_sections(state.pre, x);
  run_compressor(state.compressors[0], x);
  run_compressor(state.compressors[1], x);
  state.deepest = lane_max(state.deepest,
                           state.compressors[0].reduction_db + state.compressors[1].reduction_db);
  run_sections(state.post, x);
}

float smoothing(double milliseconds, int rate_hz) {
  const double frames = milliseconds * 0.001 * rate_hz;
  return static_cast<float>(1.0 - det::exp(-static_cast<double>(kControlFrames) / frames));
}

void set_compressor(CompressorLanes& c, std::size_t lane, const StripCompressor& s, int rate_hz) {
  c.threshold_db[lane] = static_cast<float>(s.threshold_db);
  c.slope[lane] = static_cast<float>(1.0 - 1.0 / s.ratio);
  c.attack[lane] = smoothing(s.attack_ms, rate_hz);
  c.release[lane] = smoothing(s.release_ms, rate_hz);
  c.makeup[lane] = static_cast<float>(det::db_to_gain(s.makeup_db));
  c.gain[lane] = c.makeup[lane];
}

}  // namespace

LaneBank::LaneBank(std::span<const StripSettings> strips, int rate_hz)
    : state_(std::make_unique<State>()) {
  state_->pre.clear();
  state_->post.clear();
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    const StripSettings settings = lane < strips.size() ? strips[lane] : StripSettings{};
    state_->input_gain[lane] = static_cast<float>(det::db_to_gain(settings.input_gain_db));
    for (std::size_t s = 0; s < std::min(kPreSections, settings.pre.size()); ++s) {
      state_->pre.set(s, lane, settings.pre[s]);
    }
    for (std::size_t s = 0; s < std::min(kPostSections, settings.post.size()); ++s) {
      state_->post.set(s, lane, settings.post[s]);
    }
    set_compressor(state_->compressors[0], lane, settings.first, rate_hz);
    set_compressor(state_->compressors[1], lane, settings.second, rate_hz);
  }
}

LaneBank::~LaneBank() = default;
LaneBank::LaneBank(LaneBank&&) noexcept = default;

void LaneBank::process(const std::array<const float*, kLanes>& in,
                       const std::array<float*, kLanes>& out, std::size_t frames) {
  Lane8 block[kControlFrames];
  for (std::size_t start = 0; start < frames; start += kControlFrames) {
    const std::size_t n = std::min(kControlFrames, frames - start);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const float* from = in[lane];
      for (std::size_t i = 0; i < kControlFrames; ++i) {
        block[i][lane] = from != nullptr && i < n ? from[start + i] : 0.0F;
      }
    }
    run_strips(*state_, block);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (out[lane] == nullptr) continue;
      for (std::size_t i = 0; i < n; ++i) out[lane][start + i] = block[i][lane];
    }
  }
}

double LaneBank::deepest_reduction_db(std::size_t lane) const {
  return static_cast<double>(state_->deepest[lane]);
}

}  // namespace brandiron::gen::band
