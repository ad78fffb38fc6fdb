#pragma once

#include <filesystem>
#include <memory>

#include "brandiron/gen/singer_model.h"

namespace brandiron::app {

/// models/weights/singer.safetensors of this installation.
std::filesystem::path singer_weights();
/// The trained singer; nullptr when there are no weights.
/// @throws Error(kModel) when the file does not fit.
std::shared_ptr<const gen::SingerModel> load_singer(const std::filesystem::path& weights);

}  // namespace brandiron::app
