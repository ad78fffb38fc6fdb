#pragma once

#include <vector>

#include "brandiron/experiments/human_tune.h"
#include "corpus_controls/tune_grid.h"

namespace brandiron::experiments {

/// Notes [from, to) that are sung in one breath: a line of words.
struct TuneLine {
  std::size_t from = 0, to = 0;
  int start_bar = 0;  ///< the bar line that it is written from, from the tune's first
};

/// The tune cut into an even number of lines: of about two bars (four in 3/4), at rests, long notes
/// and ends of phrases, where words begin in the verses that have them. Empty when no cut is
/// possible.
std::vector<TuneLine> cut_lines(const HumanTune& tune, const GridTune& grid);

/// The bar after the last line, with room for the pickup that comes next.
int end_bar(const GridTune& grid, const TuneLine& first, const TuneLine& last);

}  // namespace brandiron::experiments
