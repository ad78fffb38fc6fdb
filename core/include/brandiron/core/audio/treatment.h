// Random treatments, drawn from one distribution for both classes, so that codec, bandwidth, level
// and speed say nothing about the label.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "brandiron/core/config.h"
#include "brandiron/core/rng.h"

namespace brandiron {

/// One stage: with probability `chance`, one of `choices`, each an effect chain in which
/// "{low:high}" stands for a uniform number and "{a|b|c}" for one of the words.
struct TreatmentStep {
  double chance = 1;
  std::vector<std::string> choices;
};

struct Treatment {
  std::vector<TreatmentStep> steps;

  /// Reads an array of tables `key` of {chance, choose}. @throws Error(kConfig).
  static Treatment from_config(const Config& config, const std::string& key);
  /// A chain in the language of EffectChain; "" when nothing was drawn.
  std::string draw(Rng rng) const;
};

/// Fills the braces of a template. @throws Error(kConfig) for an unclosed or empty brace.
std::string fill_template(std::string_view text, Rng& rng);

}  // namespace brandiron
