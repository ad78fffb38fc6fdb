#include "noise.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/det_math.h"
#include "effect.h"

namespace brandiron::effects_internal {
namespace {

/// First-order section with a pole at `pole_hz` and a zero at `zero_hz`, 0 dB at 0 Hz. Matched, not
/// bilinear: the bilinear transform would fall too steeply in the top octave.
Biquad shelf_step(double rate_hz, double pole_hz, double zero_hz) {
  const double p = det::exp(-2.0 * std::numbers::pi * pole_hz / rate_hz);
  const double z = det::exp(-2.0 * std::numbers::pi * zero_hz / rate_hz);
  const double scale = (1.0 - p) / (1.0 - z);
  return {scale, -scale * z, 0.0, -p, 0.0};
}

/// -3 dB an octave from 10 Hz up: poles two octaves apart, each with a zero an octave above it.
std::vector<Biquad> pink_filter(double rate_hz) {
  std::vector<Biquad> sections;
  for (double hz = 10.0; hz < 0.45 * rate_hz; hz *= 4.0) {
    sections.push_back(shelf_step(rate_hz, hz, 2.0 * hz));
  }
  return sections;
}

AudioBuffer noise(AudioBuffer audio, const Arguments& a, Rng rng) {
  add_noise(audio, a.number("snr_db"), a.text("color") == "pink", rng);
  return audio;
}

AudioBuffer hum(AudioBuffer audio, const Arguments& a, Rng rng) {
  const double w = 2.0 * std::numbers::pi * a.number("hz") / audio.rate_hz();
  const double phase = rng.uniform(0.0, 6.283185307179586);
  std::vector<float> wave(audio.num_frames());
  for (int k = 1; k <= 7; k += 2) {
    if (k * w >= 3.0) break;
    // A rotating pointer: no sine a sample.
    double re = det::cos(k * phase) / k, im = det::sin(k * phase) / k;
    const double c = det::cos(k * w), s = det::sin(k * w);
    for (float& v : wave) {
      v += static_cast<float>(im);
      const double next = re * c - im * s;
      im = re * s + im * c;
      re = next;
    }
  }
  AudioBuffer added(1, audio.num_frames(), audio.rate_hz());
  std::copy(wave.begin(), wave.end(), added.channel(0).begin());
  const double level = added.rms();
  if (level <= 0 || audio.rms() <= 0) return audio;
  const double target = audio.rms() * det::db_to_gain(-a.number("snr_db"));
  audio.add(added, 0, static_cast<float>(target / level));
  return audio;
}

}  // namespace

void add_noise(AudioBuffer& audio, double snr_db, bool pink, Rng rng) {
  const double signal = audio.rms();
  if (signal <= 0) return;
  AudioBuffer noise(audio.num_channels(), audio.num_frames(), audio.rate_hz());
  for (float& x : noise.samples()) x = fast_normal(rng);
  if (pink) filter(noise, pink_filter(audio.rate_hz()));
  const double level = noise.rms();
  if (level > 0) {
    audio.add(noise, 0, static_cast<float>(signal * det::db_to_gain(-snr_db) / level));
  }
}

float fast_normal(Rng& rng) {
  // Irwin-Hall: the sum of eight 16-bit uniforms is normal to within 3 % of density out to 3 sigma.
  const std::uint64_t a = rng.next_u64(), b = rng.next_u64();
  const auto sum4 = [](std::uint64_t v) {
    return static_cast<int>(v & 0xFFFF) + static_cast<int>((v >> 16) & 0xFFFF) +
           static_cast<int>((v >> 32) & 0xFFFF) + static_cast<int>(v >> 48);
  };
  constexpr float kMean = 8 * 32767.5F;
  constexpr float kScale = 1.0F / 53509.98F;  // 65536 * sqrt(8 / 12)
  return (static_cast<float>(sum4(a) + sum4(b)) - kMean) * kScale;
}

std::vector<Effect> noise_effects() {
  return {
      {{"noise",
        "Adds noise, independent in each channel, at a ratio to the whole signal's power; to "
        "silence "
        "it adds nothing.",
        "noise(snr_db=20, color=pink)",
        {number_parameter("snr_db", "signal to noise", -40, 120, "20"),
         choice_parameter("color", "white is flat, pink falls by 3 dB an octave",
                          {"white", "pink"})}},
       noise},
      {{"hum",
        "Adds mains hum (the odd harmonics up to the seventh) at a ratio to the signal's power.",
        "hum(snr_db=30, hz=50)",
        {number_parameter("snr_db", "signal to hum", -40, 120, "30"),
         number_parameter("hz", "mains frequency", 20, 400, "50")}},
       hum},
  };
}

}  // namespace brandiron::effects_internal
