#pragma once

#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

enum class ResampleQuality { kFast, kHigh };

/// Band-limited conversion to `rate_hz` (libsoxr); length round(frames * rate / old). Same rate:
/// a copy. @throws Error(kInvalidArgument) outside 1-768 kHz.
AudioBuffer resample(const AudioBuffer& audio, int rate_hz,
                     ResampleQuality quality = ResampleQuality::kHigh);

/// Changes the number of frames by `ratio` (new/old, 0.01-100) keeping the declared rate: plays
/// 1/ratio times as fast, pitch moves along.
AudioBuffer change_speed(const AudioBuffer& audio, double ratio);

}  // namespace brandiron
