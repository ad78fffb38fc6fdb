#pragma once

// Pieces of det_math.h for loops that must be compiled as a whole: inlined into the caller,
// whatever instructions it is compiled for. The operations, and so the bits, are those of
// det_math.cpp.

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

}  // namespace brandiron::det
