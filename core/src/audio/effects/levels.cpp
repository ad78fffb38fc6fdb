#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/det_math.h"
#include "effect.h"

namespace brandiron::effects_internal {
namespace {

AudioBuffer gain(AudioBuffer audio, const Arguments& a, Rng) {
  audio.apply_gain(static_cast<float>(det::db_to_gain(a.number("db"))));
  return audio;
}

AudioBuffer normalise(AudioBuffer audio, const Arguments& a, Rng) {
  const double now_lufs = integrated_loudness(audio);
  // Silence and what is shorter than one 400 ms block have no loudness: left alone.
  if (!std::isfinite(now_lufs)) return audio;
  audio.apply_gain(static_cast<float>(det::db_to_gain(a.number("lufs") - now_lufs)));
  return audio;
}

AudioBuffer peak(AudioBuffer audio, const Arguments& a, Rng) {
  const double now = static_cast<double>(audio.peak());
  if (now > 0) audio.apply_gain(static_cast<float>(det::db_to_gain(a.number("dbfs")) / now));
  return audio;
}

AudioBuffer polarity(AudioBuffer audio, const Arguments&, Rng) {
  audio.apply_gain(-1.0F);
  return audio;
}

AudioBuffer mono(AudioBuffer audio, const Arguments&, Rng) { return audio.to_mono(); }

AudioBuffer swap(AudioBuffer audio, const Arguments&, Rng) {
  for (std::size_t c = 0; c + 1 < audio.num_channels(); c += 2) {
    const auto a = audio.channel(c), b = audio.channel(c + 1);
    std::swap_ranges(a.begin(), a.end(), b.begin());
  }
  return audio;
}

AudioBuffer width(AudioBuffer audio, const Arguments& a, Rng) {
  const auto ratio = static_cast<float>(a.number("ratio"));
  for (std::size_t c = 0; c + 1 < audio.num_channels(); c += 2) {
    const auto left = audio.channel(c), right = audio.channel(c + 1);
    for (std::size_t i = 0; i < left.size(); ++i) {
      const float mid = 0.5F * (left[i] + right[i]);
      const float side = 0.5F * ratio * (left[i] - right[i]);
      left[i] = mid + side;
      right[i] = mid - side;
    }
  }
  return audio;
}

AudioBuffer fade(AudioBuffer audio, const Arguments& a, Rng) {
  const std::size_t n = audio.num_frames();
  const auto frames = [&](const char* name) {
    return std::min(n, static_cast<std::size_t>(a.number(name) * audio.rate_hz()));
  };
  const std::size_t in = frames("in_s"), out = frames("out_s");
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto x = audio.channel(c);
    for (std::size_t i = 0; i < in; ++i) {
      x[i] *= static_cast<float>(i) / static_cast<float>(in);
    }
    for (std::size_t i = 0; i < out; ++i) {
      x[n - 1 - i] *= static_cast<float>(i) / static_cast<float>(out);
    }
  }
  return audio;
}

AudioBuffer clip(AudioBuffer audio, const Arguments& a, Rng) {
  const float limit = audio.peak() * static_cast<float>(det::db_to_gain(-a.number("over_db")));
  for (float& x : audio.samples()) x = std::clamp(x, -limit, limit);
  return audio;
}

AudioBuffer requantise(AudioBuffer audio, const Arguments& a, Rng) {
  const int bits = a.integer("bits");
  const float steps = std::ldexp(1.0F, bits - 1);
  for (float& x : audio.samples()) {
    // One bit has two values and no zero; more are signed integers.
    x = bits == 1 ? (x < 0 ? -0.5F : 0.5F)
                  : std::clamp(std::floor(x * steps + 0.5F), -steps, steps - 1.0F) / steps;
  }
  return audio;
}

}  // namespace

std::vector<Effect> level_effects() {
  return {
      {{"gain", "Amplifies.", "gain(-6)", {number_parameter("db", "change of level", -120, 60)}},
       gain},
      {{"normalise",
        "Brings the integrated loudness (BS.1770) to a target; silence is left alone.",
        "normalise(lufs=-14)",
        {number_parameter("lufs", "target", -70, 0, "-14")}},
       normalise},
      {{"peak",
        "Brings the largest sample to a level.",
        "peak(-1)",
        {number_parameter("dbfs", "target", -100, 0, "-1")}},
       peak},
      {{"polarity", "Inverts the waveform.", "polarity", {}}, polarity},
      {{"mono", "Mean of all channels, as one channel.", "mono", {}}, mono},
      {{"swap", "Exchanges left and right (every pair of channels).", "swap", {}}, swap},
      {{"width",
        "Scales the side signal of every pair of channels.",
        "width(0.5)",
        {number_parameter("ratio", "0 both channels alike, 1 unchanged", 0, 3)}},
       width},
      {{"fade",
        "Linear fade at both ends.",
        "fade(in_s=1, out_s=3)",
        {number_parameter("in_s", "length of the fade in", 0, 60, "0"),
         number_parameter("out_s", "length of the fade out", 0, 60, "3")}},
       fade},
      {{"clip",
        "Hard clipping at a level below the largest sample.",
        "clip(over_db=6)",
        {number_parameter("over_db", "how far the peaks stand above the clipping level", 0, 60,
                          "6")}},
       clip},
      {{"requantise",
        "Rounds to fewer bits, without dither.",
        "requantise(bits=8)",
        {number_parameter("bits", "a sample", 1, 24, "8")}},
       requantise},
  };
}

}  // namespace brandiron::effects_internal
