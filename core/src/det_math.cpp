#include "brandiron/core/det_math.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "brandiron/core/det_inline.h"

// Plain IEEE additions, multiplications and divisions in a fixed order (the file is compiled with
// contraction off), with classic argument reductions. Accuracy is tested against libm.

namespace brandiron::det {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kInvLn2 = 1.4426950408889634;

// The nearest whole number of |x| < 2^51, an even one of two as near. Inline where std::nearbyint
// is a call below SSE4.1.
double nearest(double x) {
  constexpr double kShift = 0x1.8p52;
  return (x + kShift) - kShift;
}

double scale_by_power_of_two(double x, int e) {
  // Two steps keep the factors normal for results near the ends of the range.
  const int half = e / 2;
  const auto factor = [](int n) {
    return std::bit_cast<double>(static_cast<std::uint64_t>(n + 1023) << 52);
  };
  return x * factor(half) * factor(e - half);
}

// exp(r) for |r| <= ln2/2: Taylor to the 13th power (error under 2^-60).
double exp_reduced(double r) {
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  return p * r + 1.0;
}

// sin and cos of r in [-pi/4, pi/4].
double sin_reduced(double r) {
  const double z = r * r;
  double p = -1.0 / 1307674368000.0;
  p = p * z + 1.0 / 6227020800.0;
  p = p * z - 1.0 / 39916800.0;
  p = p * z + 1.0 / 362880.0;
  p = p * z - 1.0 / 5040.0;
  p = p * z + 1.0 / 120.0;
  p = p * z - 1.0 / 6.0;
  return r + r * z * p;
}

double cos_reduced(double r) {
  const double z = r * r;
  double p = 1.0 / 20922789888000.0;
  p = p * z - 1.0 / 87178291200.0;
  p = p * z + 1.0 / 479001600.0;
  p = p * z - 1.0 / 3628800.0;
  p = p * z + 1.0 / 40320.0;
  p = p * z - 1.0 / 720.0;
  p = p * z + 1.0 / 24.0;
  return 1.0 - 0.5 * z + z * z * p;
}

// Cody-Waite reduction by pi/2 in three parts; returns the quadrant.
int reduce_half_pi(double x, double& r) {
  const double n = nearest(x * 0.63661977236758138);
  r = ((x - n * 1.57079632673412561417e+00) - n * 6.07710050630396597660e-11) -
      n * 2.02226624879595063154e-21;
  return static_cast<int>(static_cast<std::int64_t>(n) & 3);
}

double atan_positive(double x) {
  // atan(x) = 2 atan(x / (1 + sqrt(1 + x^2))), twice, leaves |x| < 0.2; then the series.
  const double y = x / (1.0 + std::sqrt(1.0 + x * x));
  const double z = y / (1.0 + std::sqrt(1.0 + y * y));
  const double w = z * z;
  double p = 0.0;
  for (int k = 27; k >= 1; k -= 2) p = 1.0 / k - w * p;
  return 4.0 * z * p;
}

}  // namespace

double exp(double x) {
  if (!(x > -745.5)) return x != x ? x : 0.0;
  if (x > 709.9) return kInf;
  const double n = nearest(x * kInvLn2);
  const double r = (x - n * kLn2Hi) - n * kLn2Lo;
  const int e = static_cast<int>(n);
  if (e < -1021) return scale_by_power_of_two(exp_reduced(r), e + 1000) * 0x1p-1000;
  return scale_by_power_of_two(exp_reduced(r), e);
}

double exp2(double x) {
  if (!(x > -1075.0)) return x != x ? x : 0.0;
  if (x >= 1024.0) return kInf;
  const double n = nearest(x);
  const double r = (x - n) * 0.69314718055994531;
  const int e = static_cast<int>(n);
  if (e < -1021) return scale_by_power_of_two(exp_reduced(r), e + 1000) * 0x1p-1000;
  return scale_by_power_of_two(exp_reduced(r), e);
}

double log(double x) {
  if (x != x || x < 0.0) return std::numeric_limits<double>::quiet_NaN();
  if (x == 0.0) return -kInf;
  if (x == kInf) return kInf;
  int e = 0;
  if (x < 0x1p-1022) {
    x *= 0x1p54;
    e = -54;
  }
  auto bits = std::bit_cast<std::uint64_t>(x);
  e += static_cast<int>(bits >> 52) - 1023;
  bits = (bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL;
  double m = std::bit_cast<double>(bits);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    ++e;
  }
  return e * kLn2Hi + (log_near_one(m) + e * kLn2Lo);
}

double log2(double x) { return log(x) * kInvLn2; }
double log10(double x) { return log(x) * 0.43429448190325182; }

double pow(double base, double exponent) {
  if (exponent == 0.0) return 1.0;
  if (base == 0.0) return exponent > 0.0 ? 0.0 : kInf;
  return exp(exponent * log(base));
}

double sin(double x) {
  double r = 0.0;
  switch (reduce_half_pi(x, r)) {
    case 0:
      return sin_reduced(r);
    case 1:
      return cos_reduced(r);
    case 2:
      return -sin_reduced(r);
    default:
      return -cos_reduced(r);
  }
}

double cos(double x) {
  double r = 0.0;
  switch (reduce_half_pi(x, r)) {
    case 0:
      return cos_reduced(r);
    case 1:
      return -sin_reduced(r);
    case 2:
      return -cos_reduced(r);
    default:
      return sin_reduced(r);
  }
}

double tan(double x) { return sin(x) / cos(x); }

double tanh(double x) {
  if (x > 20.0) return 1.0;
  if (x < -20.0) return -1.0;
  if (x > -0.05 && x < 0.05) {  // avoids cancellation
    const double z = x * x;
    return x * (1.0 - z * (1.0 / 3.0 - z * (2.0 / 15.0 - z * (17.0 / 315.0 - z * 62.0 / 2835.0))));
  }
  const double e = exp(2.0 * x);
  return (e - 1.0) / (e + 1.0);
}

double atan2(double y, double x) {
  constexpr double kPi = 3.14159265358979323846;
  if (x == 0.0 && y == 0.0) return 0.0;
  const double ax = x < 0 ? -x : x;
  const double ay = y < 0 ? -y : y;
  double a = ax >= ay ? atan_positive(ay / ax) : kPi / 2 - atan_positive(ax / ay);
  if (x < 0) a = kPi - a;
  return y < 0 ? -a : a;
}

double sqrt(double x) { return std::sqrt(x); }

double db_to_gain(double db) { return exp(db * 0.11512925464970229); }
double gain_to_db(double gain) { return log(gain) * 8.6858896380650366; }
double midi_to_hz(double midi) { return 440.0 * exp2((midi - 69.0) / 12.0); }

}  // namespace brandiron::det
