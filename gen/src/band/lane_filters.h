#pragma once

#include <cstddef>

#include "brandiron/core/audio/biquad.h"
#include "lane_io.h"

namespace brandiron::gen::band {

/// Second-order sections in series, other coefficients in every lane.
template <std::size_t kSections>
struct LaneSections {
  Lane8 b0[kSections], b1[kSections], b2[kSections], a1[kSections], a2[kSections];
  Lane8 s1[kSections], s2[kSections];

  LaneSections() {
    for (std::size_t s = 0; s < kSections; ++s) {
      for (std::size_t lane = 0; lane < kLanes; ++lane) set(s, lane, Biquad{});
      s1[s] = s2[s] = Lane8{};
    }
  }
  void set(std::size_t s, std::size_t lane, const Biquad& f) {
    b0[s][lane] = static_cast<float>(f.b0);
    b1[s][lane] = static_cast<float>(f.b1);
    b2[s][lane] = static_cast<float>(f.b2);
    a1[s][lane] = static_cast<float>(f.a1);
    a2[s][lane] = static_cast<float>(f.a2);
  }
  void set_all(std::size_t s, const Biquad& f) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) set(s, lane, f);
  }
  void rest(std::size_t lane) {
    for (std::size_t s = 0; s < kSections; ++s) s1[s][lane] = s2[s][lane] = 0.0F;
  }
};

/// kStep frames through all sections, in place.
template <std::size_t kSections>
BRANDIRON_LANE_INLINE void run_sections(LaneSections<kSections>& f, Lane8* x) {
  // In registers: the compiler cannot know that x does not overlap the state.
  Lane8 s1[kSections], s2[kSections];
  for (std::size_t s = 0; s < kSections; ++s) {
    s1[s] = f.s1[s];
    s2[s] = f.s2[s];
  }
  for (std::size_t i = 0; i < kStep; ++i) {
    Lane8 v = x[i];
    for (std::size_t s = 0; s < kSections; ++s) {
      const Lane8 y = f.b0[s] * v + s1[s];
      s1[s] = (f.b1[s] * v + s2[s]) - f.a1[s] * y;
      s2[s] = f.b2[s] * v - f.a2[s] * y;
      v = y;
    }
    x[i] = v;
  }
  for (std::size_t s = 0; s < kSections; ++s) {
    f.s1[s] = s1[s];
    f.s2[s] = s2[s];
  }
}

/// The two filters of BS.1770-4 in every lane.
struct LaneWeighting {
  LaneSections<2> sections;
  explicit LaneWeighting(int rate_hz);
};

/// Sum of squares of kStep weighted frames; leaves x alone.
BRANDIRON_LANE_INLINE Lane8 weighted_energy(LaneWeighting& w, const Lane8* x) {
  LaneSections<2>& f = w.sections;
  Lane8 p1 = f.s1[0], p2 = f.s2[0], q1 = f.s1[1], q2 = f.s2[1], sum{};
  for (std::size_t i = 0; i < kStep; ++i) {
    // A whisper at half the rate keeps states and squares out of the slow denormal range.
    const Lane8 v = x[i] + (i % 2 == 0 ? 1e-13F : -1e-13F);
    const Lane8 y = f.b0[0] * v + p1;
    p1 = (f.b1[0] * v + p2) - f.a1[0] * y;
    p2 = f.b2[0] * v - f.a2[0] * y;
    const Lane8 z = f.b0[1] * y + q1;
    q1 = (f.b1[1] * y + q2) - f.a1[1] * z;
    q2 = f.b2[1] * y - f.a2[1] * z;
    sum = sum + z * z;
  }
  f.s1[0] = p1;
  f.s2[0] = p2;
  f.s1[1] = q1;
  f.s2[1] = q2;
  return sum;
}

/// Sums of squares of `steps` times kStep weighted frames of every lane, from where `in` points.
void measure_lanes(LaneWeighting& weighting, LanePointers<const float>& in, std::size_t steps,
                   Lane8& energy);

/// Share of the way that a follower of this time constant goes in kStep frames.
float step_smoothing(double milliseconds, int rate_hz);

/// Added with alternating sign: keeps decaying filters out of the denormal range, far below any
/// converter.
constexpr float kAntiDenormal = 1e-15F;

}  // namespace brandiron::gen::band
