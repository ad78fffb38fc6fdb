#pragma once

#include <string>
#include <vector>

#include "composition/sampler.h"

namespace brandiron::gen {

/// A chord by degree: semitones above the tonic and Harte quality.
struct DegreeChord {
  int bars_eighths = 8;  ///< length in eighths of a bar: 8 = a whole bar, 4 = half
  int degree_pc = 0;
  std::string quality = "maj";
};

/// What a section's harmony must do at its end.
enum class Cadence { kHome, kOpen, kAny };

/// Chords of `bars` bars drawn from the measured four-bar cells (McGill Billboard, country songs,
/// CC0 counts), joined by measured bigrams; minor keys use a small table of their own.
/// The sum of lengths is exactly `bars` bars.
std::vector<DegreeChord> write_harmony(const std::string& label, int bars, Cadence cadence,
                                       bool minor, Sampler& sampler);

/// "I", "V7", "bVII", "ii" -> degree and quality. @throws Error(kInternal) for an unknown numeral.
DegreeChord parse_roman(const std::string& roman);

/// Pitch classes of a chord relative to its root, by Harte shorthand.
std::vector<int> chord_intervals(const std::string& quality);

}  // namespace brandiron::gen
