#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace brandiron {

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal
/// string alignment). Quadratic: meant for names.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word`, or "" when none is near enough to be a typing mistake (at most
/// a third of its letters, at least 2). Ties go to the first.
std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace brandiron
