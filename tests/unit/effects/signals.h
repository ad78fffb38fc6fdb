#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/rng.h"

namespace brandiron::test {

inline constexpr double kTwoPi = 2.0 * std::numbers::pi;

inline AudioBuffer tone(double hz, double seconds, int rate_hz = 44100, double level = 0.5,
                        std::size_t channels = 1) {
  AudioBuffer audio(channels, static_cast<std::size_t>(seconds * rate_hz), rate_hz);
  for (std::size_t c = 0; c < channels; ++c) {
    auto x = audio.channel(c);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>(level * std::sin(kTwoPi * hz * static_cast<double>(i) / rate_hz));
    }
  }
  return audio;
}

inline AudioBuffer white(double seconds, int rate_hz = 44100, std::size_t channels = 1,
                         std::uint64_t seed = 1) {
  AudioBuffer audio(channels, static_cast<std::size_t>(seconds * rate_hz), rate_hz);
  Rng rng(seed, "white");
  for (float& x : audio.samples()) x = static_cast<float>(0.1 * rng.normal());
  return audio;
}

/// Plucked notes with attacks and decays, a little noise, channels that differ: music enough for a
/// codec and for a time stretcher.
inline AudioBuffer music(double seconds, int rate_hz = 44100, std::size_t channels = 2) {
  AudioBuffer audio(channels, static_cast<std::size_t>(seconds * rate_hz), rate_hz);
  Rng rng(7, "music");
  for (double at = 0.0; at < seconds; at += 0.25) {
    const double hz = 110.0 * std::pow(2.0, rng.below(25) / 12.0);
    std::vector<double> pan(channels);
    for (double& p : pan) p = rng.uniform(0.3, 1.0);
    const auto start = static_cast<std::size_t>(at * rate_hz);
    const auto length = static_cast<std::size_t>(0.8 * rate_hz);
    for (std::size_t i = 0; i < length && start + i < audio.num_frames(); ++i) {
      const double t = static_cast<double>(i) / rate_hz;
      double v = 0.0;
      for (int k = 1; k <= 8 && k * hz < 0.45 * rate_hz; ++k) {
        v += std::sin(kTwoPi * k * hz * t) / k * std::exp(-t * (3.0 + 2.0 * k));
      }
      if (t < 0.004) v += rng.uniform(-0.5, 0.5);
      for (std::size_t c = 0; c < channels; ++c) {
        audio.channel(c)[start + i] += static_cast<float>(0.15 * pan[c] * v);
      }
    }
  }
  return audio;
}

inline AudioBuffer run_chain(const std::string& chain, const AudioBuffer& audio,
                             std::uint64_t seed = 3) {
  return EffectChain::parse(chain).apply(audio, Rng(seed, "test"));
}

/// Amplitude of the component at `hz` over [from, to) of channel c (Hann window).
inline double amplitude_at(const AudioBuffer& audio, double hz, std::size_t c = 0,
                           double from = 0.0, double to = 1.0) {
  const auto x = audio.channel(c);
  const auto first = static_cast<std::size_t>(from * static_cast<double>(x.size()));
  const auto last = static_cast<std::size_t>(to * static_cast<double>(x.size()));
  std::complex<double> sum = 0.0;
  double weight = 0.0;
  for (std::size_t i = first; i < last; ++i) {
    const double w = 0.5 - 0.5 * std::cos(kTwoPi * static_cast<double>(i - first) /
                                          static_cast<double>(last - first));
    sum += w * static_cast<double>(x[i]) *
           std::polar(1.0, -kTwoPi * hz * static_cast<double>(i) / audio.rate_hz());
    weight += w;
  }
  return weight > 0 ? 2.0 * std::abs(sum) / weight : 0.0;
}

/// Frequency of the strongest component near `hz` (golden section on the Hann-windowed amplitude).
inline double frequency_near(const AudioBuffer& audio, double hz, double span = 0.02) {
  double best = hz, best_amplitude = -1.0;
  for (int pass = 0; pass < 3; ++pass) {
    const double centre = best;
    for (int k = -20; k <= 20; ++k) {
      const double at = centre * (1.0 + span * k / 20.0);
      const double a = amplitude_at(audio, at, 0, 0.2, 0.8);
      if (a > best_amplitude) {
        best_amplitude = a;
        best = at;
      }
    }
    span /= 10.0;
  }
  return best;
}

inline double db(double ratio) { return 20.0 * std::log10(std::max(ratio, 1e-30)); }

/// RMS of a - b over RMS of a, in dB.
inline double difference_db(const AudioBuffer& a, const AudioBuffer& b) {
  AudioBuffer d = b;
  d.add(a, 0, -1.0F);
  return db(d.rms() / a.rms());
}

/// Lag (in samples, b later than a) of the largest cross-correlation within +-reach, with parabolic
/// interpolation.
inline double lag_of(const AudioBuffer& a, const AudioBuffer& b, int reach = 4000) {
  const auto x = a.channel(0), y = b.channel(0);
  const auto n = static_cast<std::ptrdiff_t>(std::min(x.size(), y.size()));
  const auto at = [&](int lag) {
    double sum = 0.0;
    for (std::ptrdiff_t i = std::max(0, -lag); i < n - std::max(0, lag); ++i) {
      sum += static_cast<double>(x[static_cast<std::size_t>(i)]) *
             static_cast<double>(y[static_cast<std::size_t>(i + lag)]);
    }
    return sum;
  };
  int best = 0;
  double most = -1e300;
  for (int lag = -reach; lag <= reach; ++lag) {
    const double v = at(lag);
    if (v > most) {
      most = v;
      best = lag;
    }
  }
  const double before = at(best - 1), after = at(best + 1);
  const double bend = before - 2 * most + after;
  return best + (bend < 0 ? 0.5 * (before - after) / bend : 0.0);
}

}  // namespace brandiron::test
