#include "composition/rhythm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

constexpr double kNever = -1e9;
constexpr double kPickup_beats = 1.0, kBreath_beats = 0.5;
constexpr double kLongestFinal_beats = 3.0;
constexpr double kMostSyllablesPerSecond = 4.5;

double final_beats(const Meter& meter) { return meter.compound ? 2.0 / 3.0 : 1.0; }

/// Slots on which a line may place a syllable, in slots from its bar line.
struct Window {
  int first, last, end;  ///< first and last onset, end of the last note
};

Window window_of(int bars, double pickup, double breath, const Meter& meter) {
  const int per_beat = meter.slots_per_beat();
  const auto slots = [&](double beats) {
    return static_cast<int>(std::floor(beats * per_beat + 0.5));
  };
  const double end_beat = bars * meter.beats_per_bar - kPickup_beats - breath;
  const int end = static_cast<int>(std::floor(end_beat * per_beat + 1e-9));  // never less breath
  return {-slots(pickup), end - slots(final_beats(meter)), end};
}

/// How well a syllable sits on a metric weight.
double placement(const SungSyllable& s, int weight) {
  if (s.stress == 1) return 1.3 * weight;
  if (s.stress == 2) return 0.4 * weight;
  return -0.7 * weight;
}

double disagreement(const SungSyllable& a, int weight_a, const SungSyllable& b, int weight_b) {
  const int strength_a = a.stress == 1 ? 2 : (a.stress == 2 ? 1 : 0);
  const int strength_b = b.stress == 1 ? 2 : (b.stress == 2 ? 1 : 0);
  const bool wrong = (strength_a > strength_b && weight_a < weight_b) ||
                     (strength_a < strength_b && weight_a > weight_b);
  if (!wrong) return 0;
  return b.word_start ? -4.0 : -9.0;
}

}  // namespace

int Meter::slots_per_beat() const {
  // Sixteenths while they stay singable, else eighths, else beats.
  if (compound) return beat_s / 3 >= kShortestNote_s ? 3 : 1;
  if (beat_s / 4 >= kShortestNote_s) return 4;
  return beat_s / 2 >= kShortestNote_s ? 2 : 1;
}

int Meter::weight(double beat) const {
  const double in_bar = beat - std::floor(beat / beats_per_bar) * beats_per_bar;
  const double rounded = std::floor(in_bar + 0.5);
  const double off = std::abs(in_bar - rounded);
  if (off < 0.01) {
    const int n = static_cast<int>(rounded) % beats_per_bar;
    if (n == 0) return 4;
    return beats_per_bar == 4 && n == 2 ? 3 : 2;
  }
  if (compound) return 1;
  return std::abs(off - 0.5) < 0.01 ? 1 : 0;
}

int bars_needed(int syllables, int usual, const Meter& meter) {
  for (int bars = usual;; bars += usual) {
    const Window w = window_of(bars, kPickup_beats, kBreath_beats, meter);
    const int per_beat = meter.slots_per_beat();
    const int stride = !meter.compound && per_beat == 4 ? 2 : 1;  // count eighths
    const int room = (w.last - w.first) / stride + 1;
    const double seconds = (w.end - w.first) * meter.beat_s / per_beat;
    if (syllables <= room && syllables <= seconds * kMostSyllablesPerSecond) return bars;
  }
}

SungRhythm fit_rhythm(const std::vector<SungSyllable>& syllables, const RhythmRequest& request,
                      Rng& rng) {
  const Meter& meter = request.meter;
  const int per_beat = meter.slots_per_beat();
  Window window = window_of(request.bars, request.pickup_beats, request.breath_beats, meter);
  const int n = static_cast<int>(syllables.size());
  // A song that begins with words has no pickup: a short last note makes the room.
  if (n > window.last - window.first + 1) window.last = window.end - (per_beat + 1) / 2;
  const int num_slots = window.last - window.first + 1;
  if (n == 0 || n > num_slots) {
    throw Error(ErrorCode::kInternal, fmt::format("rhythm: {} syllables for {} places in {} bars",
                                                  n, num_slots, request.bars));
  }
  const auto beat_of = [&](int slot) {
    return static_cast<double>(slot + window.first) / per_beat;
  };
  std::vector<int> weight(static_cast<std::size_t>(num_slots));
  std::vector<double> taste(static_cast<std::size_t>(num_slots));
  for (int s = 0; s < num_slots; ++s) {
    const auto at = static_cast<std::size_t>(s);
    weight[at] = meter.weight(beat_of(s));
    taste[at] = rng.uniform(0.0, 0.8);
    if (weight[at] == 0) taste[at] -= 1.2;  // sixteenths only where the words press
    for (const double onset : request.motif) {
      if (std::abs(onset - beat_of(s)) < 0.01) taste[at] += request.motif_strength;
    }
  }
  // The pace that would fill the room evenly, but no slower than a beat a syllable.
  const double room_beats = beat_of(num_slots - 1) - std::min(0.0, beat_of(0));
  const double pace = std::clamp(0.82 * room_beats / n, 1.0 / per_beat, 1.0);
  const auto cell = [&](int i, int s) {
    return static_cast<std::size_t>(i) * static_cast<std::size_t>(num_slots) +
           static_cast<std::size_t>(s);
  };
  std::vector<double> best(static_cast<std::size_t>(n * num_slots), kNever);
  std::vector<int> from(best.size(), -1);
  for (int s = 0; s < num_slots; ++s) {
    const double late = std::max(0.0, beat_of(s) - 1.0);
    best[cell(0, s)] = placement(syllables[0], weight[static_cast<std::size_t>(s)]) +
                       taste[static_cast<std::size_t>(s)] - 1.2 * late;
  }
  for (int i = 1; i < n; ++i) {
    const SungSyllable& here = syllables[static_cast<std::size_t>(i)];
    const SungSyllable& before = syllables[static_cast<std::size_t>(i - 1)];
    const double want = pace * (before.stress == 1 ? 1.25 : 0.8) * (before.pause_after ? 1.5 : 1.0);
    for (int s = i; s < num_slots; ++s) {
      const int w = weight[static_cast<std::size_t>(s)];
      for (int p = i - 1; p < s; ++p) {
        if (best[cell(i - 1, p)] <= kNever) continue;
        const double gap = static_cast<double>(s - p) / per_beat;
        if (gap > 4.0) continue;
        double score = best[cell(i - 1, p)] - 1.6 * std::abs(gap - want) / want;
        if (gap > 1.5) score -= 2.0 * (gap - 1.5);
        if (!here.word_start && gap > 1.0) score -= 3.0 * (gap - 1.0);
        score += disagreement(before, weight[static_cast<std::size_t>(p)], here, w);
        if (score > best[cell(i, s)]) {
          best[cell(i, s)] = score;
          from[cell(i, s)] = p;
        }
      }
      if (best[cell(i, s)] > kNever) {
        best[cell(i, s)] += placement(here, w) + taste[static_cast<std::size_t>(s)];
      }
    }
  }
  int end = -1;
  double top = kNever;
  for (int s = n - 1; s < num_slots; ++s) {
    const double hold =
        std::min(kLongestFinal_beats, beat_of(window.end - window.first) - beat_of(s));
    const double strong = weight[static_cast<std::size_t>(s)] >= 3 ? 2.5 : 0.0;
    const double score = best[cell(n - 1, s)] + strong + 0.8 * hold;
    if (best[cell(n - 1, s)] > kNever && score > top) {
      top = score;
      end = s;
    }
  }
  SungRhythm rhythm;
  rhythm.onsets.resize(static_cast<std::size_t>(n));
  rhythm.durations.resize(static_cast<std::size_t>(n));
  for (int i = n - 1, s = end; i >= 0; s = from[cell(i, s)], --i) {
    rhythm.onsets[static_cast<std::size_t>(i)] = beat_of(s);
  }
  const double end_beat = static_cast<double>(window.end) / per_beat;
  for (std::size_t i = 0; i < rhythm.onsets.size(); ++i) {
    const bool last = i + 1 == rhythm.onsets.size();
    double duration = last ? std::min(end_beat - rhythm.onsets[i], kLongestFinal_beats)
                           : rhythm.onsets[i + 1] - rhythm.onsets[i];
    if (!last && duration > 2.0) duration = 2.0;
    const double rest = 0.5 * duration;
    if (!last && syllables[i].pause_after && rest * meter.beat_s >= 2 * kShortestNote_s) {
      duration -= std::min(0.5, rest);
    }
    rhythm.durations[i] = duration;
  }
  return rhythm;
}

}  // namespace brandiron::gen
