#pragma once

#include <filesystem>

#include "brandiron/core/rng.h"
#include "brandiron/gen/performance.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"
#include "brandiron/gen/singer_model.h"

namespace brandiron::gen {

/// Sings the lead line. Shape (1, round(score length * rate)). Deterministic. The bank sings, or a
/// `model` that knows the persona's voice; a model's networks are the same bits on one kind of
/// machine only.
/// @throws Error(kModel) when the persona's voice bank is missing or does not fit.
SungPart sing(const Score& score, const Persona& persona, int rate_hz, const Rng& rng,
              const SingerModel* model = nullptr);

/// How far the spectrum jumps where two sung phones join, one number a join: the mean of the three
/// steps between 5 ms frames around it, each the RMS difference of the 64 envelope points in dB.
std::vector<double> join_steps_db(const Score& score, const Persona& persona,
                                  const SingerModel* model = nullptr);

/// What the gang of a song shouts: mostly "hey", in some songs "whoa".
std::string draw_gang_word(const Rng& rng);
/// The voice banks of the men who shout, in no particular order.
std::vector<std::string> gang_banks();
/// Gang shouts of `word` at the given times (seconds), as a stereo stem of `duration_s`.
/// @throws Error(kInvalidArgument) for a word that is neither "hey" nor "whoa".
AudioBuffer shout_gang(const std::vector<double>& times_s, const std::string& word,
                       double duration_s, int tonic_pc, const Persona& persona, int rate_hz,
                       const Rng& rng);

/// Makes a voice bank file from one of flite's voices ("kal16"): the analysis of our own.
/// Used by `brandiron train singer --prepare`; takes minutes.
void prepare_voice_bank(const std::string& voice, const std::filesystem::path& out);

}  // namespace brandiron::gen
