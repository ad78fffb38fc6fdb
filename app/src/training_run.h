#pragma once

#include <filesystem>
#include <string>

#include "brandiron/core/config.h"
#include "cli.h"

namespace brandiron::app {

/// `path`, or that below home_folder() where only there it exists: what ships is found from any
/// folder.
std::filesystem::path find_shipped(const std::filesystem::path& path);

/// What a training run is told: --config, or the shipped `fallback`, then --set, then --seed.
Config training_config(const Globals& globals, const std::string& fallback);

/// @throws Error(kOutput) when `weights` are there and neither going on nor overwriting was asked
/// for.
void check_weights_free(const std::filesystem::path& weights, bool resume, const Globals& globals);

}  // namespace brandiron::app
