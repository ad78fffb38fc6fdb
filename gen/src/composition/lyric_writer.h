#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lyric_bank.h"  // beside this file: the tests include it from outside
#include "lyric_text.h"
#include "sampler.h"

namespace brandiron::gen {

class LyricReader;

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
  std::uint64_t song = 0;  ///< whose share of the bank is dealt: songs that differ here differ
  const LyricReader* reader = nullptr;  ///< ranks candidates; null: the bank's grammar alone
};

/// Writes every word of a song from the bank: hook first, then verses that rhyme by the scheme. The
/// song fills templates in ways that belong to its share (LyricDeal) and borrows from the shares
/// after it only where rhyme and length leave too little.
/// @throws Error(kInvalidArgument) for an unknown theme.
WrittenStanzas write_lyrics(const LyricPlan& plan, const std::vector<std::string>& allowed_themes,
                            Sampler sampler);

}  // namespace brandiron::gen
