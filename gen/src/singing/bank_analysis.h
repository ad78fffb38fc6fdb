#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "brandiron/core/audio/fft.h"
#include "voice_bank.h"

namespace brandiron::gen::singing {

/// Envelope and aperiodicity of speech whose pitch is known. Build-time only: not bit-critical, but
/// it uses the same deterministic functions as everything else.
///
/// Envelope after CheapTrick: F0-adaptive Hann window of three periods, power spectrum smoothed
/// over two thirds of F0, then a cepstral lifter that removes the harmonic ripple and compensates
/// the smoothing (q1 = -0.15).
/// @see Morise, "CheapTrick, a spectral envelope estimator", Speech Communication 67, 2015.
class EnvelopeAnalysis {
 public:
  explicit EnvelopeAnalysis(int rate_hz);

  /// Power spectral density in dB at the kNumBands points around sample `centre`.
  void envelope(std::span<const float> audio, double centre, double f0_hz,
                std::span<float> bands_db);
  /// Noise share (0 periodic .. 1 noise) in five bands: the difference of two neighbouring periods
  /// against their sum, at the best sub-sample lag of each band.
  void aperiodicity(std::span<const float> audio, double centre, double f0_hz,
                    std::span<float> shares);

 private:
  void windowed(std::span<const float> audio, double centre, double half_width);

  int rate_hz_;
  RealFft fft_;
  std::vector<float> frame_;
  std::vector<std::complex<float>> bins_, other_bins_;
  std::vector<double> power_, cumulative_;
};

/// Packs one frame to the bank's 69 bytes.
void append_frame(std::span<const float> bands_db, std::span<const float> shares,
                  std::vector<std::uint8_t>& frames);

}  // namespace brandiron::gen::singing
