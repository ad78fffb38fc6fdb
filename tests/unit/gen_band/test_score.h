#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "brandiron/gen/band.h"

namespace brandiron::gen::testing {

struct ScoreRecipe {
  std::string groove = "stomp";
  double tempo_bpm = 84;
  int beats_per_bar = 4;
  bool compound = false;
  bool sung = true;
  /// label, bars
  std::vector<std::pair<std::string, int>> form{{"intro", 4},        {"verse", 8}, {"chorus", 8},
                                                {"instrumental", 4}, {"verse", 8}, {"bridge", 4},
                                                {"chorus", 8},       {"outro", 4}};
};

/// A score by hand: I IV I V, a line of the lead every two bars in verses, choruses and bridges,
/// leaving the last two beats and a half of each pair of bars to the band.
inline Score make_score(const ScoreRecipe& recipe = {}) {
  Score score;
  score.title = "Test";
  score.tempo_bpm = recipe.tempo_bpm;
  score.beats_per_bar = recipe.beats_per_bar;
  score.compound = recipe.compound;
  score.tonic_pc = 4;
  score.groove = recipe.groove;
  int bar = 0;
  for (const auto& [label, bars] : recipe.form) {
    score.sections.push_back({label, bar, bars});
    bar += bars;
  }
  const double bpb = recipe.beats_per_bar;
  constexpr int kRoots[] = {4, 9, 4, 11};
  for (int b = 0; b < bar; ++b) {
    const int root = b + 1 == bar ? 4 : kRoots[b % 4];
    score.chords.push_back({b * bpb, (b + 1) * bpb, root, root == 11 ? "7" : "maj"});
  }
  if (!recipe.sung) return score;
  for (const Section& section : score.sections) {
    if (section.label != "verse" && section.label != "chorus" && section.label != "bridge")
      continue;
    for (int b = 0; b + 1 < section.bars; b += 2) {
      const double start = (section.start_bar + b) * bpb;
      const double end = start + 2 * bpb - 2.5;
      for (double beat = start; beat < end; beat += 0.5) {
        VocalNote note;
        note.start_beat = beat;
        note.duration_beats = 0.45;
        note.pitch = 52;
        note.syllable = static_cast<int>(score.vocal.size());
        note.phrase_start = beat == start;
        note.phrase_end = beat + 0.5 >= end;
        score.vocal.push_back(note);
      }
    }
  }
  return score;
}

/// Stands in for the singer: buzzing tones with a gap between notes, where the score sings.
inline AudioBuffer fake_vocal(const Score& score, int rate_hz) {
  int bars = 0;
  for (const Section& s : score.sections) bars = std::max(bars, s.start_bar + s.bars);
  const double seconds = score.time_s(static_cast<double>(bars) * score.beats_per_bar);
  AudioBuffer audio(1, static_cast<std::size_t>(std::llround(seconds * rate_hz)), rate_hz);
  auto x = audio.channel(0);
  for (const VocalNote& note : score.vocal) {
    const double hz = 440.0 * std::pow(2.0, (note.pitch - 69) / 12.0);
    const auto from = static_cast<std::size_t>(score.time_s(note.start_beat) * rate_hz);
    const auto n = static_cast<std::size_t>(score.time_s(note.duration_beats) * rate_hz);
    double dull = 0;
    for (std::size_t i = 0; i < n && from + i < x.size(); ++i) {
      const double t = static_cast<double>(i) / rate_hz;
      const double envelope =
          std::min({1.0, t / 0.02, static_cast<double>(n - i) / rate_hz / 0.03});
      const double saw = 2.0 * (hz * t - std::floor(hz * t)) - 1.0;
      dull += 0.25 * (saw - dull);  // no brighter than a throat
      x[from + i] += static_cast<float>(0.3 * envelope * dull);
    }
  }
  return audio;
}

}  // namespace brandiron::gen::testing
