#pragma once

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/rng.h"

namespace brandiron::effects_internal {

/// Adds independent noise to each channel so that signal power over noise power is exactly
/// `snr_db`. Silence stays silent.
void add_noise(AudioBuffer& audio, double snr_db, bool pink, Rng rng);

/// Nearly normal, zero mean, unit variance; ten times faster than Rng::normal.
float fast_normal(Rng& rng);

}  // namespace brandiron::effects_internal
