#include <algorithm>

#include "brandiron/gen/score.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {

void transpose(Score& score, int semitones) {
  const auto moved = [&](int pitch_class) { return ((pitch_class + semitones) % 12 + 12) % 12; };
  score.tonic_pc = moved(score.tonic_pc);
  for (Chord& chord : score.chords) chord.root_pc = moved(chord.root_pc);
  for (VocalNote& note : score.vocal) note.pitch += semitones;
}

int shift_into_range(const Score& score, const Persona& persona) {
  if (score.vocal.empty()) return 0;
  const auto [low, high] =
      std::minmax_element(score.vocal.begin(), score.vocal.end(),
                          [](const VocalNote& a, const VocalNote& b) { return a.pitch < b.pitch; });
  const int up = persona.style.range_low - low->pitch;      // at least this far
  const int down = persona.style.range_high - high->pitch;  // at most this far
  if (up > down) return (up + down) / 2;
  return std::clamp(0, up, down);
}

}  // namespace brandiron::gen
