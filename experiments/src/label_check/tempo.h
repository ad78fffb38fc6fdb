#pragma once

#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::experiments::labels {

/// How strongly something begins, 100 values a second: spectral flux of 40 mel bands, log
/// compressed, less its mean over a second; never negative. Value n is at n / 100 s.
struct OnsetStrength {
  static constexpr double kRateHz = 100;
  std::vector<float> all;  ///< every band
  std::vector<float> low;  ///< below 200 Hz: feet, kick, bass
};
OnsetStrength onset_strength(const AudioBuffer& audio);

/// Beats a minute, 40 to 240, by the autocorrelation of the onset strength at a beat and its
/// multiples, under a broad preference for 100; between pulses three against two the one that
/// repeats at every multiple. 0 when nothing repeats.
double estimate_tempo_bpm(const OnsetStrength& strength);

/// An even pulse: beat n is at phase_s + n * period_s.
struct Pulse {
  double period_s = 0, phase_s = 0;
};
/// The even pulse near `bpm` (within 2 %) on which most begins, low sounds counted twice.
Pulse find_pulse(const OnsetStrength& strength, double bpm);

/// Of `bpm` and its double, half, triple and third, the one nearest to `stated_bpm`: what MIR's
/// second accuracy forgives.
double nearest_octave_bpm(double bpm, double stated_bpm);

}  // namespace brandiron::experiments::labels
