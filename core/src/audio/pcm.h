#pragma once

#include <cstddef>
#include <cstdint>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

// A sample as an integer: round(clamp(x) * 2^(bits - 1)), half away from zero, without dither, so
// that a file's integers are a pure function of the floats. NaN becomes 0. Exact: the product with
// a power of two is, and a double holds the sum with 0.5.
template <int kBits>
inline std::int32_t quantise(float x) {
  constexpr double kScale = static_cast<double>(std::int64_t{1} << (kBits - 1));
  const double scaled = static_cast<double>(x) * kScale;
  if (scaled >= kScale - 1.0) return static_cast<std::int32_t>(kScale - 1.0);
  if (scaled <= -kScale) return static_cast<std::int32_t>(-kScale);
  if (scaled >= 0.0) return static_cast<std::int32_t>(scaled + 0.5);
  if (scaled < 0.0) return static_cast<std::int32_t>(scaled - 0.5);
  return 0;
}

// quantise<16> of frames [start, start + count), interleaved.
void quantise_frames(const AudioBuffer& audio, std::size_t start, std::size_t count,
                     std::int16_t* out);

}  // namespace brandiron
