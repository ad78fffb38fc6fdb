#pragma once

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::effects_internal {

inline constexpr const char* kFfmpegRemedy = "install ffmpeg (apt-get install ffmpeg)";

/// True when an executable `ffmpeg` is on PATH.
bool has_ffmpeg();

/// Encodes to AAC in an MPEG-4 file and decodes, through ffmpeg as a separate program: same rate,
/// channels and length, aligned in time. Channels are coded in pairs.
/// @throws Error(kUnsupported) without ffmpeg or when it fails.
AudioBuffer aac_round_trip(const AudioBuffer& audio, int bitrate_kbps);

}  // namespace brandiron::effects_internal
