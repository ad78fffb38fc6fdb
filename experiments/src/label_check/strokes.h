#pragma once

#include <cstddef>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::experiments::labels {

/// Seconds at which something is struck, on a stem: log-compressed spectral flux above 1 kHz, local
/// maxima over the local mean. The detector of experiments/recipes/band, which shares nothing with
/// the band; its constant of time is measured on clicks.
/// @see S. Boeck and G. Widmer, "Maximum filter vibrato suppression for onset detection", DAFx
/// 2013.
std::vector<double> find_strokes(const AudioBuffer& stem);

struct Matching {
  std::size_t stated = 0, found = 0;     ///< stated strokes, and those of them that are heard
  std::size_t heard = 0, justified = 0;  ///< heard strokes, and those of them that are stated
  double first_missed_s = -1;            ///< time of the first stated stroke that is not heard
};
/// One to one in order of time, within `tolerance_s`. `stated` are the strokes to find, `every` all
/// that may be heard (the later strings of a strum); both rise.
Matching match_strokes(const std::vector<double>& stated, const std::vector<double>& every,
                       const std::vector<double>& heard, double tolerance_s);

}  // namespace brandiron::experiments::labels
