#pragma once

#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/gen/performance.h"
#include "brandiron/gen/persona.h"
#include "timeline.h"

namespace brandiron::gen::singing {

/// Pitch of a chunk in hertz at 5 ms steps from `start_s`: targets through a second-order tracker,
/// scoops, late narrow vibrato, phrase falls, slow drift. Appends the techniques it used.
std::vector<float> pitch_curve(const Chunk& chunk, double start_s, std::size_t num_frames,
                               const VoiceParameters& voice, Rng rng,
                               std::vector<Technique>& techniques);

}  // namespace brandiron::gen::singing
