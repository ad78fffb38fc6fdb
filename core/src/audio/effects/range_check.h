#pragma once

#include <string>

namespace brandiron {

/// @throws Error(kInvalidArgument) "<what>: found x, expected low to high" unless low <= x <= high
/// (so NaN fails too).
void check_range(const char* what, double value, double low, double high);

/// Shortest text that reads back as the same double: "0.1", "16000", "1e-06".
std::string number_text(double value);

}  // namespace brandiron
