#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "brandiron/core/audio/biquad.h"
#include "tape.h"

namespace brandiron::gen::band {

constexpr std::size_t kPreSections = 3, kPostSections = 3;
constexpr double kStripKneeDb = 6.0;

/// One stage of compression in a strip; ratio 1 switches it off. Peak-detecting, 6 dB knee.
struct StripCompressor {
  double threshold_db = 0, ratio = 1, attack_ms = 5, release_ms = 100, makeup_db = 0;
};

/// What one mono channel goes through: gain, equaliser, two compressors, equaliser.
struct StripSettings {
  double input_gain_db = 0;
  std::vector<Biquad> pre;  ///< at most kPreSections
  StripCompressor first, second;
  std::vector<Biquad> post;  ///< at most kPostSections
};

/// K-weighted mean square of each block of the tape.
std::vector<double> tape_levels(const Tape& tape, std::span<const std::span<float>> tracks,
                                int rate_hz);

/// What the strips did.
struct StripRun {
  std::vector<double> levels;                ///< K-weighted mean square of each block, afterwards
  std::vector<double> deepest_reduction_db;  ///< a track: of both stages together
};

/// The tape through one strip a track, in place; what is silent is left alone. The tape is cut into
/// eight lanes of equal length that run side by side in one vector; a lane that begins within a
/// track starts early and lets its filters and compressors settle. Over a silence filters come to
/// rest and compressors recover as they would have. Each lane's arithmetic is the same whatever the
/// vector width, so the samples are the same on every processor.
StripRun run_strips(const Tape& tape, std::span<const std::span<float>> tracks,
                    std::span<const StripSettings> strips, int rate_hz);

}  // namespace brandiron::gen::band
