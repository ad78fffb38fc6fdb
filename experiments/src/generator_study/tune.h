#pragma once

#include <array>
#include <string>
#include <vector>

#include "brandiron/gen/score.h"

namespace brandiron::experiments {

inline constexpr int kTicksPerQuarter = 48;

/// One note of a tune, ours or a human's. Times in ticks of a 48th of a quarter note.
struct TuneNote {
  int start = 0, duration = 0, pitch = 60;
  int weight = 0;   ///< metric: 4 bar line, 3 middle of a bar of two halves, 2 beat, 1 half, 0
  int stress = -1;  ///< of the syllable that begins here: 0 1 2; -1 none begins or not known
  int chord = 0;    ///< bit c: pitch class c belongs to the chord; 0 no chord known
  bool line_start = false, line_end = false;
};

/// A sung melody, once through.
struct Tune {
  std::string id;
  int tonic_pc = 0, bar_ticks = 4 * kTicksPerQuarter;
  std::array<bool, 12> scale{};  ///< degrees of the mode, by semitones above the tonic
  std::vector<TuneNote> notes;
};

/// Degrees of a mode: major minor mixolydian dorian lydian phrygian. @throws Error(kFormat).
std::array<bool, 12> scale_of_mode(const std::string& mode);

/// Pitch classes of a chord as a bit mask. Qualities as in Harte's shorthand.
int chord_mask(int root_pc, const std::string& quality);

/// Metric weight of a place in a bar of num/den.
int metric_weight(int tick_in_bar, int numerator, int denominator);

/// The lead of a score.
Tune tune_of(const gen::Score& score);

}  // namespace brandiron::experiments
