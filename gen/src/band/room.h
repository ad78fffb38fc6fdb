#pragma once

#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::gen::band {

constexpr double kPlateSeconds = 0.75;

/// The common room: early reflections (8-20 ms) of `room_send` and a short plate of `plate_send`,
/// both mono, as one stereo return of the same length.
AudioBuffer room_return(const std::vector<float>& room_send, const std::vector<float>& plate_send,
                        int rate_hz);

}  // namespace brandiron::gen::band
