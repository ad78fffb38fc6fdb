// Audio and models that the detector's tests make for themselves.
#pragma once

#include <cmath>
#include <numbers>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/rng.h"
#include "detect/src/detector_model.h"

namespace brandiron::detect::testing {

/// A decaying pluck every `beat_s`, with partials and a little noise; `wobble` > 0 makes its timing
/// and pitch human. Each channel a bit different.
inline AudioBuffer pluck_song(double seconds, int rate_hz, std::size_t channels, std::uint64_t seed,
                              double wobble) {
  AudioBuffer audio(channels, static_cast<std::size_t>(seconds * rate_hz), rate_hz);
  Rng rng(seed, "pluck");
  const double beat_s = rng.uniform(0.2, 0.35);
  const auto n = audio.num_frames();
  for (double at = 0.05; at < seconds; at += beat_s * (1 + wobble * rng.normal() * 0.3)) {
    const double hz = 110 * std::pow(2.0, (rng.below(24) + wobble * 0.4 * rng.normal()) / 12.0);
    const auto first = static_cast<std::size_t>(std::max(0.0, at) * rate_hz);
    const auto last = std::min(n, first + static_cast<std::size_t>(0.6 * rate_hz));
    for (std::size_t c = 0; c < channels; ++c) {
      const double gain = 0.15 / (1 + 0.1 * static_cast<double>(c));
      auto out = audio.channel(c);
      for (std::size_t i = first; i < last; ++i) {
        const double t = static_cast<double>(i - first) / rate_hz;
        double x = 0;
        for (int k = 1; k <= 4; ++k) {
          if (k * hz < 0.45 * rate_hz) x += std::sin(2 * std::numbers::pi * k * hz * t) / k;
        }
        out[i] += static_cast<float>(gain * x * std::exp(-6 * t));
      }
    }
  }
  for (float& x : audio.samples()) x += static_cast<float>(0.001 * rng.normal());
  return audio;
}

/// A small untrained network with a hand-made calibration: scores mean nothing, mechanics do.
inline DetectorModel toy_model() {
  models::SegmentNetConfig net;
  net.channels = {4, 4};
  Calibration calibration;
  calibration.track = {2.0, 0.1};
  calibration.segment = {1.0, 0.0};
  calibration.ai = {1.0, 0, 100, 0.03};
  calibration.human = {-1.0, 1, 80, 0.06};
  for (int i = 0; i < 100; ++i) calibration.human_llrs.push_back(-4 + 0.05 * i);
  return {.name = "toy",
          .version = "0",
          .scope = "A toy that knows nothing.",
          .sha256 = {},
          .features = {},
          .calibration = calibration,
          .net = models::SegmentNet(net, 7),
          .notes = {{"licence", "Apache-2.0"}}};
}

}  // namespace brandiron::detect::testing
