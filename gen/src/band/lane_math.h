#pragma once

#include <cstddef>
#include <cstdint>

// Arithmetic on eight lanes. Compiles to AVX2 in a target clone and to pairs of SSE2 operations
// elsewhere; both give the same bits, for every operation is exact IEEE and nothing is contracted.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace brandiron::gen::band {

using Lane8 = float __attribute__((vector_size(32)));
using LaneInt8 = std::int32_t __attribute__((vector_size(32)));

#define BRANDIRON_LANE_INLINE __attribute__((always_inline)) inline

BRANDIRON_LANE_INLINE Lane8 lane_max(const Lane8& a, const Lane8& b) { return a > b ? a : b; }
BRANDIRON_LANE_INLINE Lane8 lane_min(const Lane8& a, const Lane8& b) { return a < b ? a : b; }
BRANDIRON_LANE_INLINE Lane8 lane_abs(const Lane8& a) { return lane_max(a, -a); }

/// log2 of positive numbers, absolute error below 1e-5: 0.0001 dB.
BRANDIRON_LANE_INLINE Lane8 lane_log2(const Lane8& x) {
  const LaneInt8 bits = reinterpret_cast<LaneInt8>(x);
  const Lane8 exponent = __builtin_convertvector((bits >> 23) - 127, Lane8);
  const LaneInt8 mantissa_bits = (bits & 0x007fffff) | 0x3f800000;
  const Lane8 m = reinterpret_cast<Lane8>(mantissa_bits) - 1.0F;
  // Least-squares fit of log2(1 + m) on [0, 1), exact at both ends.
  const Lane8 p =
      m * (1.44252727F +
           m * (-0.71791348F +
                m * (0.45654041F + m * (-0.27596896F + m * (0.12010026F + m * -0.02528551F)))));
  return exponent + p;
}

/// 2^x for |x| < 126, relative error below 1e-6.
BRANDIRON_LANE_INLINE Lane8 lane_exp2(const Lane8& x) {
  const Lane8 shifted = x + 128.0F;
  const LaneInt8 whole = __builtin_convertvector(shifted, LaneInt8);
  const Lane8 f = shifted - __builtin_convertvector(whole, Lane8);
  // Least-squares fit of 2^f on [0, 1), exact at both ends.
  const Lane8 p =
      1.0F + f * (0.693152972F +
                  f * (0.240147558F + f * (0.055853353F + f * (0.008950559F + f * 0.001895559F))));
  const LaneInt8 bits = (whole - 1) << 23;
  return p * reinterpret_cast<Lane8>(bits);
}

}  // namespace brandiron::gen::band
