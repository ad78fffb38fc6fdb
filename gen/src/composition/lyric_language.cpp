#include "brandiron/gen/lyric_language.h"

#include <fmt/format.h>

#include <algorithm>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/gen/lyric_tools.h"
#include "composition/lexicon.h"
#include "composition/phones.h"

namespace brandiron::gen {
namespace {

constexpr int kMateReach = 4;  // lines

std::string key_of(std::string_view word) {
  return rhyme_key(Lexicon::shared().phones(word), /*family=*/false);
}

std::map<std::string, int, std::less<>> numbered(const std::vector<std::string>& names, int first,
                                                 const char* what) {
  std::map<std::string, int, std::less<>> numbers;
  for (const std::string& name : names) {
    if (name.empty() || !numbers.emplace(name, first++).second) {
      throw Error(ErrorCode::kModel,
                  fmt::format("lyric language: {} '{}' is empty or comes twice", what, name));
    }
  }
  return numbers;
}

/// Names by falling count, then by name, up to `most` with at least `least`.
std::vector<std::string> commonest(const std::map<std::string, int>& counts, std::size_t most,
                                   int least) {
  std::vector<std::string> names;
  for (const auto& [name, count] : counts) {
    if (count >= least) names.push_back(name);
  }
  std::stable_sort(names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return counts.at(a) > counts.at(b);
  });
  if (names.size() > most) names.resize(most);
  return names;
}

std::string last_word(const std::string& line) {
  const std::vector<std::string> words = comparable_words(line);
  return words.empty() ? std::string() : words.back();
}

int lookup(const std::map<std::string, int, std::less<>>& numbers, std::string_view name,
           int otherwise) {
  const auto found = numbers.find(name);
  return found == numbers.end() ? otherwise : found->second;
}

}  // namespace

std::vector<LyricPoem> read_lyric_book(const std::filesystem::path& path) {
  const std::string text = read_file(path);
  std::vector<LyricPoem> poems;
  bool gap = true;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.rfind("# ", 0) == 0) {
      poems.push_back({path.stem().string(), line.substr(2), {}});
      gap = true;
    } else if (line.empty()) {
      gap = true;
    } else if (!poems.empty()) {
      if (gap) poems.back().stanzas.emplace_back();
      gap = false;
      poems.back().stanzas.back().push_back(std::move(line));
    }
  }
  std::erase_if(poems, [](const LyricPoem& poem) { return poem.stanzas.empty(); });
  return poems;
}

LyricLanguage::LyricLanguage(std::vector<std::string> words, std::vector<std::string> rhymes)
    : words_(std::move(words)),
      rhymes_(std::move(rhymes)),
      token_of_(numbered(words_, kUnknown + 1, "word")),
      rhyme_of_(numbered(rhymes_, kRareRhyme + 1, "rhyme")) {}

LyricLanguage LyricLanguage::learn(std::span<const LyricPoem> poems, std::size_t most_words,
                                   int least_count, int least_rhymes) {
  std::map<std::string, int> words, rhymes;
  for (const LyricPoem& poem : poems) {
    for (const auto& stanza : poem.stanzas) {
      for (const PlacedLine& line : place(stanza)) {
        for (const std::string& word : comparable_words(line.text)) ++words[word];
        if (!line.mate.empty()) ++rhymes[key_of(line.mate)];
      }
    }
  }
  return {commonest(words, most_words, least_count),
          commonest(rhymes, rhymes.size(), least_rhymes)};
}

int LyricLanguage::size_of(LyricInput input) const {
  switch (input) {
    case LyricInput::kWord:
      return num_tokens();
    case LyricInput::kLeft:
      return kMostSyllables + 1;
    case LyricInput::kLine:
    case LyricInput::kLinesLeft:
      return kMostLines;
    case LyricInput::kRhyme:
      return num_rhymes();
  }
  throw Error(ErrorCode::kInternal, "lyric language: no such input");
}

int LyricLanguage::token(std::string_view word) const { return lookup(token_of_, word, kUnknown); }

int LyricLanguage::rhyme(std::string_view mate) const {
  return mate.empty() ? kFree : lookup(rhyme_of_, key_of(mate), kRareRhyme);
}

std::vector<LyricStep> LyricLanguage::read(std::span<const PlacedLine> lines, int before) const {
  std::vector<LyricStep> steps;
  for (const PlacedLine& line : lines) {
    const std::vector<std::string> words = comparable_words(line.text);
    if (words.empty()) continue;
    std::vector<int> syllables;
    int left = 0;
    for (const std::string& word : words) {
      syllables.push_back(count_vowels(Lexicon::shared().phones(word)));
      left += syllables.back();
    }
    const int place = std::clamp(line.line, 0, kMostLines - 1);
    const int places_left = std::clamp(line.lines_left, 0, kMostLines - 1);
    int asked = rhyme(line.mate);
    const auto add = [&](int target) {
      steps.push_back(
          {{before, std::min(left, kMostSyllables), place, places_left, asked}, target});
      before = target;
      asked = kFree;  // the rhyme is said with the first word
    };
    for (std::size_t w = words.size(); w-- > 0;) {
      add(token(words[w]));
      left -= syllables[w];
    }
    add(line.lines_left > 0 ? kLine : kStanza);
  }
  return steps;
}

std::vector<PlacedLine> LyricLanguage::place(std::span<const std::string> stanza) {
  std::vector<PlacedLine> lines;
  std::vector<std::string> ends;
  for (const std::string& text : stanza) {
    std::string end = last_word(text);
    if (end.empty()) continue;
    PlacedLine line{text, static_cast<int>(lines.size()), 0, ""};
    for (std::size_t back = 1; back <= ends.size() && back <= kMateReach && line.mate.empty();
         ++back) {
      const std::string& earlier = ends[ends.size() - back];
      const Rhyme rhyme = rhyme_between(earlier, end);
      if (rhyme == Rhyme::kPerfect || rhyme == Rhyme::kFamily) line.mate = earlier;
    }
    ends.push_back(std::move(end));
    lines.push_back(std::move(line));
  }
  for (PlacedLine& line : lines) line.lines_left = static_cast<int>(lines.size()) - 1 - line.line;
  return lines;
}

}  // namespace brandiron::gen
