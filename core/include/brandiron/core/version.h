#pragma once

#include <string>

namespace brandiron {

std::string version();     ///< "0.1.0"
std::string git_commit();  ///< 12 hex digits, or "unknown" outside a checkout
/// Instruction set and compiler this binary runs with, e.g. "x86_64 avx2 gcc-12.2".
std::string machine_name();

}  // namespace brandiron
