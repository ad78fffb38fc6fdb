#include "brandiron/gen/lyric_tools.h"

#include <sstream>

#include "composition/lexicon.h"
#include "composition/lyric_bank.h"
#include "composition/phones.h"
#include "composition/sung_text.h"

namespace brandiron::gen {

Rhyme rhyme_between(const std::string& word_a, const std::string& word_b) {
  if (normalise_word(word_a) == normalise_word(word_b)) return Rhyme::kIdentity;
  const Phones a = Lexicon::shared().phones(word_a), b = Lexicon::shared().phones(word_b);
  if (rhyme_key(a, false) == rhyme_key(b, false)) {
    return rhyme_onset(a) == rhyme_onset(b) ? Rhyme::kIdentity : Rhyme::kPerfect;
  }
  return rhyme_key(a, true) == rhyme_key(b, true) ? Rhyme::kFamily : Rhyme::kNone;
}

std::vector<std::string> comparable_words(std::string_view text) {
  std::vector<std::string> words;
  std::istringstream plain(plain_words(text));
  for (std::string word; plain >> word;) words.push_back(std::move(word));
  return words;
}

std::vector<int> sung_stresses(const std::string& word) {
  std::vector<int> stresses;
  const bool weak = is_function_word(normalise_word(word));
  for (const std::string& phone : Lexicon::shared().phones(word)) {
    if (is_vowel(phone)) stresses.push_back(weak ? 0 : stress_of(phone));
  }
  return stresses;
}

int sung_syllables(std::string_view line) { return syllables_of(read_sung_line(line)); }

std::vector<std::string> blocked_phrases_in(std::string_view text) {
  const std::string plain = " " + plain_words(text) + " ";
  std::vector<std::string> found;
  for (const std::string& phrase : LyricBank::shared().blocked) {
    if (plain.find(" " + phrase + " ") != std::string::npos) found.push_back(phrase);
  }
  return found;
}

}  // namespace brandiron::gen
