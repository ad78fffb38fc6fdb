// Decibels by the million: a polynomial instead of the library's logarithm.
#pragma once

#include <bit>
#include <cstdint>

namespace brandiron::detect {

/// 10 log10(power), at least -200, right to 0.001 dB. The polynomial is a least-squares fit of the
/// logarithm over one octave.
inline float fast_db(float power) {
  constexpr float kDbPerOctave = 3.0102999566F;
  const float clamped = power > 1e-20F ? power : 1e-20F;
  const auto bits = std::bit_cast<std::uint32_t>(clamped);
  const auto exponent = static_cast<float>(static_cast<std::int32_t>(bits >> 23U) - 127);
  const auto m = std::bit_cast<float>((bits & 0x007FFFFFU) | 0x3F800000U);
  const float log2_m =
      -2.794153677F +
      m * (5.069756317F +
           m * (-3.520218838F + m * (1.610177547F + m * (-0.409475586F + m * 0.043928628F))));
  return kDbPerOctave * (exponent + log2_m);
}

}  // namespace brandiron::detect
