#pragma once

#include <array>
#include <cstddef>
#include <cstring>

#include "lane_math.h"

namespace brandiron::gen::band {

constexpr std::size_t kLanes = 8;
/// Frames that are worked on at once: compressors decide once in so many.
constexpr std::size_t kStep = 32;

/// Where each lane reads or writes its next kStep frames, and how far it goes on after them.
template <typename Sample>
struct LanePointers {
  std::array<Sample*, kLanes> at{};
  std::array<std::size_t, kLanes> stride{};  ///< kStep, or 0 to stay (silence, or a waste bin)

  BRANDIRON_LANE_INLINE void advance() {
    for (std::size_t lane = 0; lane < kLanes; ++lane) at[lane] += stride[lane];
  }
};

using Lane4 = float __attribute__((vector_size(16)));
using LaneInt4 = std::int32_t __attribute__((vector_size(16)));

/// Four rows of four become four columns.
BRANDIRON_LANE_INLINE void transpose4(Lane4* r) {
  const Lane4 a = __builtin_shuffle(r[0], r[1], LaneInt4{0, 4, 1, 5});
  const Lane4 b = __builtin_shuffle(r[0], r[1], LaneInt4{2, 6, 3, 7});
  const Lane4 c = __builtin_shuffle(r[2], r[3], LaneInt4{0, 4, 1, 5});
  const Lane4 d = __builtin_shuffle(r[2], r[3], LaneInt4{2, 6, 3, 7});
  r[0] = __builtin_shuffle(a, c, LaneInt4{0, 1, 4, 5});
  r[1] = __builtin_shuffle(a, c, LaneInt4{2, 3, 6, 7});
  r[2] = __builtin_shuffle(b, d, LaneInt4{0, 1, 4, 5});
  r[3] = __builtin_shuffle(b, d, LaneInt4{2, 3, 6, 7});
}

/// kStep frames of eight signals into one vector a frame.
BRANDIRON_LANE_INLINE void gather_lanes(const LanePointers<const float>& from, Lane8* x) {
  float* to = reinterpret_cast<float*>(x);
  for (std::size_t half = 0; half < kLanes; half += 4) {
    for (std::size_t i = 0; i < kStep; i += 4) {
      Lane4 rows[4];
      for (std::size_t r = 0; r < 4; ++r) std::memcpy(&rows[r], from.at[half + r] + i, 16);
      transpose4(rows);
      for (std::size_t r = 0; r < 4; ++r) {
        std::memcpy(to + (i + r) * kLanes + half, &rows[r], 16);
      }
    }
  }
}

/// And back.
BRANDIRON_LANE_INLINE void scatter_lanes(const Lane8* x, const LanePointers<float>& into) {
  const float* from = reinterpret_cast<const float*>(x);
  for (std::size_t half = 0; half < kLanes; half += 4) {
    for (std::size_t i = 0; i < kStep; i += 4) {
      Lane4 rows[4];
      for (std::size_t r = 0; r < 4; ++r) {
        std::memcpy(&rows[r], from + (i + r) * kLanes + half, 16);
      }
      transpose4(rows);
      for (std::size_t r = 0; r < 4; ++r) std::memcpy(into.at[half + r] + i, &rows[r], 16);
    }
  }
}

}  // namespace brandiron::gen::band
