#pragma once

#include <array>
#include <vector>

#include "brandiron/gen/melody_language.h"
#include "melody_model.h"  // beside this file: the tests include it from outside
#include "sampler.h"

namespace brandiron::gen {

/// One note to find a pitch for.
struct MelodyPlace {
  int weight = 1;                ///< metric weight 0..4
  std::array<bool, 12> chord{};  ///< pitch classes of the sounding chord
  double target = 50;            ///< MIDI pitch that the contour aims at
  double pull = 1;               ///< how closely it keeps to the target
  bool line_start = false, line_end = false;
  int must_be_pc = -1;       ///< pitch class that the note must have, -1 free
  int echo = -1;             ///< pitch that this one echoes, -1 none
  int echo_place = -1;       ///< earlier place whose pitch it echoes instead, -1 none
  double echo_strength = 1;  ///< how much likelier the echo is
  MelodyCondition known;     ///< what the model is told
  int ticks = kMelodyTicks;  ///< length of the note
};

struct MelodyScale {
  int tonic_pc = 0;
  bool minor = false;
  int low = 45, high = 59;  ///< MIDI limits

  /// Pitches that may be sung, ascending.
  std::vector<int> pitches() const;
  /// MIDI pitch of the tonic that the model's pitches are relative to.
  int tonic() const;
};

struct DrawnMelody {
  std::vector<int> pitches;  ///< MIDI, one a place
  double log_p = 0;          ///< the model's ln P of all lengths and pitches; 0 without a model
};

/// Draws pitches one after the other under chord, contour and cadence factors. Without a model they
/// are those of a first-order chain whose moves have the measured step and leap shares, drawn
/// exactly (backward filtering, forward sampling). With one, its probabilities take the place of
/// moves and taste, and the chain's backward messages see to it that what must come can be reached.
/// Nothing is rejected, so the cost is fixed.
/// @see Lin, Chen, Liu, "Lookahead strategies for sequential Monte Carlo", Statistical Science 28,
/// 2013.
DrawnMelody sample_melody(const std::vector<MelodyPlace>& places, const MelodyScale& scale,
                          const MelodyModel* model, Sampler& sampler);

}  // namespace brandiron::gen
