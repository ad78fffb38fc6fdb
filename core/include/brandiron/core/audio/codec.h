#pragma once

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/audio/audio_file.h"

namespace brandiron {

/// What remains of `audio` after encoding to `format` and decoding again, with the same rate,
/// channels and length, and aligned in time (the codec's delay removed).
///
/// Rates that the codec lacks are converted to the next that it has and back; more channels than it
/// has (MP3: 2) are coded in groups. `bitrate_kbps` is the total per group; see WriteOptions.
/// Deterministic for one set of library versions. Thread safe.
/// @throws Error(kInvalidArgument) for empty audio.
AudioBuffer codec_round_trip(const AudioBuffer& audio, AudioFormat format, int bitrate_kbps);

}  // namespace brandiron
