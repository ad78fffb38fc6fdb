#include "singing/kernels.h"

#include <bit>
#include <cstdint>

#include "brandiron/core/det_inline.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define BRANDIRON_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define BRANDIRON_CLONES
#endif

namespace brandiron::gen::singing {
namespace {

using det::kRound;

inline __attribute__((always_inline)) float exp_of(float x) { return det::exp_of(x, 60.0F); }

// det::log of a positive normal number, the same operations without a branch.
inline __attribute__((always_inline)) double log_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  // A whole number below 2^52 in the low bits of 2^52.
  double e = std::bit_cast<double>((bits >> 52) | 0x4330000000000000ULL) - (0x1p52 + 1023.0);
  double m = std::bit_cast<double>((bits & 0x000fffffffffffffULL) | 0x3ff0000000000000ULL);
  const bool high = m > 1.4142135623730951;
  m = high ? m * 0.5 : m;
  e = high ? e + 1.0 : e;
  return e * det::kLn2Hi + (det::log_near_one(m) + e * det::kLn2Lo);
}

// sin and cos of 2 pi turns, turns in [-0.5, 0.5]: Taylor on a quarter turn, then doubled twice.
inline __attribute__((always_inline)) void sin_cos_turns(float turns, float& s, float& c) {
  const float y = turns * 1.5707963F;  // a quarter of the angle, |y| <= pi/4
  const float z = y * y;
  float ps = 2.7557319e-6F;
  ps = ps * z - 1.9841270e-4F;
  ps = ps * z + 8.3333333e-3F;
  ps = ps * z - 0.16666667F;
  const float s1 = y + y * z * ps;
  float pc = 2.4801587e-5F;
  pc = pc * z - 1.3888889e-3F;
  pc = pc * z + 4.1666668e-2F;
  pc = pc * z - 0.5F;
  const float c1 = 1.0F + z * pc;
  const float s2 = 2.0F * s1 * c1;
  const float c2 = 1.0F - 2.0F * s1 * s1;
  s = 2.0F * s2 * c2;
  c = 1.0F - 2.0F * s2 * s2;
}

}  // namespace

BRANDIRON_CLONES void exponentiate_loop(float* spectrum, const float* phase, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float magnitude = exp_of(spectrum[2 * i]);
    float turns = (spectrum[2 * i + 1] + phase[i]) * 0.15915494F;
    turns -= (turns + kRound) - kRound;
    float s = 0, c = 0;
    sin_cos_turns(turns, s, c);
    spectrum[2 * i] = magnitude * c;
    spectrum[2 * i + 1] = magnitude * s;
  }
}

BRANDIRON_CLONES void exponentials_loop(float* values, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) values[i] = exp_of(values[i]);
}

BRANDIRON_CLONES void logarithms_loop(float* values, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    values[i] = static_cast<float>(log_of(static_cast<double>(values[i])));
  }
}

BRANDIRON_CLONES void gather_lerp_loop(const float* table, const int* index, const float* fraction,
                                       float* out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float a = table[index[i]], b = table[index[i] + 1];
    out[i] = a + fraction[i] * (b - a);
  }
}

BRANDIRON_CLONES void lerp_loop(const float* a, const float* b, float x, float* out,
                                std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = a[i] + x * (b[i] - a[i]);
}

BRANDIRON_CLONES void add_windowed_loop(const float* in, const float* window, float gain,
                                        float* out, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] += gain * window[i] * in[i];
}

BRANDIRON_CLONES void saturate_loop(float* samples, float drive, float inverse, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    float x = samples[i] * drive;
    x = x < -3.0F ? -3.0F : x;
    x = x > 3.0F ? 3.0F : x;
    samples[i] = inverse * x * (27.0F + x * x) / (27.0F + 9.0F * x * x);
  }
}

void exponentiate(std::span<std::complex<float>> log_spectrum, std::span<const float> phase) {
  exponentiate_loop(reinterpret_cast<float*>(log_spectrum.data()), phase.data(),
                    log_spectrum.size());
}
void exponentials(std::span<float> values) { exponentials_loop(values.data(), values.size()); }
void logarithms(std::span<float> values) { logarithms_loop(values.data(), values.size()); }
void gather_lerp(std::span<const float> table, std::span<const int> index,
                 std::span<const float> fraction, std::span<float> out) {
  gather_lerp_loop(table.data(), index.data(), fraction.data(), out.data(), out.size());
}
void lerp(std::span<const float> a, std::span<const float> b, float x, std::span<float> out) {
  lerp_loop(a.data(), b.data(), x, out.data(), out.size());
}
void add_windowed(std::span<const float> in, std::span<const float> window, float gain,
                  std::span<float> out) {
  add_windowed_loop(in.data(), window.data(), gain, out.data(), out.size());
}
void saturate(std::span<float> samples, float drive) {
  saturate_loop(samples.data(), drive, 1.0F / drive, samples.size());
}

}  // namespace brandiron::gen::singing
