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

/// Closed forms that weigh a few columns and leave the others.
inline ClosedForms toy_forms(int channels) {
  ClosedForms forms;
  const auto zeros = [](std::size_t n) { return std::vector<double>(n, 0.0); };
  const auto ones = [](std::size_t n) { return std::vector<double>(n, 1.0); };
  forms.texture = {zeros(kNumTexture), ones(kNumTexture), zeros(kNumTexture), 0.2};
  forms.texture.weights[3] = 0.5;
  forms.texture_resynthesised = forms.texture;
  forms.combs = known_combs();
  const std::size_t matches = kCombNumbers * forms.combs.size();
  forms.comb = {zeros(matches), ones(matches), zeros(matches), 0.0};
  forms.comb.weights[0] = 0.1;
  forms.lines = {zeros(kLineNumbers), ones(kLineNumbers), zeros(kLineNumbers), 0.0};
  forms.lines.weights[0] = 0.1;
  const auto width = static_cast<std::size_t>(channels) + kNumTexture;
  forms.human.mean.assign(width, 0.0F);
  forms.human.whitener.assign(width * width, 0.0F);
  for (std::size_t i = 0; i < width; ++i) forms.human.whitener[i * width + i] = 1.0F;
  return forms;
}

/// A small untrained network with a hand-made calibration: scores mean nothing, mechanics do.
inline DetectorModel toy_model() {
  models::SegmentNetConfig net;
  net.channels = {4, 4, 4, 4};
  Calibration calibration;
  calibration.fusion = {{0, 0, 0, 0}, {1, 1, 1, 1}, {1, 0.1, 0.2, 0.1}, 0.1};
  calibration.track = {2.0, 0.1};
  calibration.segment = {1.0, 0.0};
  calibration.resynthesis = {{0, 0}, {1, 1}, {1, 0.2}, 0.0};
  calibration.ai = {1.0, 0, 100, 0.03};
  calibration.human = {-1.0, 1, 80, 0.06};
  calibration.resynthesised = {0.5, 0, 50, 0.06};
  calibration.novelty = {20.0, 0, 100, 0.03};
  for (int i = 0; i < 100; ++i) calibration.human_llrs.push_back(-4 + 0.05 * i);
  return {.name = "toy",
          .version = "0",
          .scope = "A toy that knows nothing.",
          .sha256 = {},
          .features = {},
          .forms = toy_forms(net.channels.back()),
          .with_comb = calibration,
          .without_comb = calibration,
          .net = models::SegmentNet(net, 7),
          .notes = {{"licence", "Apache-2.0"}}};
}

}  // namespace brandiron::detect::testing
