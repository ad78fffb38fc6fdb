#pragma once

#include <cstddef>
#include <string>

#include "brandiron/core/audio/audio_file.h"

namespace brandiron {

/// @throws Error(kUnsupported) naming what the codec can hold.
void check_codec_limits(AudioFormat format, int rate_hz, std::size_t num_channels,
                        const std::string& name);

/// The rate inside the file: Opus knows five, and audio at any other is converted to the next
/// above.
int codec_rate_hz(AudioFormat format, int rate_hz);

/// `rate_hz` if the codec can hold it, else the rate to convert to first.
int nearest_codec_rate_hz(AudioFormat format, int rate_hz);

std::size_t max_codec_channels(AudioFormat format);

}  // namespace brandiron
