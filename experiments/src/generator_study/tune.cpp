#include "generator_study/tune.h"

#include <cmath>
#include <map>

#include "brandiron/core/error.h"

namespace brandiron::experiments {
namespace {

// A beat of 12/8 is a dotted quarter.
int ticks_of(const gen::Score& score, double beats) {
  const double quarters = score.compound ? 1.5 : 1.0;
  return static_cast<int>(std::floor(beats * quarters * kTicksPerQuarter + 0.5));
}

}  // namespace

std::array<bool, 12> scale_of_mode(const std::string& mode) {
  static const std::map<std::string, std::array<int, 7>> kModes = {
      {"major", {0, 2, 4, 5, 7, 9, 11}},  {"minor", {0, 2, 3, 5, 7, 8, 10}},
      {"dorian", {0, 2, 3, 5, 7, 9, 10}}, {"mixolydian", {0, 2, 4, 5, 7, 9, 10}},
      {"lydian", {0, 2, 4, 6, 7, 9, 11}}, {"phrygian", {0, 1, 3, 5, 7, 8, 10}}};
  const auto found = kModes.find(mode);
  if (found == kModes.end()) throw Error(ErrorCode::kFormat, "mode \"" + mode + "\" is not known");
  std::array<bool, 12> scale{};
  for (const int degree : found->second) scale[static_cast<std::size_t>(degree)] = true;
  return scale;
}

int chord_mask(int root_pc, const std::string& quality) {
  const bool minor = quality.starts_with("min"), dim = quality == "dim";
  std::array<int, 4> tones = {0, minor || dim ? 3 : 4, dim ? 6 : (quality == "aug" ? 8 : 7), 0};
  if (quality == "sus4") tones[1] = 5;
  if (quality == "7" || quality == "min7") tones[3] = 10;
  if (quality == "maj7") tones[3] = 11;
  int mask = 0;
  for (const int tone : tones) mask |= 1 << ((root_pc + tone) % 12);
  return mask;
}

int metric_weight(int tick_in_bar, int numerator, int denominator) {
  const int unit = 4 * kTicksPerQuarter / denominator;
  const bool compound = numerator % 3 == 0 && (denominator >= 8 || numerator == 6);
  const int beat = compound ? 3 * unit : unit;
  const int beats = compound ? numerator / 3 : numerator;
  if (tick_in_bar == 0) return 4;
  if (tick_in_bar % beat == 0) {
    return beats % 2 == 0 && beats > 2 && 2 * tick_in_bar == beats * beat ? 3 : 2;
  }
  if (compound) return tick_in_bar % unit == 0 ? 1 : 0;
  return 2 * (tick_in_bar % beat) == beat ? 1 : 0;
}

Tune tune_of(const gen::Score& score) {
  Tune tune;
  tune.id = std::to_string(score.seed);
  tune.tonic_pc = score.tonic_pc;
  tune.scale = scale_of_mode(score.minor ? "minor" : "major");
  tune.bar_ticks = ticks_of(score, score.beats_per_bar);
  for (const gen::VocalNote& note : score.vocal) {
    TuneNote out;
    out.start = ticks_of(score, note.start_beat);
    out.duration = ticks_of(score, note.start_beat + note.duration_beats) - out.start;
    out.pitch = note.pitch;
    out.weight = metric_weight(out.start % tune.bar_ticks,
                               score.compound ? 12 : score.beats_per_bar, score.compound ? 8 : 4);
    if (!note.melisma) {
      out.stress = score.syllables[static_cast<std::size_t>(note.syllable)].stress;
    }
    const int chord = score.chord_at(note.start_beat < 0 ? 0.0 : note.start_beat);
    if (chord >= 0) {
      const gen::Chord& sounding = score.chords[static_cast<std::size_t>(chord)];
      out.chord = chord_mask(sounding.root_pc, sounding.quality);
    }
    out.line_start = note.phrase_start;
    out.line_end = note.phrase_end;
    tune.notes.push_back(out);
  }
  return tune;
}

}  // namespace brandiron::experiments
