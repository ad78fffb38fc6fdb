#pragma once

#include <string>

#include "brandiron/experiments/corpus.h"

namespace brandiron::experiments {

/// What an item costs, for plans: estimates from measured rates (the table in rates.cpp, the one
/// place that holds them; docs/corpora.md says how they were measured).
struct ItemCost {
  double duration_s = 0, bytes = 0, cpu_s = 0;
};
ItemCost item_cost(const Item& item);

/// The rates in words, for plans and `--json`.
std::string corpus_rates_text();

}  // namespace brandiron::experiments
