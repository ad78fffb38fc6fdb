#pragma once

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::effects_internal {

/// Changes the length by `ratio` (new/old, 0.2 .. 5) at the same pitch; round(frames * ratio)
/// frames.
///
/// Phase vocoder with identity phase locking. Each spectral peak turns all channels by one angle,
/// so that the stereo image and the mono sum survive. Onsets are moved, not stretched: the time map
/// is rigid around each, and phases start afresh there. No transcendental function touches a
/// sample.
/// @see J. Laroche, M. Dolson, "Improved phase vocoder time-scale modification of audio", IEEE TSAP
/// 7(3), 1999; A. Röbel, "A new approach to transient processing in the phase vocoder", DAFx 2003.
AudioBuffer stretch_time(const AudioBuffer& audio, double ratio);

}  // namespace brandiron::effects_internal
