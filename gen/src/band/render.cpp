#include <algorithm>
#include <cmath>
#include <map>

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

ToneKey tone_key(const PlayedPart& part, std::size_t i, int rate_hz) {
  const PlayedNote& note = part.notes.notes[i];
  return {part.notes.program,          note.pitch, velocity_layer(note.velocity),
          part.sounds[i].articulation, rate_hz,    part.source};
}

/// Samples of its tone that a note uses: until its end, and the fade.
struct NoteSpan {
  std::size_t start = 0, steady = 0, release = 1;
};

NoteSpan span_of(const PlayedNote& note, double release_s, int rate_hz) {
  const std::size_t start = to_frames(note.start_s, rate_hz);
  const std::size_t end = std::max(start, to_frames(note.end_s, rate_hz));
  return {start, end - start, std::max<std::size_t>(1, to_frames(release_s, rate_hz))};
}

void render_tone(const Tone& tone, const PlayedNote& note, const NoteSpan& span,
                 std::span<float> out) {
  if (span.start >= out.size()) return;
  const std::size_t space = std::min(out.size() - span.start, tone.samples.size());
  const std::size_t steady = std::min(span.steady, space);
  const float gain = tone.scale * gain_within_layer(note.velocity);
  add_tone(out.data() + span.start, tone.samples.data(), gain, steady);
  add_fading(out.data() + span.start + steady, tone.samples.data() + steady, gain,
             std::min(span.release, space - steady), span.release);
}

void render_tones(const PlayedPart& part, int rate_hz, std::span<float> out) {
  // Each tone once, as long as the longest note needs it.
  std::map<ToneKey, std::size_t> longest;
  std::vector<NoteSpan> spans;
  for (std::size_t i = 0; i < part.notes.notes.size(); ++i) {
    spans.push_back(span_of(part.notes.notes[i], part.sounds[i].release_s, rate_hz));
    std::size_t& frames = longest[tone_key(part, i, rate_hz)];
    frames = std::max(frames, spans[i].steady + spans[i].release);
  }
  std::map<ToneKey, std::shared_ptr<const Tone>> tones;
  for (const auto& [key, frames] : longest) tones[key] = tone_of(key, frames);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    render_tone(*tones[tone_key(part, i, rate_hz)], part.notes.notes[i], spans[i], out);
  }
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
  if (!part.notes.percussion) {
    render_tones(part, rate_hz, audio.channel(0));
    return audio;
  }
  for (std::size_t i = 0; i < part.notes.notes.size(); ++i) {
    render_drum(part.drum, part.sounds[i].take, part.notes.notes[i], rate_hz, audio.channel(0));
  }
  return audio;
}

}  // namespace brandiron::gen::band
