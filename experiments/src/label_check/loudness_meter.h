#pragma once

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::experiments::labels {

/// Integrated loudness by ITU-R BS.1770-4, written from the recommendation: shares no code with the
/// meter that the labels come from. -infinity for silence.
double loudness_lufs(const AudioBuffer& audio);

/// Largest magnitude between samples, interpolated eightfold by a windowed sinc of 64 samples where
/// a sample comes within 3 dB of the largest one. -infinity for silence.
double true_peak_dbtp(const AudioBuffer& audio);

}  // namespace brandiron::experiments::labels
