#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/rng.h"

namespace brandiron::effects_internal {

/// Values of one step, every parameter present and inside its range.
class Arguments {
 public:
  double number(std::string_view name) const { return numbers_.find(name)->second; }
  int integer(std::string_view name) const { return static_cast<int>(number(name) + 0.5); }
  const std::string& text(std::string_view name) const { return texts_.find(name)->second; }

  void set_number(const std::string& name, double value) { numbers_[name] = value; }
  void set_text(const std::string& name, std::string value) { texts_[name] = std::move(value); }
  bool has(std::string_view name) const { return numbers_.contains(name) || texts_.contains(name); }

 private:
  std::map<std::string, double, std::less<>> numbers_;
  std::map<std::string, std::string, std::less<>> texts_;
};

/// One effect: an entry here is all it takes to add it to the language, the list and the tests.
struct Effect {
  EffectInfo info;
  /// Takes the audio by value and returns it changed. `rng` is this step's own stream.
  AudioBuffer (*apply)(AudioBuffer audio, const Arguments& arguments, Rng rng) = nullptr;
  /// Throws Error(kInvalidArgument) for values that are in range but do not fit together.
  void (*check)(const Arguments& arguments) = nullptr;
};

// Each kind has its file.
std::vector<Effect> level_effects();
std::vector<Effect> noise_effects();
std::vector<Effect> filter_effects();
std::vector<Effect> dynamics_effects();
std::vector<Effect> time_effects();
std::vector<Effect> space_effects();
std::vector<Effect> codec_effects();
std::vector<Effect> resynthesis_effects();

/// All of the above, sorted by name.
const std::vector<Effect>& all_effects();
/// nullptr when there is none of that name.
const Effect* find_effect(std::string_view name);

// Shorthand for the tables.
inline EffectParameter number_parameter(std::string name, std::string description, double low,
                                        double high, std::string fallback = "") {
  return {std::move(name), std::move(description), low, high, std::move(fallback), false, {}};
}
inline EffectParameter choice_parameter(std::string name, std::string description,
                                        std::vector<std::string> choices) {
  std::string first = choices.front();
  return {std::move(name),   std::move(description), 0, 0, std::move(first), true,
          std::move(choices)};
}
inline EffectParameter text_parameter(std::string name, std::string description,
                                      std::string fallback = "") {
  return {std::move(name), std::move(description), 0, 0, std::move(fallback), true, {}};
}

}  // namespace brandiron::effects_internal
