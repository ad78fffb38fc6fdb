#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "brandiron/core/audio/audio_buffer.h"
#include "picture/png.h"

namespace brandiron::experiments {

struct SpectrogramOptions {
  std::size_t width = 1400, height = 300;
  double low_hz = 40.0, high_hz = 16000.0;  ///< logarithmic axis
  double range_db = 80.0;                   ///< darkest = this far below the loudest
  /// Loudest level (dB of power); NaN = the picture's own. Give one picture's to another to
  /// compare.
  double top_db = std::numeric_limits<double>::quiet_NaN();
};

/// Levels above `low_hz` on a logarithmic frequency axis, low frequencies at the bottom.
Picture spectrogram_picture(const AudioBuffer& audio, const SpectrogramOptions& options = {},
                            double* top_db_used = nullptr);

/// SVG path data ("M..Z") of the peak envelope in a box of `width` x `height`, centre line at half.
std::string waveform_path(const AudioBuffer& audio, std::size_t width, double height);

}  // namespace brandiron::experiments
