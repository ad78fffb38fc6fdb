#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::experiments {

/// The published Fourier features of a recording: the spectrum averaged over time, less its lower
/// hull, from 5 to 16 kHz; each in [0, 1], 4087 of them at 44.1 kHz. Where a decoder upsamples by
/// strided transposed convolutions there are peaks at multiples of the rate over the strides.
/// Silence, and what has nothing there, gives zeros.
/// @see Afchar, Meseguer-Brocal, Akesbi, Hennequin, "A Fourier explanation of AI-music artifacts",
/// ISMIR 2025. Written from the paper's description.
/// @throws Error(kInvalidArgument) for a rate other than 44.1 kHz.
std::vector<float> fourier_features(const AudioBuffer& audio);

inline constexpr std::size_t kNumFourier = 4087;

/// The largest values that lie below `curve` in windows of `window` points, joined by a quadratic
/// spline.
std::vector<double> lower_hull(std::span<const double> curve, std::size_t window);

/// The quadratic spline through (x, y) with knots half-way between the points, at 0 .. count - 1.
/// `x` rises; at least 3 points.
std::vector<double> quadratic_spline(std::span<const double> x, std::span<const double> y,
                                     std::size_t count);

/// 16 bits a feature. @throws Error(kOutput).
void write_features(const std::filesystem::path& file, std::span<const float> features);
/// @throws Error(kIo), Error(kFormat).
std::vector<float> read_features(const std::filesystem::path& file);

}  // namespace brandiron::experiments
