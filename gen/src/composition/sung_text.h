#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "brandiron/gen/score.h"

namespace brandiron::gen {

struct SungWord {
  std::string text;                 ///< without outer punctuation
  std::vector<Syllable> syllables;  ///< `word` is not set
  bool pause_after = false;         ///< a comma or the like follows
};

/// The words of a line with phones, stress and spelled syllables. Tokens without letters or digits
/// are left out. The last word keeps its stress even when it is a function word.
std::vector<SungWord> read_sung_line(std::string_view line);

int syllables_of(const std::vector<SungWord>& words);

/// A section of a person's own lyrics.
struct OwnSection {
  std::string label;  ///< intro verse chorus bridge instrumental outro
  std::vector<std::string> lines;
};

/// Reads "[Verse]", "[Chorus]" ... and lines. Without any tag each stanza is a verse. A chorus tag
/// without lines repeats the last chorus. Long lines are cut at commas or between words.
/// @throws Error(kInvalidArgument) naming line and remedy: unknown tag, no words at all, not UTF-8,
/// letters that are not Latin, too long.
std::vector<OwnSection> parse_own_lyrics(const std::string& text);

}  // namespace brandiron::gen
