#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "generator_study/tune.h"

namespace brandiron::experiments {

/// Tunes of the human pack that the melody model may learn from, and those held out.
struct HumanTunes {
  std::vector<Tune> train;     ///< tiers A and A-US, split train, with or without words
  std::vector<Tune> held_out;  ///< vocal sources of the same tiers, splits valid and test
};

/// One poem of a book: its title and stanzas of lines.
struct Poem {
  std::string book, title;
  std::vector<std::vector<std::string>> stanzas;
};

/// Counts by name; the order is the name's.
using Counts = std::map<std::string, double>;

struct ChordCounts {
  double songs = 0;
  Counts unigram, bigram;
  std::map<std::string, Counts> section_bars;  ///< by label
};

/// melodies.jsonl. @throws Error(kIo), Error(kFormat) naming file and line.
HumanTunes read_human_tunes(const std::filesystem::path& file);

/// lyrics/*.txt: "# TITLE", blank line between stanzas. Books in the order of their names.
std::vector<Poem> read_poems(const std::filesystem::path& folder);

/// One key of chord_stats.json ("country"). @throws Error(kFormat).
ChordCounts read_chord_counts(const std::filesystem::path& file, const std::string& key);

}  // namespace brandiron::experiments
