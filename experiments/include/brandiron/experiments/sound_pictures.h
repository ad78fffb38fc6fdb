#pragma once

#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::experiments {

/// One row of a picture of stages.
struct SoundPanel {
  std::string title;  ///< over the row
  AudioBuffer audio;  ///< all rows of a picture have one length and rate
};

struct StagesOptions {
  double start_s = 0;  ///< what the time axis begins with
  double low_hz = 80, high_hz = 18000;
  double range_db = 80;     ///< darkest = this far below the loudest of all rows
  double row_height = 110;  ///< pixels
};

/// Spectrograms below one another on one time axis and one scale of levels, logarithmic in
/// frequency. One SVG without outside resources, about 50 kB a row.
/// @throws Error(kInvalidArgument) without rows, or for rows without a sample.
std::string stages_svg(const std::string& title, const std::vector<SoundPanel>& panels,
                       const StagesOptions& options = {});

/// What one decoder adds to the averaged spectrum (`comb_residual_db`, at 44100 Hz).
struct CombLine {
  std::string name;
  std::vector<double> residual_db;
  std::vector<int> strides;  ///< in the order they are applied
  bool leaves_comb = false;
};

/// A row a decoder: left the whole band from 1 to 16 kHz, right a part of it magnified until single
/// multiples are seen. Marked: the multiples of rate over the product of all strides (short) and of
/// the last ones (long). @throws Error(kInvalidArgument) without lines or for residuals of another
/// size.
std::string combs_svg(const std::string& title, const std::vector<CombLine>& lines);

}  // namespace brandiron::experiments
