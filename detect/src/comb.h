// The comb branch. A decoder that upsamples by inserting zeros copies its constant part to
// multiples of rate / (product of its strides): faint lines that stand still while the music moves.
// They show in the mean of the spectrum in decibels, above its lower hull. On a logarithmic
// frequency axis a change of speed is a shift, so looking for a comb at any speed is looking along
// one axis.
//
// Written from the arithmetic of upsampling. Two patent applications exist on detecting music in
// this way: the branch can be switched off (configuration, --no-comb), and everything else works
// without.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace brandiron::detect {

inline constexpr std::size_t kCombPoints = 4096;
inline constexpr double kCombLowHz = 1000, kCombHighHz = 16000;

/// How far the mean spectrum stands above its lower hull at kCombPoints logarithmically spaced
/// frequencies, in steps of kStepDb. Empty when it was not made.
struct CombSpectrum {
  static constexpr double kStepDb = 0.05;
  std::vector<std::uint8_t> steps;
  bool empty() const { return steps.empty(); }
};

CombSpectrum comb_spectrum(std::span<const float> signal, int rate_hz);

/// A set of lines to look for: places on the axis, in points, at the speed 1.
struct CombTemplate {
  std::string name;                    ///< "1102.5 Hz", or the decoder family it was learnt from
  double spacing_hz = 0;               ///< 0 for a learnt one
  std::vector<float> places, weights;  ///< weights sum to 1
};

/// Combs of the known products of strides: rate / 40 .. rate / 512 at usual rates.
std::vector<CombTemplate> known_combs();

/// The lines by which the mean of `with` exceeds the mean of `without`, the strongest `num_lines`.
CombTemplate learn_comb(const std::string& name, std::span<const CombSpectrum* const> with,
                        std::span<const CombSpectrum* const> without, std::size_t num_lines = 48);

struct CombMatch {
  double strength = 0;   ///< standard deviations above what other places give, best speed
  double speed = 1;      ///< at which it was found
  double excess_db = 0;  ///< mean height of the lines over the rest
  double margin = 0;     ///< over the best speed elsewhere
  /// A decoder's comb goes through the whole spectrum, and a chord that happens to fit does not:
  /// the strength of the weaker half of the lines, at that speed and at the speed best for it.
  double weaker_half = 0, best_weaker_half = 0;
};

/// The best match over speeds within +-12 %.
CombMatch match_comb(const CombSpectrum& spectrum, const CombTemplate& comb);

}  // namespace brandiron::detect
