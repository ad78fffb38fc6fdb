#pragma once

#include <cmath>
#include <string>

#include "brandiron/experiments/generator_study.h"

namespace brandiron::experiments {

/// "97.20 %" or "0.031".
std::string shown(const GeneratorRow& row, double value);
/// ">= 97 %", "60 to 72 %", "about 15 %".
std::string shown_target(const GeneratorRow& row);
/// "reached", "NOT REACHED", "skipped" or "".
std::string shown_verdict(const GeneratorRow& row);

}  // namespace brandiron::experiments
