#pragma once

#include <cstddef>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "surface.h"

namespace brandiron::watermark {

/// A stretch of a recording and the changes of its cells.
struct MarkedStretch {
  AudioBuffer mono;         ///< mean of the channels
  double first_cell_s = 0;  ///< where row 0 of `changes_db` begins in `mono`, under one cell
  const Table& changes_db;  ///< signed, at full level
};

/// How quiet the mark may be so that every 10 s of it still read after low-rate lossy coding: one
/// level (0.5 .. 1) a row. Informed and iterated: marks, encodes as MP3 and Opus, decodes, reads
/// what is left, and turns down what answers more strongly than it needs; never louder than 1.
std::vector<float> least_levels(const MarkedStretch& stretch);

}  // namespace brandiron::watermark
