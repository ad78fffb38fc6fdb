#include "timeline.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace brandiron::gen::band {
namespace {

constexpr double kBeatEpsilon = 1e-6;

double song_end_s(const Score& score) {
  return score.time_s(static_cast<double>(count_bars(score)) * score.beats_per_bar);
}

}  // namespace

int count_bars(const Score& score) {
  int bars = 0;
  for (const Section& section : score.sections) {
    bars = std::max(bars, section.start_bar + section.bars);
  }
  return bars;
}

std::size_t song_frames(const Score& score, int rate_hz) {
  return static_cast<std::size_t>(std::llround(song_end_s(score) * rate_hz));
}

std::vector<BarInfo> lay_out_bars(const Score& score) {
  std::vector<BarInfo> bars(static_cast<std::size_t>(count_bars(score)));
  std::map<std::string, int> seen;
  for (std::size_t s = 0; s < score.sections.size(); ++s) {
    const Section& section = score.sections[s];
    const int occurrence = ++seen[section.label];
    for (int b = 0; b < section.bars; ++b) {
      bars[static_cast<std::size_t>(section.start_bar + b)] = {
          static_cast<int>(s), section.label,         occurrence, b,
          section.bars,        b + 1 == section.bars, false};
    }
  }
  if (!bars.empty()) bars.back().last_in_song = true;
  return bars;
}

const Chord* sounding_chord(const Score& score, double beat) {
  const Chord* found = nullptr;
  for (const Chord& chord : score.chords) {
    if (chord.start_beat > beat + kBeatEpsilon) break;
    found = &chord;
  }
  return found;
}

std::vector<Interval> sung_phrases(const Score& score) {
  std::vector<Interval> phrases;
  bool open = false;
  for (const VocalNote& note : score.vocal) {
    const double start = score.time_s(note.start_beat);
    const double end = score.time_s(note.start_beat + note.duration_beats);
    const bool joins =
        !phrases.empty() && ((open && !note.phrase_start) || start <= phrases.back().end_s);
    if (joins) {
      phrases.back().end_s = std::max(phrases.back().end_s, end);
    } else {
      phrases.push_back({start, end});
    }
    open = !note.phrase_end;
  }
  return phrases;
}

std::vector<Interval> silent_gaps(const Score& score, double after_phrase_s,
                                  double before_phrase_s) {
  std::vector<Interval> gaps;
  double cursor = 0.0;
  for (const Interval& phrase : sung_phrases(score)) {
    const double end = phrase.start_s - before_phrase_s;
    if (end > cursor) gaps.push_back({cursor, end});
    cursor = std::max(cursor, phrase.end_s + after_phrase_s);
  }
  if (song_end_s(score) > cursor) gaps.push_back({cursor, song_end_s(score)});
  return gaps;
}

}  // namespace brandiron::gen::band
