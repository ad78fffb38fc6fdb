#include <algorithm>
#include <cmath>

#include "playing.h"

namespace brandiron::gen::band {
namespace {

__attribute__((target_clones("avx2", "default"))) void add_tone(float* to, const std::int16_t* from,
                                                                float gain, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += gain * static_cast<float>(from[i]);
}

__attribute__((target_clones("avx2", "default"))) void add_samples(float* to, const float* from,
                                                                   float gain, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += gain * from[i];
}

void add_fading(float* to, const std::int16_t* from, float gain, std::size_t n, std::size_t of) {
  const float step = 1.0F / static_cast<float>(of);
  for (std::size_t i = 0; i < n; ++i) {
    const float fade = 1.0F - static_cast<float>(i) * step;
    to[i] += gain * fade * fade * static_cast<float>(from[i]);
  }
}

std::size_t to_frames(double seconds, int rate_hz) {
  return static_cast<std::size_t>(std::llround(std::max(0.0, seconds) * rate_hz));
}

void render_tone(const ToneKey& key, const PlayedNote& note, double release_s,
                 std::span<float> out) {
  const std::shared_ptr<const Tone> tone = sampled_tone(key);
  const std::size_t start = to_frames(note.start_s, key.rate_hz);
  if (start >= out.size()) return;
  const std::size_t end = std::max(start, to_frames(note.end_s, key.rate_hz));
  const std::size_t space = std::min(out.size() - start, tone->samples.size());
  const std::size_t steady = std::min(end - start, space);
  const std::size_t release = std::max<std::size_t>(1, to_frames(release_s, key.rate_hz));
  const float gain = tone->scale * gain_within_layer(note.velocity);
  add_tone(out.data() + start, tone->samples.data(), gain, steady);
  add_fading(out.data() + start + steady, tone->samples.data() + steady, gain,
             std::min(release, space - steady), release);
}

void render_drum(Drum drum, int take, const PlayedNote& note, int rate_hz, std::span<float> out) {
  const auto strike = drum_strike(drum, take, rate_hz);
  const std::size_t start = to_frames(note.start_s, rate_hz);
  if (start >= out.size()) return;
  const float v = static_cast<float>(note.velocity) / 127.0F;
  add_samples(out.data() + start, strike->data(), 0.5F * v * v,
              std::min(out.size() - start, strike->size()));
}

}  // namespace

AudioBuffer render_part(const PlayedPart& part, std::size_t frames, int rate_hz) {
  AudioBuffer audio(1, frames, rate_hz);
  for (std::size_t i = 0; i < part.notes.notes.size(); ++i) {
    const PlayedNote& note = part.notes.notes[i];
    const Sound& sound = part.sounds[i];
    if (part.notes.percussion) {
      render_drum(part.drum, sound.take, note, rate_hz, audio.channel(0));
    } else {
      render_tone({part.notes.program, note.pitch, velocity_layer(note.velocity),
                   sound.articulation, rate_hz},
                  note, sound.release_s, audio.channel(0));
    }
  }
  return audio;
}

}  // namespace brandiron::gen::band
