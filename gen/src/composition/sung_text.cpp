#include "composition/sung_text.h"

#include <algorithm>
#include <cctype>

#include "composition/lexicon.h"

namespace brandiron::gen {
namespace {

/// The token without the punctuation around it (UTF-8 letters and inner apostrophes stay).
std::string bare(const std::string& token) {
  const auto keep = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80 ||
           c == '\'';
  };
  std::size_t from = 0, to = token.size();
  while (from < to && !keep(token[from])) ++from;
  while (to > from && !keep(token[to - 1])) --to;
  return token.substr(from, to - from);
}

SungWord make_word(const std::string& token, const Phones& phones) {
  SungWord word;
  word.text = bare(token);
  word.pause_after = ends_phrase(token);
  const std::vector<Phones> parts = syllabify(phones);
  const bool weak = is_function_word(normalise_word(token));
  const auto spelled = split_spelling(word.text, static_cast<int>(parts.size()));
  for (std::size_t p = 0; p < parts.size(); ++p) {
    Syllable syllable;
    syllable.text = p < spelled.size() ? spelled[p] : "";
    syllable.phones = parts[p];
    for (std::string& phone : syllable.phones) {
      if (!is_vowel(phone)) continue;
      if (weak) phone.back() = '0';
      syllable.stress = stress_of(phone);
    }
    word.syllables.push_back(std::move(syllable));
  }
  return word;
}

bool begins_with_vowel(const SungWord& word) { return is_vowel(word.syllables[0].phones[0]); }

}  // namespace

bool ends_phrase(const std::string& token) {
  return !token.empty() && std::string_view(",;:.!?)").find(token.back()) != std::string_view::npos;
}

std::vector<std::string> sung_tokens(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  const auto flush = [&] {
    if (!word.empty()) words.push_back(word);
    word.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view rest = text.substr(i);
    if (rest.starts_with("\xE2\x80\x94") || rest.starts_with("\xE2\x80\x93")) {  // dashes
      word += ',';
      flush();
      i += 2;
    } else if (text[i] == ' ' || text[i] == '\t' || text[i] == '/' || text[i] == '_') {
      flush();
    } else {
      word += text[i];
    }
  }
  flush();
  return words;
}

std::vector<SungWord> read_sung_line(std::string_view line) {
  std::vector<SungWord> words;
  for (const std::string& token : sung_tokens(line)) {
    const std::string plain = normalise_word(token);
    const bool has_sound = std::any_of(plain.begin(), plain.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0;
    });
    if (!has_sound) {
      if (!words.empty() && ends_phrase(token)) words.back().pause_after = true;
      continue;
    }
    words.push_back(make_word(token, Lexicon::shared().phones(plain)));
  }
  if (words.empty()) return words;
  // "the" and "to" before a vowel; stress on the rhyme word.
  for (std::size_t w = 0; w + 1 < words.size(); ++w) {
    const std::string plain = normalise_word(words[w].text);
    if (!begins_with_vowel(words[w + 1])) continue;
    if (plain == "the") words[w].syllables[0].phones = {"DH", "IY0"};
  }
  Syllable& last = words.back().syllables.back();
  const bool stressed = std::any_of(words.back().syllables.begin(), words.back().syllables.end(),
                                    [](const Syllable& s) { return s.stress > 0; });
  if (!stressed) {
    last.stress = 1;
    for (std::string& phone : last.phones) {
      if (is_vowel(phone)) phone.back() = '1';
    }
  }
  return words;
}

int syllables_of(const std::vector<SungWord>& words) {
  int n = 0;
  for (const SungWord& word : words) n += static_cast<int>(word.syllables.size());
  return n;
}

}  // namespace brandiron::gen
