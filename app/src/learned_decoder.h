#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "brandiron/gen/decoder_model.h"

namespace brandiron::app {

/// models/weights/decoder-<family>.safetensors of this installation.
std::filesystem::path decoder_weights(const std::string& family);

/// A trained decoder. `bitrate_kbps` chooses how many quantiser stages are used (0: the default of
/// the weights; families without a quantiser take nothing else).
/// @throws Error(kModel) when there are no weights or the file does not fit;
/// Error(kInvalidArgument) for a family that does not exist or a bit rate that it does not have.
std::shared_ptr<const gen::DecoderModel> load_decoder(const std::filesystem::path& weights,
                                                      double bitrate_kbps = 0);

}  // namespace brandiron::app
