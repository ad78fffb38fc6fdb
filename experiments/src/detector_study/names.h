#pragma once

namespace brandiron::experiments {

/// The row that nothing is done in.
inline constexpr const char* kCleanRow = "none";

}  // namespace brandiron::experiments
