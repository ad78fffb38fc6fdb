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

/// Words of a line with their punctuation; dashes part them.
std::vector<std::string> sung_tokens(std::string_view text);
/// True for a token that a comma or the like follows.
bool ends_phrase(const std::string& token);

}  // namespace brandiron::gen
