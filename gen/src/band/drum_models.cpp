#include "drum_models.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <span>
#include <tuple>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/rng.h"

namespace brandiron::gen::band {
namespace {

void run(const Biquad& filter, std::span<float> x) { FilterCascade{filter}.process(x); }

constexpr double kTwoPi = 6.283185307179586;
using Samples = std::vector<float>;

Samples silence(double seconds, int rate_hz) {
  return Samples(static_cast<std::size_t>(seconds * rate_hz), 0.0F);
}

/// Exponentially dying white noise with an attack, starting at `delay_s`.
Samples noise_burst(double seconds, int rate_hz, double delay_s, double attack_s, double decay_s,
                    Rng& rng) {
  Samples x = silence(seconds, rate_hz);
  const auto start = static_cast<std::size_t>(delay_s * rate_hz);
  const double step = det::exp(-1.0 / (decay_s * rate_hz));
  const double rise = 1.0 / std::max(1.0, attack_s * rate_hz);
  double envelope = 1.0, attack = 0.0;
  for (std::size_t i = start; i < x.size() && envelope > 1e-5; ++i) {
    attack = std::min(1.0, attack + rise);
    x[i] = static_cast<float>(attack * envelope * rng.uniform(-1.0, 1.0));
    if (attack >= 1.0) envelope *= step;
  }
  return x;
}

void add(Samples& to, const Samples& from, double gain) {
  for (std::size_t i = 0; i < std::min(to.size(), from.size()); ++i) {
    to[i] += static_cast<float>(gain) * from[i];
  }
}

/// A mode whose pitch falls from `start_hz` to `end_hz`: skin or plywood after a blow.
void add_mode(Samples& x, int rate_hz, double start_hz, double end_hz, double fall_s,
              double decay_s, double gain) {
  const double fall_step = det::exp(-1.0 / (fall_s * rate_hz));
  const double decay_step = det::exp(-1.0 / (decay_s * rate_hz));
  const double rise = 1.0 / (0.0015 * rate_hz);
  double fall = 1.0, envelope = gain, attack = 0.0, phase = 0.0;
  for (float& v : x) {
    attack = std::min(1.0, attack + rise);
    v += static_cast<float>(attack * envelope * det::sin(kTwoPi * phase));
    phase += (end_hz + (start_hz - end_hz) * fall) / rate_hz;
    fall *= fall_step;
    envelope *= decay_step;
  }
}

void normalise(Samples& x) {
  float peak = 1e-9F;
  for (const float v : x) peak = std::max(peak, std::fabs(v));
  for (float& v : x) v /= peak;
  const std::size_t fade = std::min<std::size_t>(x.size(), 400);
  for (std::size_t i = 0; i < fade; ++i) {
    x[x.size() - 1 - i] *= static_cast<float>(i) / static_cast<float>(fade);
  }
}

Samples stomp(int rate_hz, Rng& rng) {
  Samples x = silence(0.55, rate_hz);
  const double tune = 1.0 + 0.03 * rng.normal();
  add_mode(x, rate_hz, 118 * tune, 56 * tune, 0.020, 0.105, 0.95);
  add_mode(x, rate_hz, 210 * tune, 172 * tune, 0.015, 0.028, 0.40);
  Samples sole = noise_burst(0.1, rate_hz, 0.0, 0.0003, 0.0055, rng);
  run(Biquad::bandpass(rate_hz, 1750 * (1.0 + 0.1 * rng.normal()), 0.8), sole);
  add(x, sole, 1.25);
  Samples heel = noise_burst(0.1, rate_hz, rng.uniform(0.010, 0.016), 0.0003, 0.006, rng);
  run(Biquad::bandpass(rate_hz, 1150, 0.9), heel);
  add(x, heel, 0.45);
  Samples boards = noise_burst(0.4, rate_hz, 0.001, 0.002, 0.055, rng);
  run(Biquad::lowpass(rate_hz, 420, 0.7), boards);
  add(x, boards, 0.35);
  return x;
}

/// A felt beater on a suitcase: its broad side, the air behind it, plywood that answers higher and
/// shorter, and locks that rattle a little later.
Samples box_kick(int rate_hz, Rng& rng) {
  Samples x = silence(0.45, rate_hz);
  const double tune = 1.0 + 0.02 * rng.normal();
  add_mode(x, rate_hz, 96 * tune, 67 * tune, 0.025, 0.085, 1.0);
  add_mode(x, rate_hz, 158 * tune, 141 * tune, 0.012, 0.045, 0.45);
  add_mode(x, rate_hz, 322 * tune, 310 * tune, 0.010, 0.020, 0.20);
  Samples felt = noise_burst(0.1, rate_hz, 0.0, 0.0004, 0.0045, rng);
  run(Biquad::bandpass(rate_hz, 950 * (1.0 + 0.08 * rng.normal()), 0.7), felt);
  add(x, felt, 1.1);
  Samples locks = noise_burst(0.2, rate_hz, rng.uniform(0.006, 0.010), 0.001, 0.022, rng);
  run(Biquad::bandpass(rate_hz, 3100 * (1.0 + 0.05 * rng.normal()), 2.5), locks);
  add(x, locks, 0.16);
  return x;
}

Samples one_clap(int rate_hz, double delay_s, Rng& rng) {
  constexpr double kSeconds = 0.35;
  Samples flesh = noise_burst(kSeconds, rate_hz, delay_s, 0.0004, rng.uniform(0.006, 0.011), rng);
  Samples hollow = flesh;
  run(Biquad::bandpass(rate_hz, rng.uniform(850.0, 1900.0), 1.6), hollow);
  run(Biquad::highpass(rate_hz, 2200, 0.7), flesh);
  run(Biquad::lowpass(rate_hz, 9000, 0.7), flesh);
  Samples x = silence(kSeconds, rate_hz);
  add(x, hollow, 1.0);
  add(x, flesh, 0.22);
  Samples around = noise_burst(kSeconds, rate_hz, delay_s + 0.004, 0.006, 0.045, rng);
  run(Biquad::bandpass(rate_hz, 1300, 0.7), around);
  add(x, around, 0.07);
  return x;
}

Samples clap(int rate_hz, Rng& rng) {
  const int hands = 6 + static_cast<int>(rng.below(7));
  const double spread_s = rng.uniform(0.008, 0.025);
  Samples x = one_clap(rate_hz, 0.0, rng);
  for (int h = 1; h < hands; ++h) {
    add(x, one_clap(rate_hz, rng.uniform(0.0, spread_s), rng), rng.uniform(0.45, 0.95));
  }
  return x;
}

Samples tambourine(int rate_hz, Rng& rng) {
  constexpr double kSeconds = 0.35;
  Samples shake = noise_burst(kSeconds, rate_hz, 0.0, 0.0006, 0.030, rng);
  add(shake, noise_burst(kSeconds, rate_hz, rng.uniform(0.018, 0.028), 0.002, 0.035, rng), 0.45);
  add(shake, noise_burst(kSeconds, rate_hz, rng.uniform(0.040, 0.060), 0.003, 0.040, rng), 0.22);
  Samples x = silence(kSeconds, rate_hz);
  for (const double hz : {5200.0, 6700.0, 8300.0, 9900.0, 12400.0}) {
    Samples jingle = shake;
    run(Biquad::bandpass(rate_hz, hz * (1.0 + 0.02 * rng.normal()), 9.0), jingle);
    add(x, jingle, rng.uniform(0.7, 1.0));
  }
  run(Biquad::highpass(rate_hz, 4500, 0.7), shake);
  add(x, shake, 0.25);
  return x;
}

Samples brush(int rate_hz, Rng& rng) {
  Samples wires = noise_burst(0.25, rate_hz, 0.0, 0.0015, rng.uniform(0.035, 0.050), rng);
  Samples x = wires;
  run(Biquad::bandpass(rate_hz, 3600, 0.5), x);
  add_mode(x, rate_hz, 220, 188, 0.01, 0.035, 0.12);
  return x;
}

Samples make(Drum drum, int take, int rate_hz) {
  // A fixed seed: takes belong to the instrument, not to the song.
  Rng rng = Rng(1, "band/drums")
                .child(std::to_string(gm_drum_note(drum)), static_cast<std::uint64_t>(take));
  Samples x;
  switch (drum) {
    case Drum::kStomp:
      x = stomp(rate_hz, rng);
      break;
    case Drum::kKick:
      x = box_kick(rate_hz, rng);
      break;
    case Drum::kClap:
      x = clap(rate_hz, rng);
      break;
    case Drum::kTambourine:
      x = tambourine(rate_hz, rng);
      break;
    case Drum::kBrush:
      x = brush(rate_hz, rng);
      break;
  }
  normalise(x);
  return x;
}

}  // namespace

int gm_drum_note(Drum drum) {
  switch (drum) {
    case Drum::kStomp:
      return 36;
    case Drum::kKick:
      return 35;
    case Drum::kClap:
      return 39;
    case Drum::kTambourine:
      return 54;
    case Drum::kBrush:
      return 38;
  }
  return 36;
}

std::shared_ptr<const std::vector<float>> drum_strike(Drum drum, int take, int rate_hz) {
  static std::mutex mutex;
  static std::map<std::tuple<Drum, int, int>, std::shared_ptr<const Samples>> known;
  const std::lock_guard lock(mutex);
  auto& entry = known[{drum, take % kNumTakes, rate_hz}];
  if (!entry) entry = std::make_shared<const Samples>(make(drum, take % kNumTakes, rate_hz));
  return entry;
}

}  // namespace brandiron::gen::band
