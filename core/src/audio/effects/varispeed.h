#pragma once

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::effects_internal {

/// Plays back at speed 1 + depth * sin(2 pi hz t + phase), the length kept (what is missing at the
/// end is silence). Sixteen-tap windowed sinc: aliases below -80 dB up to 0.8 of the Nyquist
/// frequency.
AudioBuffer wander_speed(const AudioBuffer& audio, double depth, double hz, double phase);

}  // namespace brandiron::effects_internal
