#pragma once

#include <string>
#include <vector>

#include "brandiron/gen/score.h"

namespace brandiron::gen::band {

/// What a bar is for, so that a player knows where he is in the song.
struct BarInfo {
  int section = -1;
  std::string label;   ///< intro verse chorus ...
  int occurrence = 0;  ///< 1 for the first section of that label
  int bar_in_section = 0;
  int bars_in_section = 0;
  bool last_in_section = false;
  bool last_in_song = false;
};

struct Interval {
  double start_s = 0, end_s = 0;
  double length_s() const { return end_s - start_s; }
};

/// Bars of the song: to the end of its last section.
int count_bars(const Score& score);
/// Length of every stem in samples.
std::size_t song_frames(const Score& score, int rate_hz);
std::vector<BarInfo> lay_out_bars(const Score& score);
/// The chord sounding at a beat (the last one that began), null before the first.
const Chord* sounding_chord(const Score& score, double beat);
/// Phrases of the lead, in order, overlaps joined: from first to last note of each.
std::vector<Interval> sung_phrases(const Score& score);
/// What is left of the song when each phrase is widened by the guards (seconds).
std::vector<Interval> silent_gaps(const Score& score, double after_phrase_s,
                                  double before_phrase_s);

}  // namespace brandiron::gen::band
