#pragma once

#include <string_view>
#include <vector>

#include "effect.h"

namespace brandiron::effects_internal {

struct Step {
  const Effect* effect = nullptr;
  Arguments arguments;
};

/// @throws Error(kInvalidArgument) with the position (from 1), the offending word and what is
/// known.
std::vector<Step> parse_chain(std::string_view text);

/// Every parameter written out; `parse_chain` reads it back to the same steps.
std::string chain_text(const std::vector<Step>& steps);

}  // namespace brandiron::effects_internal
