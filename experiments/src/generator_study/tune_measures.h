#pragma once

#include <vector>

#include "generator_study/estimate.h"
#include "generator_study/tune.h"

namespace brandiron::experiments {

/// What is counted in a melody; each Part is k of n for one tune.
struct TuneParts {
  Part diatonic;        ///< notes on a degree of the mode
  Part strong_chord;    ///< notes of weight 3 or 4 that are chord tones
  Part final_tonic;     ///< the last note is the tonic
  Part steps;           ///< intervals of at most 2 semitones, of all between notes not far apart
  Part stress;          ///< stressed syllables on a weight at least their unstressed neighbours'
  Part stress_all;      ///< the same against every neighbour
  Part long_line_ends;  ///< last notes of lines at least 1.4 x the mean of their line
  double range = 0;     ///< semitones
  std::vector<double> intervals;  ///< counts of |interval| 0 .. 12 and more
  std::vector<double> degrees;    ///< counts of 12 degrees
};

TuneParts measure_tune(const Tune& tune);

}  // namespace brandiron::experiments
