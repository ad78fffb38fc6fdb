#pragma once

#include <string>
#include <vector>

#include "brandiron/core/rng.h"

namespace brandiron::gen {

/// A section before its notes: `lines` sung lines in `bars` bars (0 lines: the band alone).
struct PlannedSection {
  std::string label;  ///< intro verse chorus bridge instrumental outro
  int bars = 0;
  int lines = 0;
};

struct FormRequest {
  std::string form;       ///< "" = drawn, else labels separated by spaces
  double duration_s = 0;  ///< 0 = drawn between 2:20 and 3:10 (a pinned form then decides alone)
  double bar_s = 3.0;
  int bars_per_line = 2;
};

/// The longest and shortest song that can be asked for.
inline constexpr double kShortestSong_s = 15.0, kLongestSong_s = 900.0;

/// Chooses sections and their lengths so that the whole comes within a bar of the duration.
/// @throws Error(kInvalidArgument) for an unknown label or a duration that no form can meet.
std::vector<PlannedSection> plan_form(const FormRequest& request, const Rng& rng);

/// "intro verse chorus" -> labels. "solo", "break" and "inst" mean instrumental.
/// @throws Error(kInvalidArgument) naming the word and the labels that exist.
std::vector<std::string> parse_form(const std::string& form);

/// Adds or removes bars of the band's own sections until the total is as near `bars` as it can be.
void stretch_to(std::vector<PlannedSection>& sections, int bars);

int total_bars(const std::vector<PlannedSection>& sections);

}  // namespace brandiron::gen
