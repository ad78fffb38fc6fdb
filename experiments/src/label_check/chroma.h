#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::experiments::labels {

/// Strength of the twelve pitch classes, 0 = C.
using Chroma = std::array<double, 12>;

/// Pitch classes over time, from the peaks of the spectrum between 40 and 1400 Hz (A4 = 440 Hz)
/// that are no partials of lower ones.
struct Chromagram {
  double hop_s = 0;
  std::vector<Chroma> frames;  ///< frame n is centred on n * hop_s
  /// Mean over [start_s, end_s); all zero when nothing sounds.
  Chroma mean(double start_s, double end_s) const;
};
Chromagram chromagram(const AudioBuffer& audio);

/// A triad.
struct Triad {
  int root_pc = 0;
  bool minor = false;
  bool operator==(const Triad&) const = default;
  std::string label() const;  ///< Harte: "E:maj"
};

/// The triad of the chord (triads, 7, min7, maj7) whose template is nearest by cosine. `bass`: what
/// sounds lowest, which is likely the root; all zero where it isn't known.
Triad nearest_triad(const Chroma& chroma, const Chroma& bass = {});

/// The major or minor triad that a Harte label reduces to, as MIREX's "majmin" does: 7 and maj7 are
/// maj, min7 is min. False for what has no third or another fifth (sus4, dim) and for "N".
bool reduce_to_triad(const std::string& harte, Triad& triad);

}  // namespace brandiron::experiments::labels
