#pragma once

#include <string>
#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {

/// Replaces every `from` in `text`.
std::string replace_all(std::string text, const std::string& from, const std::string& to);

/// {other} becomes a quoted path, the n-th {random} the n-th of `drawn` (the last when there are
/// fewer).
std::string fill_chain(std::string chain, const std::string& other,
                       const std::vector<std::string>& drawn);

/// Chains for the {random} places of `row`: different rows of the grid's pool, drawn by `rng`.
std::vector<std::string> draw_chains(const AttackGrid& grid, const AttackRow& row, Rng rng);

}  // namespace brandiron::experiments
