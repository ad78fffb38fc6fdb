#pragma once

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {

/// Fills what `original` and `marked` (one length and channel count) say about each other: SDR,
/// noise-to-mask ratio, loudness, clipping.
/// @throws Error(kInvalidArgument) when their shapes differ.
void measure_fidelity(const AudioBuffer& original, const AudioBuffer& marked, EmbedResult& result);

/// 10 log10 of the power of `original` over that of the difference; 999 when there is none. Of one
/// shape, or mono, of which the samples that both have count.
double signal_to_distortion_db(const AudioBuffer& original, const AudioBuffer& marked);

}  // namespace brandiron::experiments
