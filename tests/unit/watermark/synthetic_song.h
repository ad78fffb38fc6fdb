#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/rng.h"

namespace brandiron::watermark {

// A song of sorts: plucked chords, a bass, a voice-like lead with vibrato and noise drums, in
// stereo or more, at a level as released. Enough like music to carry a mark; no recording needed.
inline AudioBuffer synthetic_song(double seconds, int rate_hz, std::size_t channels,
                                  std::uint64_t seed = 1) {
  const auto frames = static_cast<std::size_t>(seconds * rate_hz);
  AudioBuffer song(channels, frames, rate_hz);
  Rng rng(seed, "synthetic-song");
  const double beat_s = rng.uniform(0.45, 0.6);
  const std::array<int, 4> roots = {45, 41, 48, 43};
  const auto add_note = [&](double start_s, double midi, double length_s, double gain, double decay,
                            double pan, int partials, double vibrato) {
    const double hz = 440.0 * std::exp2((midi - 69.0) / 12.0);
    const auto from = static_cast<std::size_t>(start_s * rate_hz);
    const auto count = static_cast<std::size_t>(length_s * rate_hz);
    for (int p = 1; p <= partials && hz * p < 0.45 * rate_hz; ++p) {
      const double phase = rng.uniform(0.0, 2.0 * std::numbers::pi);
      const double level = gain / std::pow(p, 1.1) * rng.uniform(0.6, 1.4);
      const double fade_per_sample = std::exp(-decay * std::sqrt(p) / rate_hz);
      double fade = 1.0;
      for (std::size_t i = 0; i < count && from + i < frames; ++i, fade *= fade_per_sample) {
        const double t = static_cast<double>(i) / rate_hz;
        const double wobble =
            vibrato > 0 ? vibrato * std::sin(2 * std::numbers::pi * 5.5 * t) / 5.5 : 0.0;
        const double envelope = std::min(1.0, t * 200.0) * fade *
                                std::min(1.0, static_cast<double>(count - i) / rate_hz * 50.0);
        const double x =
            level * envelope * std::sin(2 * std::numbers::pi * hz * p * (t + wobble) + phase);
        for (std::size_t c = 0; c < channels; ++c) {
          const double side = c % 2 == 0 ? 1.0 - pan : 1.0 + pan;
          song.channel(c)[from + i] += static_cast<float>(x * side);
        }
      }
    }
  };
  for (std::size_t beat = 0; static_cast<double>(beat) * beat_s < seconds; ++beat) {
    const double at = static_cast<double>(beat) * beat_s;
    const int root = roots[beat / 8 % roots.size()];
    add_note(at, root - 12, beat_s, 0.10, 3.0, 0.0, 6, 0.0);
    for (const int step : {0, 4, 7}) {
      add_note(at + rng.uniform(0.0, 0.01), root + 12 + step, 1.2, 0.035, 2.5, 0.4, 10, 0.0);
    }
    if (rng.chance(0.7)) {
      const double midi = root + 24 + static_cast<double>(rng.below(5)) * 2.5;
      add_note(at, midi, beat_s * rng.uniform(0.6, 1.8), 0.06, 0.6, -0.2, 16, 0.004);
    }
    // A drum on each half beat.
    for (int half = 0; half < 2; ++half) {
      const auto from = static_cast<std::size_t>((at + half * beat_s / 2) * rate_hz);
      const double decay = half == 0 ? 35.0 : 90.0;
      double low = 0;
      for (std::size_t i = 0; i < static_cast<std::size_t>(0.15 * rate_hz) && from + i < frames;
           ++i) {
        const double t = static_cast<double>(i) / rate_hz;
        const double noise = rng.uniform(-1.0, 1.0);
        low += 0.2 * (noise - low);
        const double x = 0.12 * std::exp(-t * decay) * (half == 0 ? low * 2 : noise - low);
        for (std::size_t c = 0; c < channels; ++c) {
          song.channel(c)[from + i] += static_cast<float>(x);
        }
      }
    }
  }
  // A little room noise, so that no cell is digitally empty.
  for (std::size_t c = 0; c < channels; ++c) {
    for (float& x : song.channel(c)) x += static_cast<float>(rng.uniform(-1.0, 1.0) * 2e-4);
  }
  const float peak = song.peak();
  if (peak > 0) song.apply_gain(0.85F / peak);
  return song;
}

}  // namespace brandiron::watermark
