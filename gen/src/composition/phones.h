#pragma once

#include <string>
#include <vector>

namespace brandiron::gen {

using Phones = std::vector<std::string>;  ///< ARPAbet; vowels end in a stress digit

/// True for "AY1", "AH0": a vowel carries its stress as the last character.
bool is_vowel(const std::string& phone);
/// 0, 1 or 2; 0 for consonants.
int stress_of(const std::string& phone);
int count_vowels(const Phones& phones);

/// Splits at syllable boundaries by the maximal-onset principle: each part has one vowel.
std::vector<Phones> syllabify(const Phones& phones);

/// What must agree for two words to rhyme: from the last stressed vowel on, without stress digits.
/// `family` merges consonants of one family (p t k; b d g; m n ng; f th s sh; v dh z zh), so that
/// "time" meets "line" and "stone" meets "home".
std::string rhyme_key(const Phones& phones, bool family);
/// Consonants before the rhyme part: equal onsets make an identity, not a rhyme.
std::string rhyme_onset(const Phones& phones);

/// Splits the spelling of a word into `n` parts for display, as a hyphenation would.
std::vector<std::string> split_spelling(const std::string& word, int n);

}  // namespace brandiron::gen
