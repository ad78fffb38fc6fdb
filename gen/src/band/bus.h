#pragma once

#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/gen/band.h"

namespace brandiron::gen::band {

/// The song after the bus: tone, mono bass and glue, before it is made loud.
struct Bus {
  AudioBuffer audio;           ///< stereo
  std::vector<double> levels;  ///< K-weighted mean squares of blocks of 100 ms, channels summed
  double reduction_db = 0;     ///< deepest of the compressor
};

/// Trim, bass to mono, tone and bus compression of a stereo premaster. Eight parts of the song run
/// side by side, each from 1.5 s before its beginning; the bits are the same on every processor.
/// `produced` scales the compressor's ratio as it does the strips'.
Bus run_bus(const AudioBuffer& premaster, double trim_db, double produced);

/// What run_bus does between trim and drive, for the report.
std::vector<MixStep> bus_settings(double produced);

}  // namespace brandiron::gen::band
