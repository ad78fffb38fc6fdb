#pragma once

#include <bit>
#include <cstdint>

// Pieces of det_math.h for loops that must be compiled as a whole: inlined into the caller,
// whatever instructions it is compiled for. The operations on doubles, and so the bits, are those
// of det_math.cpp.

namespace brandiron::det {

inline constexpr double kLn2Hi = 6.93147180369123816490e-01;  // ln 2 is their sum
inline constexpr double kLn2Lo = 1.90821492927058770002e-10;

/// ln m for m in [0.70, 1.42]: 2 atanh(s), s = (m - 1) / (m + 1), |s| < 0.172.
__attribute__((always_inline)) inline double log_near_one(double m) {
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double p = 1.0 / 21.0;
  p = p * z + 1.0 / 19.0;
  p = p * z + 1.0 / 17.0;
  p = p * z + 1.0 / 15.0;
  p = p * z + 1.0 / 13.0;
  p = p * z + 1.0 / 11.0;
  p = p * z + 1.0 / 9.0;
  p = p * z + 1.0 / 7.0;
  p = p * z + 1.0 / 5.0;
  p = p * z + 1.0 / 3.0;
  return 2.0 * s + 2.0 * s * z * p;
}

/// Adding and subtracting 1.5 * 2^23 rounds to the nearest integer in every instruction set.
inline constexpr float kRound = 12582912.0F;

/// exp to 2e-7 relative for loops over floats, of plain sums and products. `x` is held within -80
/// and `most`, at most 80.
__attribute__((always_inline)) inline float exp_of(float x, float most) {
  x = x < -80.0F ? -80.0F : x;
  x = x > most ? most : x;
  const float n = (x * 1.44269504F + kRound) - kRound;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.3888889e-3F;
  p = p * r + 8.3333333e-3F;
  p = p * r + 4.1666668e-2F;
  p = p * r + 0.16666667F;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const auto e = static_cast<std::int32_t>(n);
  return p * std::bit_cast<float>((e + 127) << 23);
}

}  // namespace brandiron::det
