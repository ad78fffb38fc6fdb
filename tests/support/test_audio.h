#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/rng.h"

// Audio that tests make for themselves. Everything is a pure function of its arguments.

namespace brandiron::testing {

/// A steady sine, `amplitude` at its peak.
inline AudioBuffer tone(double hz, double duration_s, int rate_hz = 44100, double amplitude = 0.5,
                        std::size_t num_channels = 1) {
  const auto frames = static_cast<std::size_t>(std::llround(duration_s * rate_hz));
  AudioBuffer out(num_channels, frames, rate_hz);
  for (std::size_t c = 0; c < num_channels; ++c) {
    for (std::size_t i = 0; i < frames; ++i) {
      const double phase = 2.0 * std::numbers::pi * hz * static_cast<double>(i) / rate_hz;
      out.channel(c)[i] = static_cast<float>(amplitude * std::sin(phase));
    }
  }
  return out;
}

/// A sweep from `low_hz` to `high_hz`, exponential in time.
inline AudioBuffer chirp(double low_hz, double high_hz, double duration_s, int rate_hz = 44100,
                         double amplitude = 0.5) {
  const auto frames = static_cast<std::size_t>(std::llround(duration_s * rate_hz));
  AudioBuffer out(1, frames, rate_hz);
  const double k = std::log(high_hz / low_hz);
  for (std::size_t i = 0; i < frames; ++i) {
    const double t = static_cast<double>(i) / rate_hz;
    const double cycles = low_hz * duration_s / k * (std::exp(k * t / duration_s) - 1.0);
    out.channel(0)[i] =
        static_cast<float>(amplitude * std::sin(2.0 * std::numbers::pi * std::fmod(cycles, 1.0)));
  }
  return out;
}

/// White Gaussian noise of standard deviation `sd`, clipped to [-1, 1]; channels are independent.
inline AudioBuffer noise(double duration_s, int rate_hz = 44100, double sd = 0.1,
                         std::size_t num_channels = 1, std::uint64_t seed = 1) {
  const auto frames = static_cast<std::size_t>(std::llround(duration_s * rate_hz));
  AudioBuffer out(num_channels, frames, rate_hz);
  for (std::size_t c = 0; c < num_channels; ++c) {
    Rng rng = Rng(seed, "test-noise").child("channel", c);
    for (float& x : out.channel(c)) {
      x = static_cast<float>(std::fmax(-1.0, std::fmin(1.0, rng.normal(0.0, sd))));
    }
  }
  return out;
}

/// One plucked string: a delay line full of noise behind a two-point mean.
/// @see Karplus and Strong, "Digital synthesis of plucked-string and drum timbres", CMJ 7(2), 1983.
inline std::vector<float> pluck(double hz, std::size_t frames, int rate_hz, Rng rng) {
  const auto period = static_cast<std::size_t>(std::fmax(2.0, std::round(rate_hz / hz - 0.5)));
  std::vector<float> line(period);
  for (float& x : line) x = static_cast<float>(rng.uniform(-1.0, 1.0));
  std::vector<float> out(frames);
  for (std::size_t i = 0; i < frames; ++i) {
    const std::size_t at = i % period;
    out[i] = line[at];
    line[at] = 0.498F * (line[at] + line[(at + 1) % period]);
  }
  return out;
}

/// Something like music: random plucked notes of a minor pentatonic, four a second, spread over the
/// channels, over a quiet bass; peaks near 0.5.
inline AudioBuffer plucked_music(double duration_s, int rate_hz = 44100,
                                 std::size_t num_channels = 2, std::uint64_t seed = 1) {
  static constexpr int kScale[] = {0, 3, 5, 7, 10, 12, 15, 17};
  const auto frames = static_cast<std::size_t>(std::llround(duration_s * rate_hz));
  AudioBuffer out(num_channels, frames, rate_hz);
  Rng rng(seed, "test-music");
  const auto step = static_cast<std::size_t>(rate_hz / 4);
  std::uint64_t note = 0;
  for (std::size_t at = 0; at < frames; at += step, ++note) {
    const bool bass = note % 4 == 0;
    const double midi = (bass ? 33.0 : 57.0) + kScale[rng.below(8)];
    const double hz = 440.0 * std::exp2((midi - 69.0) / 12.0);
    const auto string =
        pluck(hz, std::min(frames - at, 4 * step), rate_hz, rng.child("note", note));
    for (std::size_t c = 0; c < num_channels; ++c) {
      const auto gain = static_cast<float>(rng.uniform(0.1, 0.3));
      for (std::size_t i = 0; i < string.size(); ++i) out.channel(c)[at + i] += gain * string[i];
    }
  }
  const float peak = out.peak();
  if (peak > 0.0F) out.apply_gain(0.5F / peak);
  return out;
}

/// 10 log10 of the energy of `expected` over that of the difference, over all channels.
inline double snr_db(const AudioBuffer& expected, const AudioBuffer& found) {
  double signal = 0.0, error = 0.0;
  const auto a = expected.samples();
  const auto b = found.samples();
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - b[i];
    signal += static_cast<double>(a[i]) * a[i];
    error += difference * difference;
  }
  return error > 0.0 ? 10.0 * std::log10(signal / error) : 999.0;
}

/// The lag in [-max_lag, max_lag] at which channel 0 of `found` matches that of `expected` best:
/// positive when `found` is late.
inline int best_lag(const AudioBuffer& expected, const AudioBuffer& found, int max_lag) {
  const auto a = expected.channel(0);
  const auto b = found.channel(0);
  double best = -1.0;
  int best_at = 0;
  for (int lag = -max_lag; lag <= max_lag; ++lag) {
    double sum = 0.0;
    for (std::size_t i = static_cast<std::size_t>(max_lag);
         i + static_cast<std::size_t>(max_lag) < a.size() &&
         i + static_cast<std::size_t>(max_lag) < b.size();
         ++i) {
      sum += static_cast<double>(a[i]) *
             b[static_cast<std::size_t>(static_cast<std::ptrdiff_t>(i) + lag)];
    }
    if (sum > best) {
      best = sum;
      best_at = lag;
    }
  }
  return best_at;
}

}  // namespace brandiron::testing
