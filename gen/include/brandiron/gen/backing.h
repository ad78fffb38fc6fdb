#pragma once

#include <string>
#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/gen/performance.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"

namespace brandiron::gen {

/// One backing voice: what it sang, for the labels.
struct BackingVoice {
  std::string kind;  ///< double high low
  std::string bank;  ///< the voice bank it sang with
  std::vector<VocalNote> notes;
};

struct BackingVocals {
  AudioBuffer audio;  ///< stereo, dry; empty when nobody sings
  std::vector<BackingVoice> voices;
  std::vector<Technique> techniques;  ///< double, harmony: a line each, as sung
};

/// The voices behind the lead in the choruses, from the same engine and nobody else: `double` is
/// the persona again, `high` and `low` sing harmony from the second chorus on (in the first, its
/// last line). Who sings stands in the persona's style. Deterministic; each voice has its own
/// draws.
/// @throws Error(kModel) when a voice bank is missing.
BackingVocals sing_backing(const Score& score, const Persona& persona, int rate_hz, const Rng& rng);

}  // namespace brandiron::gen
