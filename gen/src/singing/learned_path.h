#pragma once

#include <vector>

#include "brandiron/gen/singer_model.h"
#include "envelope.h"

namespace brandiron::gen::singing {

/// What a learned singer makes of a chunk's phones, spoken as long as speech would hold them: one
/// list of frames a phone, and one more for the pause after the last. Empty when `model` does not
/// know the voice: then the bank sings.
std::vector<std::vector<BankFrame>> learned_frames(const Chunk& chunk, const VoiceBank& bank,
                                                   const SingerModel& model);

}  // namespace brandiron::gen::singing
