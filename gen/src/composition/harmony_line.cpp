#include "brandiron/gen/harmony_line.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "composition/harmony.h"

namespace brandiron::gen {
namespace {

constexpr double kHeldBeats = 0.9;  // as long as this, a note must agree with its chord
// Semitones from the lead to the second voice, and how gladly they are sung: thirds, then sixths
// and fourths; a tritone only where the chord has it.
struct Interval {
  int semitones;
  double cost;
};
constexpr std::array<Interval, 7> kIntervals = {
    {{3, 0.0}, {4, 0.0}, {5, 1.0}, {6, 3.0}, {7, 2.0}, {8, 1.2}, {9, 1.2}}};
constexpr double kStepCost = 0.35;    // a semitone of movement more or less than the lead's
constexpr double kOutsideCost = 6.0;  // a held note beside the chord

int pitch_class(int pitch) { return ((pitch % 12) + 12) % 12; }

bool in_key(int pitch, const Score& score) {
  static constexpr std::array<int, 7> kMajor = {0, 2, 4, 5, 7, 9, 11};
  static constexpr std::array<int, 7> kMinor = {0, 2, 3, 5, 7, 8, 10};
  const auto& scale = score.minor ? kMinor : kMajor;
  return std::find(scale.begin(), scale.end(), pitch_class(pitch - score.tonic_pc)) != scale.end();
}

bool in_chord(int pitch, const Chord& chord) {
  const std::vector<int> intervals = chord_intervals(chord.quality);
  const int step = pitch_class(pitch - chord.root_pc);
  return std::any_of(intervals.begin(), intervals.end(),
                     [&](int interval) { return pitch_class(interval) == step; });
}

bool held(const VocalNote& note) {
  const bool on_beat = std::abs(note.start_beat - std::round(note.start_beat)) < 0.01;
  return note.duration_beats >= kHeldBeats || (on_beat && note.duration_beats >= 0.5);
}

struct Place {
  const Score& score;
  const VocalNote& note;
  int lead_step, last;  ///< semitones that the lead moved; the second voice's note before
};

double cost_of(const Place& place, int pitch, double liking) {
  const int index = place.score.chord_at(place.note.start_beat);
  const bool agrees =
      index < 0 || in_chord(pitch, place.score.chords[static_cast<std::size_t>(index)]);
  if (!agrees && !in_key(pitch, place.score)) return std::numeric_limits<double>::infinity();
  const int moved = place.last == 0 ? place.lead_step : pitch - place.last;
  return liking + kStepCost * std::abs(moved - place.lead_step) +
         (!agrees && held(place.note) ? kOutsideCost : 0.0);
}

}  // namespace

std::vector<VocalNote> harmony_line(const Score& score, const std::vector<VocalNote>& lead,
                                    HarmonySide side, int lowest, int highest) {
  const int direction = side == HarmonySide::kAbove ? 1 : -1;
  std::vector<VocalNote> out = lead;
  int last = 0;
  for (std::size_t i = 0; i < lead.size(); ++i) {
    const bool first = i == 0 || lead[i].phrase_start;
    const Place place{score, lead[i], first ? 0 : lead[i].pitch - lead[i - 1].pitch,
                      first ? 0 : last};
    double best = std::numeric_limits<double>::infinity();
    for (const Interval& interval : kIntervals) {
      const int pitch = lead[i].pitch + direction * interval.semitones;
      if (pitch < lowest || pitch > highest) continue;
      const double cost = cost_of(place, pitch, interval.cost);
      if (cost >= best) continue;
      best = cost;
      out[i].pitch = pitch;
    }
    last = out[i].pitch;
  }
  return out;
}

}  // namespace brandiron::gen
