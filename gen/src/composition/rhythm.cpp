#include "composition/rhythm.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

constexpr double kNever = -1e9;
constexpr double kPickup_beats = 1.0, kBreath_beats = 0.5;
constexpr double kLongestFinal_beats = 3.0;
constexpr double kMostSyllablesPerSecond = 4.5;
constexpr double kTemperature = 0.35;
constexpr double kNegligible = 40;  // e^-40 of the likeliest way

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

namespace {

/// The grid of one line and what is liked on it: scores, the higher the likelier.
class Grid {
 public:
  Grid(const std::vector<SungSyllable>& syllables, const RhythmRequest& request)
      : syllables_(syllables),
        meter_(request.meter),
        per_beat_(meter_.slots_per_beat()),
        window_(window_of(request.bars, request.pickup_beats, request.breath_beats, meter_)) {
    const int n = static_cast<int>(syllables.size());
    // A song that begins with words has no pickup: a short last note makes the room.
    if (n > window_.last - window_.first + 1) window_.last = window_.end - (per_beat_ + 1) / 2;
    if (n == 0 || n > num_slots()) {
      throw Error(ErrorCode::kInternal, fmt::format("rhythm: {} syllables for {} places in {} bars",
                                                    n, num_slots(), request.bars));
    }
    for (int s = 0; s < num_slots(); ++s) {
      weight_.push_back(meter_.weight(beat_of(s)));
      taste_.push_back(weight_.back() == 0 ? -1.2 : 0.0);  // sixteenths where the words press
      for (const double onset : request.motif) {
        if (std::abs(onset - beat_of(s)) < 0.01) taste_.back() += request.motif_strength;
      }
    }
    // The pace that would fill the room evenly, but no slower than a beat a syllable.
    const double room_beats = beat_of(num_slots() - 1) - std::min(0.0, beat_of(0));
    pace_ = std::clamp(0.82 * room_beats / n, 1.0 / per_beat_, 1.0);
  }

  int num_slots() const { return window_.last - window_.first + 1; }
  double beat_of(int slot) const { return static_cast<double>(slot + window_.first) / per_beat_; }
  double end_beat() const { return static_cast<double>(window_.end) / per_beat_; }

  /// Syllable `i` in a slot, whatever stands around it.
  double place(std::size_t i, int slot) const {
    const auto s = static_cast<std::size_t>(slot);
    double score = placement(syllables_[i], weight_[s]) + taste_[s];
    if (i == 0) score -= 1.2 * std::max(0.0, beat_of(slot) - 1.0);
    if (i + 1 == syllables_.size()) {
      const double hold = std::min(kLongestFinal_beats, end_beat() - beat_of(slot));
      score += (weight_[s] >= 3 ? 2.5 : 0.0) + 0.8 * hold;
    }
    return score;
  }

  /// Syllable `i` in slot `to` after the one before it in slot `from`.
  double follow(std::size_t i, int from, int to) const {
    const SungSyllable& here = syllables_[i];
    const SungSyllable& before = syllables_[i - 1];
    const double gap = static_cast<double>(to - from) / per_beat_;
    if (gap > 4.0) return kNever;
    const double want =
        pace_ * (before.stress == 1 ? 1.25 : 0.8) * (before.pause_after ? 1.5 : 1.0);
    double score = -1.6 * std::abs(gap - want) / want;
    if (gap > 1.5) score -= 2.0 * (gap - 1.5);
    if (!here.word_start && gap > 1.0) score -= 3.0 * (gap - 1.0);
    return score + disagreement(before, weight_[static_cast<std::size_t>(from)], here,
                                weight_[static_cast<std::size_t>(to)]);
  }

 private:
  const std::vector<SungSyllable>& syllables_;
  const Meter& meter_;
  int per_beat_;
  Window window_;
  std::vector<int> weight_;
  std::vector<double> taste_;
  double pace_ = 1;
};

using Scores = std::vector<std::vector<double>>;

/// ln of the summed weight of all ways on from a slot.
Scores backward_scores(const Grid& grid, std::size_t n) {
  const auto slots = static_cast<std::size_t>(grid.num_slots());
  Scores ahead(n, std::vector<double>(slots, kNever));
  ahead[n - 1].assign(slots, 0.0);
  std::vector<double> ways(slots);
  for (std::size_t i = n - 1; i-- > 0;) {
    for (std::size_t s = i; s < slots; ++s) {
      double top = kNever;
      for (std::size_t t = s + 1; t < slots; ++t) {
        const double on = grid.follow(i + 1, static_cast<int>(s), static_cast<int>(t));
        ways[t] =
            on <= kNever || ahead[i + 1][t] <= kNever
                ? kNever
                : (on + grid.place(i + 1, static_cast<int>(t))) / kTemperature + ahead[i + 1][t];
        top = std::max(top, ways[t]);
      }
      if (top <= kNever) continue;
      double sum = 0;
      for (std::size_t t = s + 1; t < slots; ++t) {
        if (ways[t] > top - kNegligible) sum += det::exp(ways[t] - top);
      }
      ahead[i][s] = top + det::log(sum);
    }
  }
  return ahead;
}

/// Draws a slot for each syllable, exactly in proportion to exp(score / kTemperature).
std::vector<int> draw_slots(const Grid& grid, std::size_t n, Sampler& sampler) {
  const Scores ahead = backward_scores(grid, n);
  std::vector<int> slots;
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<float> ways;
    for (int s = 0; s < grid.num_slots(); ++s) {
      double score = ahead[i][static_cast<std::size_t>(s)];
      const double on = i == 0 ? 0.0 : s <= slots.back() ? kNever : grid.follow(i, slots.back(), s);
      if (score > kNever && on > kNever) {
        score += (on + grid.place(i, s)) / kTemperature;
      } else {
        score = kNever;
      }
      ways.push_back(score > kNever ? static_cast<float>(score)
                                    : -std::numeric_limits<float>::infinity());
    }
    slots.push_back(static_cast<int>(sampler.pick_log(Draw::kRhythm, ways)));
  }
  return slots;
}

}  // namespace

SungRhythm fit_rhythm(const std::vector<SungSyllable>& syllables, const RhythmRequest& request,
                      Sampler& sampler) {
  const Meter& meter = request.meter;
  const Grid grid(syllables, request);
  const std::vector<int> slots = draw_slots(grid, syllables.size(), sampler);
  SungRhythm rhythm;
  for (const int slot : slots) rhythm.onsets.push_back(grid.beat_of(slot));
  rhythm.durations.resize(rhythm.onsets.size());
  const double end_beat = grid.end_beat();
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
