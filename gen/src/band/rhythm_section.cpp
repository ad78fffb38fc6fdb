#include <algorithm>

#include "playing.h"
#include "voicing.h"

namespace brandiron::gen::band {
namespace {

constexpr int kAcousticBass = 32;
constexpr double kGangLongest = 0.35;

int bass_pitch(const Chart& chart, int bar, const Chord& chord, char letter, int walks_left) {
  switch (letter) {
    case 'F':
      return bass_fifth(chord.root_pc, chord.quality);
    case 'O':
      return bass_root(chord.root_pc) + 12;
    case 'w':
    case 'W': {
      const int here = bass_root(chord.root_pc);
      const int target = bass_root(chart.next_bar_chord(bar)->root_pc);
      const int away = target >= here ? -walks_left : walks_left;
      int pitch = letter == 'W' ? target + away
                                : scale_step(target, away, chart.score.tonic_pc, chart.score.minor);
      while (pitch < 28) pitch += 12;
      return pitch;
    }
    default:
      return bass_root(chord.root_pc);
  }
}

int hit_velocity(char letter) {
  switch (letter) {
    case 'X':
      return 112;
    case 'x':
      return 92;
    default:
      return 66;
  }
}

}  // namespace

PlayedPart play_bass(const Chart& chart, const Rng& rng) {
  PlayedPart part;
  part.notes.name = "bass";
  part.notes.program = kAcousticBass;
  Hands hands(chart, rng, "bass", kOwnSwaySeconds, 0.004);
  // One string at a time: each note lasts until the next one.
  const auto stop_last = [&](double t) {
    if (!part.notes.notes.empty()) {
      auto& last = part.notes.notes.back();
      last.end_s = std::max(last.start_s + 0.02, std::min(last.end_s, t));
    }
  };
  for (int bar = 0; bar < static_cast<int>(chart.bars.size()); ++bar) {
    hands.turn_to_bar(bar);
    const std::string pattern = chart.pattern(bar, &SectionGroove::bass);
    if (pattern.empty()) stop_last(chart.grid_s(bar, 0));
    for (int step = 0; step < static_cast<int>(pattern.size()); ++step) {
      const char letter = pattern[static_cast<std::size_t>(step)];
      const Chord* chord = chart.chord_at_step(bar, step);
      if (letter == '.' || chord == nullptr) continue;
      const double t = hands.time_s(step);
      stop_last(t);
      if (letter == '-') continue;
      const int walks = static_cast<int>(std::count_if(
          pattern.begin() + step, pattern.end(), [](char c) { return c == 'w' || c == 'W'; }));
      part.add({t, std::min(t + 2.3, chart.end_s()), bass_pitch(chart, bar, *chord, letter, walks),
                hands.velocity(step, letter == 'R' ? 102 : 94)},
               {Articulation::kOpen, 0, 0.05});
    }
  }
  return part;
}

PlayedPart play_drum(const Chart& chart, const Rng& rng, const std::string& name, Drum drum,
                     PatternRow SectionGroove::*row) {
  PlayedPart part;
  part.notes.name = name;
  part.notes.percussion = true;
  part.drum = drum;
  // A crowd of hands is less together than one foot; its first pair comes a little early.
  const bool crowd = drum == Drum::kClap;
  Hands hands(chart, rng, name, crowd ? 0.0100 : kOwnSwaySeconds, crowd ? -0.004 : 0.0);
  int last_take = -1;
  for (int bar = 0; bar < static_cast<int>(chart.bars.size()); ++bar) {
    hands.turn_to_bar(bar);
    const std::string pattern = chart.pattern(bar, row);
    for (int step = 0; step < static_cast<int>(pattern.size()); ++step) {
      const char letter = pattern[static_cast<std::size_t>(step)];
      if (letter == '.') continue;
      const double t = hands.time_s(step);
      int take = static_cast<int>(hands.chance().below(kNumTakes - 1));
      if (take >= last_take) ++take;  // never the same take twice running
      take %= kNumTakes;
      last_take = take;
      part.add({t, std::min(t + 0.12, chart.end_s()), gm_drum_note(drum),
                hands.velocity(step, hit_velocity(letter))},
               {Articulation::kOpen, take, 0.0});
    }
  }
  return part;
}

std::vector<double> play_gang(const Chart& chart, const Rng& rng) {
  std::vector<double> times;
  Hands hands(chart, rng, "gang", 0.0100);
  for (int bar = 0; bar < static_cast<int>(chart.bars.size()); ++bar) {
    hands.turn_to_bar(bar);
    const std::string pattern = chart.pattern(bar, &SectionGroove::gang);
    for (int step = 0; step < static_cast<int>(pattern.size()); ++step) {
      if (pattern[static_cast<std::size_t>(step)] == '.') continue;
      const double t = hands.time_s(step);
      if (t + kGangLongest < chart.end_s()) times.push_back(t);
    }
  }
  return times;
}

}  // namespace brandiron::gen::band
