#include "range_check.h"

#include <array>
#include <charconv>

#include "brandiron/core/error.h"

namespace brandiron {

std::string number_text(double value) {
  std::array<char, 40> buffer{};
  // Integers print plainly ("16000", not "1.6e+04").
  const bool plain =
      value > -1e15 && value < 1e15 && (value == 0 || value >= 1e-4 || value <= -1e-4);
  const auto result = plain ? std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                            std::chars_format::fixed)
                            : std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

void check_range(const char* what, double value, double low, double high) {
  if (value >= low && value <= high) return;
  throw Error(ErrorCode::kInvalidArgument, std::string(what) + ": found " + number_text(value) +
                                               ", expected " + number_text(low) + " to " +
                                               number_text(high));
}

}  // namespace brandiron
