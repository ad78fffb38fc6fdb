#pragma once

#include <array>
#include <string>

#include "brandiron/gen/score.h"

namespace brandiron::gen {

/// How a pitch is written on a staff.
struct Spelling {
  char step = 'C';  ///< A .. G
  int alter = 0;    ///< -1 flat, 0, 1 sharp
  int octave = 4;   ///< of C4 = MIDI 60
};

/// Sharps (positive) or flats (negative) of the key signature.
int key_fifths(const Score& score);

/// Spells pitches by a score's key signature: degrees as the signature has them, others as the
/// song's chords are named.
class Speller {
 public:
  explicit Speller(const Score& score);
  Spelling spell(int midi) const;

 private:
  std::array<Spelling, 12> by_pc_{};
};

}  // namespace brandiron::gen
