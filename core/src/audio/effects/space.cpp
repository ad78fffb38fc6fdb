#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/audio/reverb.h"
#include "brandiron/core/det_math.h"
#include "effect.h"
#include "noise.h"

namespace brandiron::effects_internal {
namespace {

AudioBuffer echo(AudioBuffer audio, const Arguments& a, Rng) {
  const AudioBuffer dry = audio;
  const auto delay = std::max<std::size_t>(
      static_cast<std::size_t>(a.number("delay_ms") / 1000.0 * audio.rate_hz()), 1);
  const double level = det::db_to_gain(a.number("level_db"));
  double gain = 1.0;
  for (int k = 1; k <= a.integer("repeats"); ++k) {
    gain *= level;
    const std::size_t at = static_cast<std::size_t>(k) * delay;
    if (at >= dry.num_frames()) break;
    audio.add(dry.slice(0, dry.num_frames() - at), at, static_cast<float>(gain));
  }
  return audio;
}

/// Dry times 1 - mix plus wet times mix; channel c takes wet channel c modulo theirs.
void blend(AudioBuffer& dry, const AudioBuffer& wet, double mix) {
  const auto d = static_cast<float>(1.0 - mix), w = static_cast<float>(mix);
  for (std::size_t c = 0; c < dry.num_channels(); ++c) {
    const auto x = dry.channel(c);
    const auto y = wet.channel(c % wet.num_channels());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = d * x[i] + w * y[i];
  }
}

AudioBuffer read_response(const std::string& path, int rate_hz) {
  ReadOptions options;
  options.max_duration_s = 30;
  AudioBuffer response = resample(read_audio(path, options), rate_hz);
  // Unit energy in the loudest channel: as loud wet as dry.
  double energy = 0.0;
  for (std::size_t c = 0; c < response.num_channels(); ++c) {
    double sum = 0.0;
    for (const float v : response.channel(c)) sum += static_cast<double>(v) * v;
    energy = std::max(energy, sum);
  }
  if (energy > 0) response.apply_gain(static_cast<float>(1.0 / det::sqrt(energy)));
  return response;
}

AudioBuffer reverb(AudioBuffer audio, const Arguments& a, Rng rng) {
  const double mix = a.number("mix");
  if (a.text("ir").empty()) {
    ReverbOptions options;
    options.rt60_s = a.number("rt60_s");
    options.predelay_ms = a.number("predelay_ms");
    options.size = std::clamp(0.6 + 0.4 * options.rt60_s, 0.2, 3.0);
    blend(audio, synthetic_reverb(audio, options, 0.0, rng.next_u64()), mix);
    return audio;
  }
  const AudioBuffer response = read_response(a.text("ir"), audio.rate_hz());
  AudioBuffer wet(audio.num_channels(), audio.num_frames(), audio.rate_hz());
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto y = convolve(audio.channel(c), response.channel(c % response.num_channels()));
    std::copy_n(y.begin(), std::min(y.size(), wet.num_frames()), wet.channel(c).begin());
  }
  blend(audio, wet, mix);
  return audio;
}

AudioBuffer mix(AudioBuffer audio, const Arguments& a, Rng) {
  const AudioBuffer other = resample(read_audio(a.text("file")), audio.rate_hz());
  const double ours = audio.rms(), theirs = other.rms();
  if (theirs <= 0 || other.empty()) return audio;
  // Against silence there is no level to compare with: the other file keeps its own.
  const double gain = (ours > 0 ? ours / theirs : 1.0) * det::db_to_gain(a.number("level_db"));
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto x = audio.channel(c);
    const auto y = other.channel(c % other.num_channels());
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += static_cast<float>(gain) * y[i % y.size()];
  }
  return audio;
}

AudioBuffer air(AudioBuffer audio, const Arguments& a, Rng rng) {
  AudioBuffer heard = audio.to_mono();
  const double rate = heard.rate_hz();
  filter(heard, butterworth_highpass(rate, a.number("low_hz"), 4));
  if (a.number("high_hz") < 0.499 * rate) {
    filter(heard, butterworth_lowpass(rate, a.number("high_hz"), 4));
  }
  const double level = heard.rms();
  const auto room = synthetic_room_response(heard.rate_hz(), a.number("rt60_s"),
                                            a.number("direct_db"), rng.child("room"));
  const auto wet = convolve(heard.channel(0), room);
  std::copy_n(wet.begin(), heard.num_frames(), heard.channel(0).begin());
  // The room changes the level by chance; the phone's gain control undoes that.
  const double now = heard.rms();
  if (now > 0) heard.apply_gain(static_cast<float>(level / now));
  heard = change_speed(heard, 1.0 / (1.0 + a.number("clock_ppm") * 1e-6));
  add_noise(heard, a.number("snr_db"), false, rng.child("noise"));
  return heard;
}

}  // namespace

std::vector<Effect> space_effects() {
  return {
      {{"echo",
        "Repeats the sound after a delay, each time weaker.",
        "echo(delay_ms=250, level_db=-9, repeats=3)",
        {number_parameter("delay_ms", "between repeats", 1, 5000, "250"),
         number_parameter("level_db", "of each repeat against the one before", -60, 0, "-9"),
         number_parameter("repeats", "how many", 1, 32, "3")}},
       echo},
      {{"reverb",
        "A room: synthetic (feedback delay network), or an impulse response read from a file; the "
        "length stays.",
        "reverb(rt60_s=1.2, mix=0.3)",
        {number_parameter("rt60_s", "decay by 60 dB (synthetic)", 0.05, 20, "1.2"),
         number_parameter("mix", "0 dry .. 1 wet", 0, 1, "0.3"),
         number_parameter("predelay_ms", "before the room answers (synthetic)", 0, 500, "12"),
         text_parameter("ir", "audio file with an impulse response; empty: synthetic", "\"\"")}},
       reverb},
      {{"mix",
        "Adds another file (repeated to the same length) at a level against this one's power.",
        "mix(file=other.wav, level_db=-20)",
        {text_parameter("file", "audio file"),
         number_parameter("level_db", "of the other, relative", -80, 40, "-20")}},
       mix},
      {{"air",
        "Played by a loudspeaker and recorded by a phone: mono, band limits, a room, another "
        "clock, "
        "noise.",
        "air(rt60_s=0.4, snr_db=25)",
        {number_parameter("rt60_s", "decay of the room", 0.02, 3, "0.4"),
         number_parameter("snr_db", "signal to noise", -20, 120, "25"),
         number_parameter("direct_db", "direct sound over the room's", -20, 40, "3"),
         number_parameter("clock_ppm", "the recorder's clock error", -5000, 5000, "200"),
         number_parameter("low_hz", "lower band limit", 10, 2000, "150"),
         number_parameter("high_hz", "upper band limit", 1000, 96000, "8000")}},
       air},
  };
}

}  // namespace brandiron::effects_internal
