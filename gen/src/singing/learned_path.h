#pragma once

#include <vector>

#include "brandiron/gen/singer_model.h"
#include "phone_frames.h"

namespace brandiron::gen::singing {

/// What a learned singer makes of a chunk's phones, spoken as long as speech would hold them: one
/// entry a phone, and one more for the pause after the last. `model` knows the bank's voice.
std::vector<PhoneFrames> learned_frames(const Chunk& chunk, const VoiceBank& bank,
                                        const SingerModel& model);

/// The frames as the model takes and gives them: kSingerFrameSize numbers each.
void append_numbers(const std::vector<BankFrame>& frames, std::vector<float>& out);

}  // namespace brandiron::gen::singing
