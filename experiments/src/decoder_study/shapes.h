#pragma once

#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::experiments {

/// @throws Error(kInvalidArgument) unless both have one shape and rate and `original` sounds.
void check_twins(const std::string& what, const AudioBuffer& original, const AudioBuffer& twin);

/// Channels that are not digital silence.
std::vector<std::size_t> sounding_channels(const AudioBuffer& audio);

}  // namespace brandiron::experiments
