#include "articulation.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/det_math.h"

namespace brandiron::gen::band {
namespace {

constexpr double kTwoPi = 6.283185307179586;

/// Bends a tone: plays it at 2^(cents/1200) times its speed, by cubic interpolation.
template <typename Cents>
std::vector<float> bend(const std::vector<float>& x, int rate_hz, Cents cents_at) {
  constexpr int kControl = 32;
  std::vector<float> out;
  out.reserve(x.size());
  double position = 1.0;
  double speed = 1.0;
  while (position + 3.0 < static_cast<double>(x.size())) {
    if (out.size() % kControl == 0) {
      speed = det::exp2(cents_at(static_cast<double>(out.size()) / rate_hz) / 1200.0);
    }
    const auto i = static_cast<std::size_t>(position);
    const auto f = static_cast<float>(position - static_cast<double>(i));
    const float a = x[i - 1], b = x[i], c = x[i + 1], d = x[i + 2];
    const float c1 = 0.5F * (c - a), c2 = a - 2.5F * b + 2.0F * c - 0.5F * d;
    const float c3 = 0.5F * (d - a) + 1.5F * (b - c);
    out.push_back(((c3 * f + c2) * f + c1) * f + b);
    position += speed;
  }
  return out;
}

double vibrato_cents(double t, double depth) {
  const double onset = std::clamp((t - 0.25) / 0.3, 0.0, 1.0);
  return onset == 0.0 ? 0.0 : onset * depth * det::sin(kTwoPi * 5.4 * t);
}

/// From a whole tone below, fast first: a finger or a bottle that arrives.
double slide_cents(double t, double seconds) {
  const double left = std::max(0.0, 1.0 - t / seconds);
  return -200.0 * left * left;
}

/// The heel of the hand on the strings: a short, dull tone behind the plectrum's click.
void palm_mute(std::vector<float>& x, int rate_hz, int pitch) {
  const double lowpass_hz = std::clamp(6.0 * det::midi_to_hz(pitch), 700.0, 2200.0);
  constexpr double kClickSeconds = 0.003;
  const auto click_frames = static_cast<std::size_t>(8.0 * kClickSeconds * rate_hz);
  std::vector<float> click(x);
  click.resize(std::min(x.size(), click_frames));
  FilterCascade{Biquad::lowpass(rate_hz, lowpass_hz, 0.8)}.process(x);
  const double click_step = det::exp(-1.0 / (kClickSeconds * rate_hz));
  double click_gain = 0.7;
  for (std::size_t i = 0; i < click.size(); ++i) {
    x[i] += static_cast<float>(click_gain) * click[i];
    click_gain *= click_step;
  }
  constexpr double kDecaySeconds = 0.13;
  const double step = det::exp(-1.0 / (kDecaySeconds * rate_hz));
  double gain = 1.4;  // muting is played harder
  for (float& v : x) {
    v = static_cast<float>(v * gain);
    gain *= step;
  }
  x.resize(std::min(x.size(), static_cast<std::size_t>(kPalmMuteSeconds * rate_hz)));
}

/// A finger that comes down on a ringing string: no pick, so the upper partials of the attack are
/// missing and return as the finger stays.
void hammer(std::vector<float>& x, int rate_hz) {
  FilterCascade{Biquad::high_shelf(rate_hz, 1800.0, -7.0)}.process(x);
}

}  // namespace

void dull_with_time(std::vector<float>& x, int rate_hz) {
  constexpr std::size_t kControl = 64;
  float first = 0.0F, second = 0.0F, keep = 0.0F;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (i % kControl == 0) {
      const double hz = 2200.0 + 11800.0 * det::exp(-static_cast<double>(i) / (0.30 * rate_hz));
      keep = static_cast<float>(det::exp(-kTwoPi * hz / rate_hz));
    }
    first = x[i] + keep * (first - x[i]);
    second = first + keep * (second - first);
    x[i] = second;
  }
}

std::size_t frames_before_articulation(std::size_t frames) {
  // A vibrato of 22 cents runs through at most 1.3 % more input; a bend reads three samples ahead.
  return frames + frames / 76 + 8;
}

void articulate(std::vector<float>& x, const ToneKey& key) {
  switch (key.articulation) {
    case Articulation::kOpen:
      break;
    case Articulation::kPalmMute:
      palm_mute(x, key.rate_hz, key.pitch);
      break;
    case Articulation::kBottleneck:
      x = bend(x, key.rate_hz,
               [](double t) { return slide_cents(t, 0.13) + vibrato_cents(t, 22.0); });
      break;
    case Articulation::kFretSlide:
      x = bend(x, key.rate_hz, [](double t) { return slide_cents(t, 0.11); });
      break;
    case Articulation::kVibrato:
      x = bend(x, key.rate_hz, [](double t) { return vibrato_cents(t, 14.0); });
      break;
    case Articulation::kHammer:
      hammer(x, key.rate_hz);
      break;
  }
}

}  // namespace brandiron::gen::band
