#include "resonator.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"

namespace brandiron::gen::band {
namespace {

constexpr double kTwoPi = 6.283185307179586;
constexpr double kPluckPlace = 0.11;  // of the string's length, from the bridge

/// One transverse polarisation of the string.
struct Polarisation {
  double hz;
  double low_t60_s;   ///< of the fundamental
  double high_t60_s;  ///< at kHighHz
};
constexpr double kHighHz = 5000.0;

/// Stiffness: upper partials travel faster, so that the pulse of the pluck smears within some
/// round trips as it does on steel. Four first-order allpasses in the loop (Van Duyne & Smith,
/// "A simplified approach to modeling dispersion caused by stiffness in strings and plates",
/// ICMC 1994).
struct Dispersion {
  static constexpr int kStages = 4;
  float coefficient = 0.0F;
  double delay_samples = 0.0;  ///< of all stages at the fundamental
};

Dispersion dispersion_for(double hz, int rate_hz) {
  const double at_zero = std::max(1.02, 0.015 * rate_hz / hz);  // samples a stage, towards 0 Hz
  const double a = (1.0 - at_zero) / (1.0 + at_zero);
  const double w = kTwoPi * hz / rate_hz;
  const double phase = -w + 2.0 * det::atan2(a * det::sin(w), 1.0 + a * det::cos(w));
  return {static_cast<float>(a), Dispersion::kStages * -phase / w};
}

/// Gain of one round trip for a decay of 60 dB in `t60_s`.
double round_trip_gain(double t60_s, double hz) {
  constexpr double kSixtyDb = 6.907755278982137;
  return det::exp(-kSixtyDb / (t60_s * hz));
}

/// Adds the loop's answer to `excitation` to `out`, times `gain`.
void add_polarisation(const Polarisation& p, std::span<const float> excitation, float gain,
                      int rate_hz, std::span<float> out) {
  // Damping b, 1 - 2b, b: linear phase, delays by one sample at every frequency.
  const double low = round_trip_gain(p.low_t60_s, p.hz);
  const double high = round_trip_gain(p.high_t60_s, p.hz);
  const double bend = 1.0 - det::cos(kTwoPi * kHighHz / rate_hz);
  const double b = std::clamp((1.0 - high / low) / (2.0 * bend), 0.0, 0.25);
  const auto side = static_cast<float>(low * b), middle = static_cast<float>(low * (1.0 - 2.0 * b));
  const Dispersion stiff = dispersion_for(p.hz, rate_hz);
  const float a = stiff.coefficient;
  // What is left of the period is a whole delay and an allpass of 0.5 to 1.5 samples.
  const double period = rate_hz / p.hz - 1.0 - stiff.delay_samples;
  const auto whole = static_cast<std::size_t>(period - 0.5);
  const double fraction = period - static_cast<double>(whole);
  const auto eta = static_cast<float>((1.0 - fraction) / (1.0 + fraction));

  // The output is its own delay line, after as much silence as the loop looks back.
  const std::size_t lead = whole + 2;
  std::vector<float> y(lead + out.size(), 0.0F);
  float damped_before = 0.0F, passed = 0.0F;
  std::array<float, Dispersion::kStages + 1> state{};  // last input of each stage, last output
  for (std::size_t i = 0; i < out.size(); ++i) {
    const float* back = y.data() + lead + i - whole;
    const float damped = side * (back[0] + back[-2]) + middle * back[-1];
    passed = eta * (damped - passed) + damped_before;
    damped_before = damped;
    float in = passed;
    for (std::size_t stage = 0; stage < Dispersion::kStages; ++stage) {
      const float moved = a * (in - state[stage + 1]) + state[stage];
      state[stage] = in;
      in = moved;
    }
    state.back() = in;
    const float v = in + (i < excitation.size() ? excitation[i] : 0.0F);
    y[lead + i] = v;
    out[i] += gain * v;
  }
}

/// The plectrum: it lifts the string and lets go. The bridge feels a pulse as long as the wave
/// needs to the plucked place and back; the harder the stroke, the sharper its edges.
std::vector<float> pluck(double hz, int velocity, int rate_hz) {
  const double strength = velocity / 127.0;
  const auto pulse = static_cast<std::size_t>(std::lround(kPluckPlace * rate_hz / hz));
  const auto edge =
      std::max<std::size_t>(2, static_cast<std::size_t>((0.00026 - 0.00018 * strength) * rate_hz));
  std::vector<float> x(std::max(pulse + edge, static_cast<std::size_t>(0.006 * rate_hz)), 0.0F);
  const auto ramp = [&](std::size_t i) {
    if (i >= edge) return 1.0;
    return 0.5 - 0.5 * det::cos(kTwoPi * 0.5 * static_cast<double>(i) / static_cast<double>(edge));
  };
  for (std::size_t i = 0; i < pulse + edge; ++i) {
    const double fall = i < pulse ? 0.0 : ramp(i - pulse + 1);
    x[i] = static_cast<float>(ramp(i + 1) - fall);
  }
  // The scratch of plectrum on wound steel. One seed for all: it belongs to the instrument.
  Rng rng(1, "band/resonator");
  const double decay = det::exp(-1.0 / (0.0012 * rate_hz));
  double scratch = 0.10 + 0.12 * strength;
  for (float& v : x) {
    v += static_cast<float>(scratch * rng.uniform(-1.0, 1.0));
    scratch *= decay;
  }
  const auto level = static_cast<float>(0.055 * strength * strength);
  for (float& v : x) v *= level;
  return x;
}

}  // namespace

std::vector<float> resonator_string(int pitch, int velocity, std::size_t frames, int rate_hz) {
  if (pitch < 28 || pitch > 84) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("resonator guitar: pitch {}; expected MIDI 28-84", pitch));
  }
  std::vector<float> out(frames, 0.0F);
  const double hz = det::midi_to_hz(pitch);
  const std::vector<float> excitation = pluck(hz, velocity, rate_hz);
  // Shorter notes on shorter strings, by the square root of the pitch.
  const double shortening = det::sqrt(110.0 / hz);
  add_polarisation({hz, 1.9 * shortening, 0.55}, excitation, 1.0F, rate_hz, out);
  add_polarisation({hz * 0.99942, 5.0 * shortening, 0.9}, excitation, 0.22F, rate_hz, out);
  return out;
}

void resonator_body(std::span<float> x, int rate_hz) {
  FilterCascade{Biquad::highpass(rate_hz, 150.0, 0.8),
                Biquad::peaking(rate_hz, 265.0, 3.0, 1.5),
                Biquad::peaking(rate_hz, 1180.0, 8.0, 4.0),
                Biquad::peaking(rate_hz, 2150.0, 9.0, 5.0),
                Biquad::peaking(rate_hz, 3500.0, 7.0, 5.0),
                Biquad::high_shelf(rate_hz, 2300.0, 11.0),
                Biquad::lowpass(rate_hz, std::min(11000.0, 0.45 * rate_hz), 0.7)}
      .process(x);
  // The cone's own inertia: it does not jump.
  const std::size_t rise = std::min(x.size(), static_cast<std::size_t>(0.0006 * rate_hz));
  for (std::size_t i = 0; i < rise; ++i) x[i] *= static_cast<float>(i) / static_cast<float>(rise);
}

}  // namespace brandiron::gen::band
