#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/resample.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "effect.h"
#include "range_check.h"
#include "time_stretch.h"
#include "varispeed.h"

namespace brandiron::effects_internal {
namespace {

AudioBuffer speed(AudioBuffer audio, const Arguments& a, Rng) {
  return change_speed(audio, 1.0 / a.number("ratio"));
}

AudioBuffer tempo(AudioBuffer audio, const Arguments& a, Rng) {
  return stretch_time(audio, 1.0 / a.number("ratio"));
}

AudioBuffer pitch(AudioBuffer audio, const Arguments& a, Rng) {
  if (a.number("semitones") == 0) return audio;
  // Longer at the same pitch, then played that much faster.
  const std::size_t num_frames = audio.num_frames();
  const double ratio = det::exp2(a.number("semitones") / 12.0);
  AudioBuffer out = change_speed(stretch_time(audio, ratio), 1.0 / ratio);
  out.resize_frames(num_frames);  // rounding twice can cost a frame
  return out;
}

AudioBuffer crop(AudioBuffer audio, const Arguments& a, Rng rng) {
  const double rate = audio.rate_hz();
  const auto count = static_cast<std::size_t>(a.number("duration_s") * rate + 0.5);
  if (a.number("start_s") < 0) {
    const std::size_t spare = audio.num_frames() - std::min(count, audio.num_frames());
    const auto start = static_cast<std::size_t>(rng.uniform() * static_cast<double>(spare + 1));
    return audio.slice(std::min(start, spare), count);
  }
  const auto start = static_cast<std::size_t>(a.number("start_s") * rate + 0.5);
  if (start >= audio.num_frames()) {
    throw Error(ErrorCode::kInvalidArgument,
                "crop: start_s is " + number_text(a.number("start_s")) + ", the audio ends at " +
                    number_text(audio.duration_s()) + "; start earlier, or leave it out");
  }
  return audio.slice(start, count);
}

/// Keeps the frames that `keep` (called once a frame, in order) wants.
template <typename Keep>
AudioBuffer keep_frames(AudioBuffer audio, Keep keep) {
  std::vector<bool> kept(audio.num_frames());
  std::size_t count = 0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    kept[i] = keep(i);
    count += kept[i] ? 1 : 0;
  }
  AudioBuffer out(audio.num_channels(), count, audio.rate_hz());
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto x = audio.channel(c);
    const auto y = out.channel(c);
    std::size_t next = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (kept[i]) y[next++] = x[i];
    }
  }
  return out;
}

AudioBuffer drop(AudioBuffer audio, const Arguments& a, Rng rng) {
  const auto threshold = static_cast<std::uint32_t>(a.number("fraction") * 4294967295.0);
  return keep_frames(std::move(audio), [&](std::size_t) { return rng.next_u32() >= threshold; });
}

AudioBuffer cut(AudioBuffer audio, const Arguments& a, Rng rng) {
  const auto second = static_cast<std::size_t>(audio.rate_hz());
  const auto gap = static_cast<std::size_t>(a.number("ms") / 1000.0 * audio.rate_hz() + 0.5);
  std::size_t start = 0;
  return keep_frames(std::move(audio), [&](std::size_t i) {
    const std::size_t place = i % second;
    if (place == 0) start = rng.below(static_cast<std::uint32_t>(second - gap + 1));
    return place < start || place >= start + gap;
  });
}

AudioBuffer wow(AudioBuffer audio, const Arguments& a, Rng rng) {
  return wander_speed(audio, a.number("percent") / 100.0, a.number("hz"),
                      rng.uniform(0.0, 6.283185307179586));
}

AudioBuffer shift(AudioBuffer audio, const Arguments& a, Rng) {
  const double frames = std::fabs(a.number("ms")) / 1000.0 * audio.rate_hz() + 0.5;
  const auto count = std::min(static_cast<std::size_t>(frames), audio.num_frames());
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto x = audio.channel(c);
    const auto n = static_cast<std::ptrdiff_t>(count);
    if (a.number("ms") >= 0) {
      std::copy_backward(x.begin(), x.end() - n, x.end());
      std::fill(x.begin(), x.begin() + n, 0.0F);
    } else {
      std::copy(x.begin() + n, x.end(), x.begin());
      std::fill(x.end() - n, x.end(), 0.0F);
    }
  }
  return audio;
}

AudioBuffer reverse(AudioBuffer audio, const Arguments&, Rng) {
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto x = audio.channel(c);
    std::reverse(x.begin(), x.end());
  }
  return audio;
}

}  // namespace

std::vector<Effect> time_effects() {
  return {
      {{"speed",
        "Plays faster or slower; the pitch moves along, the rate stays.",
        "speed(ratio=1.02)",
        {number_parameter("ratio", "new speed over old", 0.25, 4)}},
       speed},
      {{"tempo",
        "Plays faster or slower at the same pitch (phase vocoder with phase locking and kept "
        "onsets).",
        "tempo(ratio=1.1)",
        {number_parameter("ratio", "new tempo over old", 0.25, 4)}},
       tempo},
      {{"pitch",
        "Moves the pitch at the same tempo and length.",
        "pitch(semitones=-2)",
        {number_parameter("semitones", "up or down", -24, 24)}},
       pitch},
      {{"crop",
        "Keeps an excerpt; audio shorter than it stays whole.",
        "crop(duration_s=30)",
        {number_parameter("start_s", "where it begins; -1 draws a place at random", -1, 86400,
                          "-1"),
         number_parameter("duration_s", "its length", 0.001, 86400, "30")}},
       crop},
      {{"drop",
        "Deletes frames at random, joining the rest: the audio gets shorter.",
        "drop(fraction=0.001)",
        {number_parameter("fraction", "probability for each frame", 0, 0.9, "0.001")}},
       drop},
      {{"cut",
        "Deletes one piece at a random place in each second, joining the rest.",
        "cut(ms=10)",
        {number_parameter("ms", "length of each piece", 0, 900, "10")}},
       cut},
      {{"wow",
        "Tape wow: the speed wanders as a sine about 1.",
        "wow(percent=0.3, hz=0.5)",
        {number_parameter("percent", "largest deviation of the speed", 0, 10, "0.3"),
         number_parameter("hz", "how often a second", 0.05, 20, "0.5")}},
       wow},
      {{"shift",
        "Moves the audio later (or earlier) inside the same length; silence fills the gap.",
        "shift(ms=7)",
        {number_parameter("ms", "later; negative: earlier", -60000, 60000)}},
       shift},
      {{"reverse", "Plays backwards.", "reverse", {}}, reverse},
  };
}

}  // namespace brandiron::effects_internal
