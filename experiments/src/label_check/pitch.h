#pragma once

#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::experiments::labels {

/// Pitch over time of a stem that sounds one tone at a time.
struct PitchTrack {
  double hop_s = 0.010;
  std::vector<float> hz;            ///< best pitch wherever something sounds, 0 in silence
  std::vector<float> aperiodicity;  ///< 0 periodic .. 1 noise; 1 in silence

  /// The frame nearest to a time; hz 0 outside.
  float hz_at(double t) const;
  float aperiodicity_at(double t) const;
};

struct PitchRange {
  double low_hz = 55, high_hz = 900;
};

/// YIN's cumulative mean normalised difference, several candidates a frame, the cheapest path
/// through them, its medians over 70 ms. @see A. de Cheveigne and H. Kawahara, "YIN, a fundamental
/// frequency estimator for speech and music", JASA 111, 2002; M. Mauch and S. Dixon, "pYIN", ICASSP
/// 2014.
PitchTrack track_pitch(const AudioBuffer& stem, const PitchRange& range = {});

/// 1200 log2(a / b).
double cents(double a_hz, double b_hz);

}  // namespace brandiron::experiments::labels
