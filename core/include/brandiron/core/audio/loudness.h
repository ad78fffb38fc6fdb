#pragma once

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

struct Loudness {
  double integrated_lufs = 0.0;  ///< -inf for silence
  double range_lu = 0.0;
  double true_peak_dbtp = 0.0;  ///< -inf for silence
  double sample_peak_dbfs = 0.0;
};

/// ITU-R BS.1770-4 / EBU R128 of the whole buffer (libebur128).
Loudness measure_loudness(const AudioBuffer& audio);

/// `integrated_lufs` of the above alone: without the oversampling that true peaks take.
double integrated_loudness(const AudioBuffer& audio);

}  // namespace brandiron
