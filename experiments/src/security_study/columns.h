#pragma once

#include <cstddef>
#include <vector>

#include "security_study/bench.h"

namespace brandiron::experiments {

inline constexpr std::size_t kCycleRows = 4096;  ///< the pattern repeats after so many columns
using Columns = std::vector<float>;              ///< kCycleRows rows of the lattice

/// Column of `known` that the first column of `piece` fits best.
std::size_t best_lag(const Columns& known, const Columns& piece);
/// Begins at column `lag`.
Columns turned(const Columns& known, std::size_t lag);
/// The true signs from the first column of a file with this payload (of key 0).
Columns signs_of(const SecurityBench& bench, int payload);

/// What the mark did to each cell, as somebody sees who has the original too.
std::vector<float> cell_difference_db(const AudioBuffer& original, const AudioBuffer& marked);
/// Changes as deep as the mark would be here, with signs that were seen elsewhere.
std::vector<float> with_signs(const AudioBuffer& audio, const std::vector<float>& seen, float gain);
AudioBuffer with_change(AudioBuffer audio, const std::vector<float>& change_db);
/// The verifier's own weights over one cycle: they need no key, so an attacker has them too.
Columns weights_of(const AudioBuffer& audio);
void add_at(Columns& known, const Columns& piece, std::size_t lag, float gain);
/// As deep as the mark would be here, in proportion to how sure the estimate of each sign is.
AudioBuffer with_estimate(AudioBuffer audio, const Columns& estimate, float gain);

}  // namespace brandiron::experiments
