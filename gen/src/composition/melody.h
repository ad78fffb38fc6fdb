#pragma once

#include <array>
#include <vector>

#include "brandiron/core/rng.h"

namespace brandiron::gen {

/// One note to find a pitch for.
struct MelodyPlace {
  int weight = 1;                ///< metric weight 0..4
  std::array<bool, 12> chord{};  ///< pitch classes of the sounding chord
  double target = 50;            ///< MIDI pitch that the contour aims at
  bool line_start = false, line_end = false;
  int must_be_pc = -1;       ///< pitch class that the note must have, -1 free
  int echo = -1;             ///< pitch of the place that this one echoes, -1 none
  double echo_strength = 1;  ///< how much likelier the echo is
};

struct MelodyScale {
  int tonic_pc = 0;
  bool minor = false;
  int low = 45, high = 59;  ///< MIDI limits

  /// Pitches that may be sung, ascending.
  std::vector<int> pitches() const;
};

/// Draws pitches by forward filtering and backward sampling of a first-order chain whose moves have
/// the measured step and leap shares, under chord, contour and cadence factors. Exact draws from
/// the product; nothing is rejected, so the cost is fixed.
std::vector<int> sample_melody(const std::vector<MelodyPlace>& places, const MelodyScale& scale,
                               Rng& rng);

}  // namespace brandiron::gen
