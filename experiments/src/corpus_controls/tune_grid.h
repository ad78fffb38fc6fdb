#pragma once

#include <string>
#include <vector>

#include "brandiron/experiments/human_tune.h"

namespace brandiron::experiments {

/// A note in units of the grid of song plans: a quarter of a beat, in 12/8 a sixth.
struct GridNote {
  int start = 0, end = 0;  ///< from the bar line that the tune's first bar begins on; may be < 0
  int pitch = 60;
  bool slurred = false;  ///< in every verse
};

/// A tune in the metre of a song plan.
struct GridTune {
  std::string why_not;  ///< "" : it can be written so
  int beats_per_bar = 4, units_per_beat = 4;
  bool compound = false;
  std::vector<GridNote> notes;
  std::vector<HumanChord> beats;  ///< the chord of every beat from the first bar line on
  std::size_t quantised = 0;

  int units_per_bar() const { return beats_per_bar * units_per_beat; }
};

/// 2/4, 2/2 and 8/4 become 4/4; 6/4, 3/2 and 3/8 become 3/4; 6/8 becomes 12/8. Other metres, bars
/// of odd lengths, rhythms off the grid and chords that a plan cannot say are refused.
GridTune grid_tune(const HumanTune& tune);

}  // namespace brandiron::experiments
