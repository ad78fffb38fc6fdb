#pragma once

#include <string>
#include <vector>

#include "brandiron/core/rng.h"
#include "lyric_bank.h"  // beside this file: the tests include it from outside

namespace brandiron::gen {

struct WrittenLine {
  std::string text;
  std::string rhyme_class;  ///< "A", "B"; "" when the scheme leaves the line free
};

struct WrittenStanzas {
  std::string title, theme;
  std::vector<std::vector<WrittenLine>> verses;
  std::vector<WrittenLine> chorus, bridge;
};

/// How many lines each part needs; counts are even, bridge may be 0.
struct LyricPlan {
  std::string theme, title;  ///< "" = drawn
  int verses = 2, verse_lines = 4, chorus_lines = 4, bridge_lines = 0;
};

/// Writes every word of a song from the bank: hook first, then verses that rhyme by the scheme.
/// @throws Error(kInvalidArgument) for an unknown theme.
WrittenStanzas write_lyrics(const LyricPlan& plan, const std::vector<std::string>& allowed_themes,
                            const Rng& rng);

/// True when the words rhyme: perfect or family, and not the same sound throughout.
bool rhymes(const std::string& word_a, const std::string& word_b);

/// "a axle" -> "an axle", first letter capital, spaces before commas removed.
std::string tidy_line(const std::string& text);

/// Title case as record sleeves have it.
std::string title_case(const std::string& text);

}  // namespace brandiron::gen
