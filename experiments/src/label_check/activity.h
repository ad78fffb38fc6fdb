#pragma once

#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::experiments::labels {

/// Where a stem sounds: stretches louder than 45 dB under its loud moments; pauses under 60 ms are
/// bridged, stretches under 30 ms dropped.
struct Stretch {
  double start_s = 0, end_s = 0;
};
std::vector<Stretch> find_activity(const AudioBuffer& stem);

/// Share of [start_s, end_s) that lies in the stretches.
double covered(const std::vector<Stretch>& stretches, double start_s, double end_s);

}  // namespace brandiron::experiments::labels
