#pragma once

#include <filesystem>
#include <string>

#include "brandiron/core/config.h"
#include "cli.h"

namespace brandiron::app {

/// What a training run is told: --config, or `fallback` below home_folder(), then --set, then
/// --seed.
Config training_config(const Globals& globals, const std::string& fallback);

/// @throws Error(kOutput) when `weights` are there and neither going on nor overwriting was asked
/// for.
void check_weights_free(const std::filesystem::path& weights, bool resume, const Globals& globals);

}  // namespace brandiron::app
