#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace brandiron::gen {

/// How two words sound together from the last stressed vowel on.
enum class Rhyme {
  kNone,
  kFamily,   ///< equal vowels, consonants of one family: time, line
  kPerfect,  ///< equal sounds after unequal onsets
  kIdentity  ///< the same word, or the same sounds with the same onset: no rhyme
};

/// @see `rhyme_key` (composition/phones.h) for the families.
Rhyme rhyme_between(const std::string& word_a, const std::string& word_b);

/// Words as they are compared: lower case, accents and punctuation dropped, tokens without a letter
/// or digit left out.
std::vector<std::string> comparable_words(std::string_view text);

/// Stress of each syllable of a word as it is sung: 0, 1 or 2; function words have none.
std::vector<int> sung_stresses(const std::string& word);

/// Syllables of a line as it is sung.
int sung_syllables(std::string_view line);

/// Phrases of the blocklist (configs/lyrics) that the text holds, in the list's order.
std::vector<std::string> blocked_phrases_in(std::string_view text);

}  // namespace brandiron::gen
