#include "corpus_controls/tune_words.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "brandiron/gen/lyric_tools.h"

namespace brandiron::experiments {
namespace {

constexpr int kMostSyllables = 18;  // longer lines of given words are cut (docs/formats.md)
constexpr std::size_t kLongestMelisma = 8;

bool is_sung_on(const std::string& syllable) { return syllable == "_"; }
bool is_syllable(const std::string& syllable) { return !syllable.empty() && !is_sung_on(syllable); }

/// The last syllable before a note; null before the first.
const std::string* syllable_before(const std::vector<std::string>& verse, std::size_t note) {
  while (note > 0) {
    if (is_syllable(verse[--note])) return &verse[note];
  }
  return nullptr;
}

/// Brackets mark sections in the text of a plan.
std::string without_brackets(std::string text) {
  std::erase_if(
      text, [](char c) { return std::string_view("[]{}<>").find(c) != std::string_view::npos; });
  return text;
}

}  // namespace

bool word_begins(const std::vector<std::string>& verse, std::size_t note) {
  if (!is_syllable(verse[note])) return false;
  const std::string* before = syllable_before(verse, note);
  return before == nullptr || before->back() != '-';
}

bool phrase_ends_before(const std::vector<std::string>& verse, std::size_t note) {
  const std::string* before = syllable_before(verse, note);
  return before != nullptr &&
         std::string_view(",;:.!?").find(before->back()) != std::string_view::npos;
}

bool has_words(const std::vector<std::string>& verse) {
  const auto words = std::count_if(verse.begin(), verse.end(), is_syllable);
  return 2 * static_cast<std::size_t>(words) > verse.size();
}

VerseLine verse_line(const std::vector<std::string>& verse, std::size_t from, std::size_t to) {
  VerseLine line;
  std::string text;
  std::size_t melisma = 0;
  bool goes_on = false;
  if (!word_begins(verse, from)) return line;
  for (std::size_t n = from; n < to; ++n) {
    std::string syllable = verse[n];
    const bool sung_on = is_sung_on(syllable);
    line.slurred.push_back(sung_on);
    melisma = sung_on ? melisma + 1 : 0;
    if (syllable.empty() || melisma > kLongestMelisma) return {};
    if (sung_on) continue;
    ++line.places;
    if (!goes_on && !text.empty()) text += ' ';
    goes_on = syllable.size() > 1 && syllable.back() == '-';
    if (goes_on) syllable.pop_back();
    text += syllable;
  }
  text = without_brackets(text);
  const int syllables = gen::sung_syllables(text);
  const bool fits = !goes_on && syllables > 0 && syllables <= std::min(line.places, kMostSyllables);
  if (fits && gen::blocked_phrases_in(text).empty()) line.text = text;
  return line;
}

}  // namespace brandiron::experiments
