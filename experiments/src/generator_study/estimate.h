#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "brandiron/experiments/generator_study.h"
#include "generator_study/human_pack.h"

namespace brandiron::experiments {

/// What one song adds to a figure: `k` of `n`.
struct Part {
  double k = 0, n = 0;
};

/// Sum of k over sum of n. 95 %: songs are drawn again with all that belongs to them, 1000 times
/// from a fixed seed; Wilson's interval over the songs where all of them agree.
Figure ratio_figure(const std::vector<Part>& songs);

/// k of n independent cases, Wilson's interval.
Figure share_figure(double k, double n);

/// The q-quantile of the values; the interval is that of its order statistics.
Figure quantile_figure(std::vector<double> values, double q);

/// Jensen-Shannon divergence in bits of two count tables; 0 .. 1.
/// @see Lin, "Divergence measures based on the Shannon entropy", IEEE Trans. IT 37, 1991.
double divergence_bits(const Counts& a, const Counts& b);

/// Divergence of all songs together from `reference`, with an interval from drawing songs again.
Figure divergence_figure(const std::vector<Counts>& songs, const Counts& reference);

}  // namespace brandiron::experiments
