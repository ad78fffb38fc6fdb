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

}  // namespace brandiron::experiments
