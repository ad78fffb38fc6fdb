#pragma once

#include <filesystem>
#include <memory>

#include "brandiron/models/lattice_net.h"
#include "brandiron/watermark/front_end_model.h"

namespace brandiron::app {

/// models/weights/watermark-front-end.safetensors of the home folder.
std::filesystem::path front_end_weights();

/// The learned front end for VerifyOptions::front_end; null when the weights file is missing: the
/// classical front end then does alone. @throws Error(kModel) for a file that is none of ours or
/// was made for another lattice.
std::shared_ptr<const watermark::FrontEndModel> load_front_end(
    const std::filesystem::path& weights = front_end_weights());

/// The same around a network in memory.
std::shared_ptr<const watermark::FrontEndModel> make_front_end(models::LatticeNet net);

}  // namespace brandiron::app
