#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"
#include "voice_bank.h"

namespace brandiron::gen::singing {

/// A pitch to aim at, from a time on.
struct PitchTarget {
  double time_s = 0, midi = 60;
};

struct PlannedPhone {
  int id = kPausePhone;
  std::string label;  ///< as reported: ARPAbet with stress
  int word = 0;
  int syllable = 0;  ///< index into Chunk::syllables
  bool nucleus = false;
  bool short_glide = false;  ///< southern AY: the glide stops early
  double start_s = 0, end_s = 0;
  double duration_s() const { return end_s - start_s; }
};

struct PlannedSyllable {
  std::vector<PlannedPhone> onset, coda;
  PlannedPhone nucleus;
  std::vector<PitchTarget> targets;  ///< one a note, at the notes' own (laid-back) times
  double note_start_s = 0, note_end_s = 0;
  int velocity = 90;
  bool phrase_start = false, phrase_end = false;
};

/// Syllables sung in one breath of the renderer: no silence inside. Times are absolute.
struct Chunk {
  std::vector<PlannedSyllable> syllables;
  std::vector<PlannedPhone> phones;  ///< all of them in order, contiguous
  double start_s() const { return phones.front().start_s; }
  double end_s() const { return phones.back().end_s; }
};

/// When every phone sounds: consonants before the beat, capped; vowels laid back; codas before the
/// next onset; accent rules applied. Exact: these times drive the synthesis and are reported.
/// @throws Error(kInvalidArgument) naming the note, syllable or phone that cannot be sung.
std::vector<Chunk> plan_score(const Score& score, const VoiceParameters& voice,
                              const VoiceBank& bank);

/// The same for syllables made by hand (gang shouts): onset, nucleus, coda, targets and note times
/// are given; phone times are filled in.
std::vector<Chunk> plan_syllables(std::vector<PlannedSyllable> syllables,
                                  const VoiceParameters& voice, const VoiceBank& bank);

/// Length of the song in seconds from its sections (or its last note when it has none).
double score_duration_s(const Score& score);

}  // namespace brandiron::gen::singing
