#include "singing/pitch.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/det_math.h"

namespace brandiron::gen::singing {
namespace {

constexpr double kTwoPi = 6.283185307179586;
constexpr double kEarly = 0.030;  // the larynx moves before the vowel
constexpr double kDamping = 0.875;
constexpr double kShortestVibrato = 0.65;  // notes shorter than this are sung straight
constexpr double kVibratoRamp = 0.35;
constexpr double kFallTime = 0.22;

struct Note {
  double start_s, end_s, midi;
  bool scoop, fall;
};

// The notes one after another; a short one is reached faster.
std::vector<Note> notes_of(const Chunk& chunk) {
  std::vector<Note> notes;
  for (std::size_t i = 0; i < chunk.syllables.size(); ++i) {
    const PlannedSyllable& s = chunk.syllables[i];
    for (std::size_t k = 0; k < s.targets.size(); ++k) {
      Note n{s.targets[k].time_s, 0, s.targets[k].midi, false, false};
      n.scoop = k == 0 && (i == 0 || s.phrase_start);
      n.fall = k + 1 == s.targets.size() && s.phrase_end;
      notes.push_back(n);
    }
  }
  for (std::size_t i = 0; i < notes.size(); ++i) {
    notes[i].end_s = i + 1 < notes.size() ? notes[i + 1].start_s : chunk.end_s();
  }
  return notes;
}

// Targets through a damped second-order system, in semitones.
std::vector<double> track(const std::vector<Note>& notes, double start_s, std::size_t num_frames,
                          double portamento_s) {
  std::vector<double> out(num_frames);
  double value = notes.front().midi, speed = 0;
  std::size_t at = 0;
  constexpr int kSubSteps = 4;
  for (std::size_t f = 0; f < num_frames; ++f) {
    out[f] = value;
    const double t = start_s + static_cast<double>(f) * kFrameHop;
    while (at + 1 < notes.size() && t >= notes[at + 1].start_s - kEarly) ++at;
    const double length = notes[at].end_s - notes[at].start_s;
    const double port = std::clamp(std::min(portamento_s, 0.5 * length), 0.03, 1.0);
    const double w = 4.2 / port;
    for (int i = 0; i < kSubSteps; ++i) {
      const double dt = kFrameHop / kSubSteps;
      speed += dt * (w * w * (notes[at].midi - value) - 2 * kDamping * w * speed);
      value += dt * speed;
    }
  }
  return out;
}

class Drift {
 public:
  explicit Drift(Rng rng) : rng_(std::move(rng)) {}
  // Two leaky integrators leave noise of about 0.5 to 2 Hz with unit deviation.
  double next() {
    fast_ += 0.06 * (rng_.normal() - fast_);
    slow_ += 0.012 * (fast_ - slow_);
    return 5.4 * (fast_ - slow_);
  }

 private:
  Rng rng_;
  double fast_ = 0, slow_ = 0;
};

}  // namespace

std::vector<float> pitch_curve(const Chunk& chunk, double start_s, std::size_t num_frames,
                               const VoiceParameters& voice, Rng rng,
                               std::vector<Technique>& techniques) {
  const std::vector<Note> notes = notes_of(chunk);
  std::vector<double> midi = track(notes, start_s, num_frames, voice.portamento_s);
  Drift drift(rng.child("drift"));
  for (double& m : midi) m += 0.01 * voice.drift_cents * drift.next();

  const auto add = [&](double from_s, double to_s, auto&& cents) {
    const auto first = static_cast<std::ptrdiff_t>(std::ceil((from_s - start_s) / kFrameHop));
    const auto last = static_cast<std::ptrdiff_t>((to_s - start_s) / kFrameHop);
    for (auto f = std::max<std::ptrdiff_t>(first, 0);
         f <= last && f < static_cast<std::ptrdiff_t>(num_frames); ++f) {
      const double t = start_s + static_cast<double>(f) * kFrameHop;
      midi[static_cast<std::size_t>(f)] += 0.01 * cents(t);
    }
  };

  Rng shape = rng.child("ornaments");
  for (const Note& n : notes) {
    const double length = n.end_s - n.start_s;
    const double rate = voice.vibrato_hz * (1 + 0.05 * (2 * shape.uniform() - 1));
    const double phase = shape.uniform();
    const double scoop_depth = shape.uniform(0.8, 1.2);
    if (n.scoop && voice.scoop_cents != 0 && length > 0.12) {
      const double tau = std::min(voice.scoop_s, 0.2 * length);
      const double depth = voice.scoop_cents * scoop_depth;
      // Before the vowel the scoop holds its depth.
      add(n.start_s - 0.25, n.start_s + 6 * tau,
          [&](double t) { return depth * det::exp(-std::max(0.0, t - n.start_s) / tau); });
      techniques.push_back({"scoop", n.start_s, n.start_s + 2 * tau});
    }
    if (length > kShortestVibrato && voice.vibrato_cents > 0) {
      const double from = n.start_s + voice.vibrato_delay_s;
      const double to = n.end_s - (n.fall ? kFallTime : 0.06);
      if (to > from + 0.2) {
        add(from, to, [&](double t) {
          const double grow = std::min(1.0, (t - from) / kVibratoRamp);
          const double leave = std::clamp((to - t) / 0.08, 0.0, 1.0);
          const double turn = rate * (t - from);
          // The phase offset fades in with the depth, so that nothing jumps.
          return voice.vibrato_cents * grow * leave * det::sin(kTwoPi * (turn + 0.15 * phase));
        });
        techniques.push_back({"vibrato", from, to});
      }
    }
    if (n.fall && voice.fall_cents != 0 && length > 0.25) {
      const double from = n.end_s - std::min(kFallTime, 0.4 * length);
      add(from, n.end_s + 0.3, [&](double t) {
        const double x = std::min(1.3, (t - from) / (n.end_s - from));
        return voice.fall_cents * x * x;
      });
      techniques.push_back({"fall", from, n.end_s});
    }
  }
  std::vector<float> f0(num_frames);
  for (std::size_t f = 0; f < num_frames; ++f) {
    f0[f] = static_cast<float>(std::clamp(det::midi_to_hz(midi[f]), 25.0, 1600.0));
  }
  return f0;
}

}  // namespace brandiron::gen::singing
