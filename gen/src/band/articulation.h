#pragma once

#include <vector>

#include "tone_cache.h"

namespace brandiron::gen::band {

/// What a hand does to a tone, in place: the heel on the strings, a slide, vibrato. Samples depend
/// on earlier ones only, so that a longer input never changes the beginning of the output.
void articulate(std::vector<float>& x, const ToneKey& key);

/// Input samples that `articulate` needs for `frames` samples of output.
std::size_t frames_before_articulation(std::size_t frames);

/// A sample's loop keeps the brightness of its first second for ever; on a steel string the upper
/// partials die first. Two falling one-pole low-passes, from 14 kHz to 2.2 kHz, in place.
void dull_with_time(std::vector<float>& x, int rate_hz);

/// How long a palm-muted tone is kept, seconds.
constexpr double kPalmMuteSeconds = 0.9;

}  // namespace brandiron::gen::band
