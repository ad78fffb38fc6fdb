// The mean of a recording's spectrum in decibels: what moves averages out, what stands still stays.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace brandiron::detect {

/// Mean over windows of the spectrum in dB (of an unscaled transform, at least -60), window / 2 + 1
/// bins. Windows quieter than -60 dBFS do not count; empty when all are. A signal shorter than the
/// window is padded. @param window a power of two.
std::vector<float> mean_spectrum_db(std::span<const float> signal, std::size_t window,
                                    std::size_t hop);

/// Mean within `reach` places of each place.
std::vector<float> running_mean(const std::vector<float>& x, std::size_t reach);

}  // namespace brandiron::detect
