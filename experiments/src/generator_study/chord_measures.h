#pragma once

#include <map>
#include <string>

#include "brandiron/gen/score.h"
#include "generator_study/human_pack.h"

namespace brandiron::experiments {

/// Chords of one song by degree, counted as chord_stats.json counts them.
struct SongChords {
  Counts unigram;  ///< each bar counts each chord that sounds in it once
  Counts bigram;   ///< changes from a chord to another one
  std::map<std::string, Counts> section_bars;
};

SongChords measure_chords(const gen::Score& score);

/// "V7", "ii", "bVII": degree above the tonic and quality.
std::string numeral(int semitones, const std::string& quality);

}  // namespace brandiron::experiments
