#pragma once

#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

/// Feed-forward compressor with a soft knee; one gain for all channels, so the image stays put.
struct CompressorOptions {
  double threshold_db = -18.0;  ///< dBFS, -80 .. 0
  double ratio = 3.0;           ///< 1 .. 100
  double knee_db = 6.0;         ///< 0 .. 24
  double attack_ms = 8.0;       ///< 0.05 .. 500
  double release_ms = 120.0;    ///< 1 .. 5000
  double makeup_db = 0.0;       ///< added after; -24 .. 48
  bool detect_rms = true;       ///< 10 ms RMS; false: peak
  /// @throws Error(kInvalidArgument) naming the field, its value and its range.
  void validate() const;
};

/// In place. Control runs every 16 frames and is interpolated linearly: about 4 ns a frame.
/// Returns the largest gain reduction in dB (>= 0, makeup not counted).
/// @see Giannoulis, Massberg, Reiss, "Digital dynamic range compressor design", JAES 60(6), 2012.
double compress(AudioBuffer& audio, const CompressorOptions& options = {});
/// The same, steered by another signal of the same length (a ducker).
double compress(AudioBuffer& audio, const AudioBuffer& key, const CompressorOptions& options);

/// Look-ahead true-peak limiter (a master's last stage).
struct LimiterOptions {
  double ceiling_dbtp = -1.0;  ///< -40 .. 0
  double lookahead_ms = 2.0;   ///< 0.2 .. 20
  double release_ms = 80.0;    ///< 1 .. 2000
  void validate() const;
};

/// In place, without latency: look-ahead reads what follows. The output's true peak (4 x
/// oversampled, the measure of `true_peak_dbtp`) is at or below the ceiling; the gain is the same
/// for all channels. Returns the largest gain reduction in dB; `left_dbtp` gets the true peak of
/// what is left, which costs nothing here.
double limit_true_peak(AudioBuffer& audio, const LimiterOptions& options = {},
                       double* left_dbtp = nullptr);

/// Largest magnitude, in dBTP, of the signal oversampled 4 x by a 12-tap-a-phase windowed sinc;
/// within 0.02 dB of libebur128's. -inf for silence.
double true_peak_dbtp(const AudioBuffer& audio);

}  // namespace brandiron
