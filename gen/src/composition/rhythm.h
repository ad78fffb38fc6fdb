#pragma once

#include <vector>

#include "composition/meter.h"
#include "composition/sampler.h"

namespace brandiron::gen {

/// What the rhythm must know of one syllable.
struct SungSyllable {
  int stress = 0;  ///< 0 none, 1 primary, 2 secondary
  bool word_start = true;
  bool pause_after = false;  ///< a comma: room for a small rest
};

struct SungRhythm {
  std::vector<double> onsets;     ///< beats from the line's bar line; pickups are negative
  std::vector<double> durations;  ///< beats
};

struct RhythmRequest {
  Meter meter;
  int bars = 2;               ///< room of the line
  double pickup_beats = 1.0;  ///< how far before the bar line it may begin (0 at the song's start)
  double breath_beats = 0.5;  ///< rest before the next line's pickup
  std::vector<double> motif;  ///< onsets to prefer (the line that this one echoes); may be empty
  double motif_strength = 1.0;
};

/// Bars that a line of so many syllables needs: at least `usual`, a multiple of it when more.
int bars_needed(int syllables, int usual, const Meter& meter);

/// Places the syllables on the grid: stressed ones on strong beats, words kept together, the last
/// note long, a breath after it. Drawn exactly from a distribution over all placements (backward
/// filtering, forward sampling). @pre the line fits (`bars_needed`).
SungRhythm fit_rhythm(const std::vector<SungSyllable>& syllables, const RhythmRequest& request,
                      Sampler& sampler);

}  // namespace brandiron::gen
