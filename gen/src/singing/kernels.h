#pragma once

#include <complex>
#include <cstddef>
#include <span>

namespace brandiron::gen::singing {

// Element-wise loops of the synthesiser. Compiled twice (AVX2 and baseline) without contraction, so
// the bits are the same on every processor; float accuracy about 1e-6.

/// out[i] = exp(log_spectrum[i].re) * e^{j (log_spectrum[i].im + phase[i])}, in place.
void exponentiate(std::span<std::complex<float>> log_spectrum, std::span<const float> phase);
/// values[i] = e^{values[i]}.
void exponentials(std::span<float> values);
/// values[i] = ln(values[i]), of positive normal numbers; det::log, rounded.
void logarithms(std::span<float> values);
/// out[i] = table[index[i]] + fraction[i] * (table[index[i] + 1] - table[index[i]]).
void gather_lerp(std::span<const float> table, std::span<const int> index,
                 std::span<const float> fraction, std::span<float> out);
/// out[i] = a[i] + x * (b[i] - a[i]).
void lerp(std::span<const float> a, std::span<const float> b, float x, std::span<float> out);
/// out[i] += gain * window[i] * in[i].
void add_windowed(std::span<const float> in, std::span<const float> window, float gain,
                  std::span<float> out);
/// Soft saturation tanh(drive x) / drive by a rational approximation, in place.
void saturate(std::span<float> samples, float drive);

}  // namespace brandiron::gen::singing
