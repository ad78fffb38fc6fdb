// Lines at the very places where a decoder's strides leave them. comb.h looks for a comb at any
// speed, on an axis as coarse as that needs, and many a chord fits one of hundreds of speeds. Most
// recordings play at the speed they were made at, and there a decoder's lines stand within a
// hertz of multiples of (rate / product of strides), for as long as the recording lasts: long
// windows, a fine axis, and few places to look at. Where the comb branch is off, so is this.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace brandiron::detect {

/// How far each bin of the mean spectrum stands above its neighbours (10 Hz either side), in
/// deviations of what such heights are nearby (600 Hz either side), from kLowHz to kHighHz.
struct LineSpectrum {
  static constexpr double kLowHz = 900, kHighHz = 16600;
  static constexpr double kStep = 0.025, kLeast = -2, kMost = 4;
  double bin_hz = 0;
  std::vector<std::uint8_t> steps;  ///< kLeast + kStep (step - 1); 0: nothing is there
  bool empty() const { return steps.empty(); }
};

LineSpectrum line_spectrum(std::span<const float> signal, int rate_hz);

/// The best of some spacings at some speeds.
struct LineMatch {
  double strength = 0;     ///< sum of the lines' heights over the root of their number
  double weaker_half = 0;  ///< the same of the half of the lines, by frequency, that has less
  double spacing_hz = 0, speed = 1;
};

/// Rates of systems over products of strides.
struct Strides {
  std::vector<double> usual;       ///< of systems of 44.1 kHz
  std::vector<double> other;       ///< of systems of 16 to 48 kHz
  std::vector<double> transposed;  ///< usual ones one or two whole semitones up or down
};
const Strides& known_strides();

/// The best of `spacings_hz` at any speed within +-`reach` (0.035: 3.5 %; 0: as they are). The
/// weaker half is the best for itself. Zeros where no spacing has enough lines in sight.
LineMatch match_lines(const LineSpectrum& spectrum, std::span<const double> spacings_hz,
                      double reach);

/// What of known strides a recording shows.
struct StrideMatches {
  /// Of usual strides, other ones and transposed ones, as they are; of usual ones within 3.5 %.
  std::array<LineMatch, 4> best;
  std::vector<double> each;  ///< strength of each usual one, as it is
};

StrideMatches match_strides(const LineSpectrum& spectrum);

}  // namespace brandiron::detect
