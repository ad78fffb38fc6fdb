#include "corpus_controls/tune_grid.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>

namespace brandiron::experiments {
namespace {

constexpr int kLongestNoteBeats = 16;
constexpr double kMostQuantised = 0.1;  // of the notes
constexpr double kRegularBars = 0.9;    // of the bar lines
constexpr double kChordsFit = 0.6;      // of the sung time in a tone of the chord

struct SongMeter {
  int bar_ticks;  ///< as notated
  int beats_per_bar, ticks_per_beat;
  bool compound;
};

std::optional<SongMeter> song_meter(const std::string& meter) {
  static const std::map<std::string, SongMeter> kMeters = {
      {"4/4", {192, 4, 48, false}}, {"2/4", {96, 4, 48, false}},  {"2/2", {192, 4, 48, false}},
      {"8/4", {384, 4, 48, false}}, {"3/4", {144, 3, 48, false}}, {"6/4", {288, 3, 48, false}},
      {"3/2", {288, 3, 96, false}}, {"3/8", {72, 3, 24, false}},  {"6/8", {144, 4, 72, true}},
      {"12/8", {288, 4, 72, true}}};
  const auto found = kMeters.find(meter);
  if (found == kMeters.end()) return std::nullopt;
  return found->second;
}

int floor_mod(int a, int b) { return ((a % b) + b) % b; }
int floor_div(int a, int b) { return (a - floor_mod(a, b)) / b; }
int nearest(int ticks, int unit) { return floor_div(2 * ticks + unit, 2 * unit); }

/// Tunes in long notes would crawl: their half notes are the beat.
void quicken(SongMeter& meter, const HumanTune& tune) {
  if (meter.compound || meter.beats_per_bar != 4) return;
  std::vector<int> lengths;
  for (const HumanNote& note : tune.notes) lengths.push_back(note.duration);
  std::nth_element(lengths.begin(),
                   lengths.begin() + static_cast<std::ptrdiff_t>(lengths.size() / 2),
                   lengths.end());
  if (lengths[lengths.size() / 2] >= 2 * kPackTicks) meter.ticks_per_beat = 2 * kPackTicks;
}

/// Where most bar lines lie within a bar; none where too many lie elsewhere.
std::optional<int> phase_of(const std::vector<int>& bars, int bar_ticks) {
  std::map<int, int> counts;
  for (const int bar : bars) ++counts[floor_mod(bar, bar_ticks)];
  if (counts.empty()) return 0;
  const auto top = std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
    return a.second < b.second;
  });
  // The last bar may be what the pickup left over.
  const auto all = static_cast<double>(std::max<std::size_t>(1, bars.size() - 1));
  if (top->second < kRegularBars * all) return std::nullopt;
  if (bars.size() > 2 && floor_mod(bars[bars.size() - 2], bar_ticks) != top->first) {
    return std::nullopt;
  }
  return top->first;
}

/// The bar line that the song's first bar begins on; what is before is a pickup.
int origin_of(const HumanTune& tune, int phase, int bar_ticks) {
  const int first = tune.notes.front().start;
  const int bar = phase + bar_ticks * floor_div(first - phase, bar_ticks);
  return 2 * (first - bar) >= bar_ticks ? bar + bar_ticks : bar;
}

bool is_tone_of(int pitch, const HumanChord& chord) {
  static const std::map<std::string, std::vector<int>> kTones = {
      {"maj", {0, 4, 7}},      {"min", {0, 3, 7}},      {"7", {0, 4, 7, 10}}, {"dim", {0, 3, 6}},
      {"min7", {0, 3, 7, 10}}, {"maj7", {0, 4, 7, 11}}, {"sus4", {0, 5, 7}}};
  const auto tones = kTones.find(chord.quality);
  if (tones == kTones.end()) return false;
  const int degree = floor_mod(pitch - chord.root_pc, 12);
  return std::find(tones->second.begin(), tones->second.end(), degree) != tones->second.end();
}

/// Index of the chord that sounds at a tick; a pickup has the first one.
std::size_t chord_at(const std::vector<HumanChord>& chords, int tick) {
  const auto next = std::upper_bound(chords.begin(), chords.end(), tick,
                                     [](int t, const HumanChord& c) { return t < c.start; });
  return next == chords.begin() ? 0 : static_cast<std::size_t>(next - chords.begin()) - 1;
}

double chord_agreement(const HumanTune& tune) {
  double inside = 0, all = 0;
  for (const HumanNote& note : tune.notes) {
    for (int tick = note.start; tick < note.start + note.duration; tick += 6) {
      all += 1;
      inside += is_tone_of(note.pitch, tune.chords[chord_at(tune.chords, tick)]) ? 1 : 0;
    }
  }
  return all > 0 ? inside / all : 0;
}

void place_notes(GridTune& grid, const HumanTune& tune, int origin, int unit) {
  for (const HumanNote& note : tune.notes) {
    const int start = note.start - origin, end = start + note.duration;
    GridNote placed{nearest(start, unit), nearest(end, unit), note.pitch, false};
    if (floor_mod(start, unit) != 0 || floor_mod(end, unit) != 0) ++grid.quantised;
    const int before = grid.notes.empty() ? placed.start : grid.notes.back().end;
    if (placed.start < before || placed.end <= placed.start) {
      grid.why_not = "notes too short for the grid";
      return;
    }
    if (placed.end - placed.start > kLongestNoteBeats * grid.units_per_beat) {
      grid.why_not = "a note of more than 16 beats";
      return;
    }
    grid.notes.push_back(placed);
  }
  for (const int slur : tune.slurs) {
    if (slur > 0 && slur < static_cast<int>(grid.notes.size())) {
      grid.notes[static_cast<std::size_t>(slur)].slurred = true;
    }
  }
  if (static_cast<double>(grid.quantised) >
      kMostQuantised * static_cast<double>(tune.notes.size())) {
    grid.why_not = "rhythm off the grid";
  }
}

void place_chords(GridTune& grid, const HumanTune& tune, int origin, const SongMeter& meter) {
  if (tune.chords.empty()) {
    grid.why_not = "no chords";
    return;
  }
  if (chord_agreement(tune) < kChordsFit) {
    grid.why_not = "chords that do not fit the tune";
    return;
  }
  const int beats = grid.notes.back().end / grid.units_per_beat + 2 * grid.beats_per_bar;
  for (int beat = 0; beat < beats; ++beat) {
    // A chord that comes within half a beat after it belongs to the beat.
    const int tick = origin + beat * meter.ticks_per_beat + meter.ticks_per_beat / 2 - 1;
    HumanChord chord = tune.chords[chord_at(tune.chords, tick)];
    if (chord.quality == "aug") {
      grid.why_not = "a chord that plans cannot say";
      return;
    }
    chord.start = beat;
    grid.beats.push_back(chord);
  }
}

}  // namespace

GridTune grid_tune(const HumanTune& tune) {
  GridTune grid;
  auto meter = song_meter(tune.meter);
  if (!tune.one_meter) return grid.why_not = "changing metre", grid;
  if (!meter) return grid.why_not = "a metre that the band does not play", grid;
  const auto phase = phase_of(tune.bars, meter->bar_ticks);
  if (!phase) return grid.why_not = "bars of odd lengths", grid;
  quicken(*meter, tune);
  grid.beats_per_bar = meter->beats_per_bar;
  grid.compound = meter->compound;
  grid.units_per_beat = meter->compound ? 6 : 4;
  const int origin = origin_of(tune, *phase, meter->bar_ticks);
  place_notes(grid, tune, origin, meter->ticks_per_beat / grid.units_per_beat);
  if (grid.why_not.empty()) place_chords(grid, tune, origin, *meter);
  return grid;
}

}  // namespace brandiron::experiments
