#include "composition/lyric_text.h"

#include <cctype>
#include <set>
#include <sstream>
#include <utility>

#include "composition/lexicon.h"
#include "composition/lyric_bank.h"
#include "composition/phones.h"

namespace brandiron::gen {

bool repeats_a_word(const std::string& line) {
  static const std::set<std::string> kLight = {"this",  "what",    "like", "just", "every",
                                               "over",  "again",   "more", "back", "down",
                                               "never", "nothing", "don't"};
  std::set<std::string> said;
  std::istringstream words(plain_words(line));
  for (std::string word; words >> word;) {
    if (word.size() > 4 && word.back() == 's') word.pop_back();
    if (word.size() >= 4 && !is_function_word(word) && !kLight.contains(word) &&
        !said.insert(word).second)
      return true;
  }
  return false;
}

std::string join_pieces(const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& part : pieces) {
    if (!text.empty() && part[0] != ',' && part[0] != '\'') text += ' ';
    text += part;
  }
  return text;
}

bool is_cliche(const std::string& a, const std::string& b) {
  static const std::set<std::pair<std::string, std::string>> kWorn = {
      {"away", "day"},    {"me", "see"},      {"life", "wife"}, {"home", "roam"}, {"down", "town"},
      {"night", "light"}, {"right", "night"}, {"day", "way"},   {"me", "free"},   {"rain", "pain"},
      {"heart", "apart"}, {"fire", "desire"}, {"go", "know"},   {"mine", "line"}, {"name", "same"},
      {"gone", "dawn"},   {"road", "load"},   {"day", "say"},   {"stay", "day"},  {"stay", "away"}};
  return kWorn.contains({a, b}) || kWorn.contains({b, a});
}

bool rhymes(const std::string& word_a, const std::string& word_b) {
  const Phones a = Lexicon::shared().phones(word_a), b = Lexicon::shared().phones(word_b);
  if (normalise_word(word_a) == normalise_word(word_b)) return false;
  if (rhyme_key(a, false) == rhyme_key(b, false)) return rhyme_onset(a) != rhyme_onset(b);
  return rhyme_key(a, true) == rhyme_key(b, true);
}

std::string tidy_line(const std::string& text) {
  std::string out;
  std::size_t at = 0;
  std::vector<std::string> words;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    if (end > at) words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  for (std::size_t w = 0; w < words.size(); ++w) {
    if ((words[w] == "a" || words[w] == "A") && w + 1 < words.size() &&
        is_vowel(Lexicon::shared().phones(words[w + 1]).front())) {
      words[w] += 'n';
    }
    if (w > 0) out += ' ';
    out += words[w];
  }
  if (!out.empty()) {
    const std::size_t letter = out[0] == '\'' ? 1 : 0;
    if (letter < out.size()) {
      out[letter] = static_cast<char>(std::toupper(static_cast<unsigned char>(out[letter])));
    }
  }
  return out;
}

std::string title_case(const std::string& text) {
  static const std::set<std::string> kSmall = {"a",  "an",  "the", "of", "to", "in", "on", "at",
                                               "by", "for", "and", "or", "as", "my", "up", "a-"};
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::string word = text.substr(at, end - at);
    const bool small = kSmall.contains(word) && !out.empty() && word != "my" && word != "up";
    if (!small && !word.empty()) {
      word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
      for (std::size_t i = 1; i < word.size(); ++i) {
        if (word[i - 1] == '-') {
          word[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[i])));
        }
      }
    }
    if (!out.empty()) out += ' ';
    out += word;
    at = end + 1;
  }
  return out;
}

}  // namespace brandiron::gen
