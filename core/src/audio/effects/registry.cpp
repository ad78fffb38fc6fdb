#include <algorithm>

#include "effect.h"

namespace brandiron {
namespace effects_internal {
namespace {

std::vector<Effect> collect() {
  std::vector<Effect> all;
  for (const auto kind : {level_effects, noise_effects, filter_effects, dynamics_effects,
                          time_effects, space_effects, codec_effects, resynthesis_effects}) {
    for (Effect& effect : kind()) all.push_back(std::move(effect));
  }
  std::sort(all.begin(), all.end(),
            [](const Effect& a, const Effect& b) { return a.info.name < b.info.name; });
  return all;
}

}  // namespace

const std::vector<Effect>& all_effects() {
  static const std::vector<Effect> effects = collect();
  return effects;
}

const Effect* find_effect(std::string_view name) {
  for (const Effect& effect : all_effects()) {
    if (effect.info.name == name) return &effect;
  }
  return nullptr;
}

}  // namespace effects_internal

std::vector<EffectInfo> list_effects() {
  std::vector<EffectInfo> infos;
  for (const auto& effect : effects_internal::all_effects()) infos.push_back(effect.info);
  return infos;
}

}  // namespace brandiron
