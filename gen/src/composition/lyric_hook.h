#pragma once

#include <map>
#include <string>

#include "composition/lyric_bank.h"
#include "composition/sampler.h"

namespace brandiron::gen {

inline constexpr int kLongestHook = 13;  ///< syllables

/// A line of the chorus that carries the title, with the rhyme that it asks for.
struct HookLine {
  std::string text;
  BankOption option;
};

struct WrittenHook {
  std::string title;
  HookLine first, last;
  bool free = false;  ///< too long for a frame: the title stands alone and asks for no rhyme
  std::map<std::size_t, std::size_t> bound;  ///< lists whose choice the song now keeps
};

/// A title of the theme and the chorus lines that carry it, from the song's share of the titles.
WrittenHook write_hook(const LyricBank& bank, const std::string& theme, std::uint64_t song,
                       Sampler& sampler);

/// A title that a person chose: any words, so the frame round it brings the rhyme.
/// @throws Error(kInvalidArgument) for one that cannot be sung as a line.
WrittenHook write_pinned_hook(const std::string& title);

/// False for a text with a phrase of the blocklist, or with six words in a row of a book.
bool may_be_said(const LyricBank& bank, const std::string& text);

}  // namespace brandiron::gen
