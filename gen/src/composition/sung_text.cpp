#include "composition/sung_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "brandiron/core/error.h"
#include "composition/lexicon.h"

namespace brandiron::gen {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr int kMostLines = 400;
constexpr int kLongLine = 18;  ///< syllables; longer lines are cut
constexpr int kMostWordSyllables = 24;

std::vector<std::string> tokens(std::string_view text) {
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

bool ends_phrase(const std::string& token) {
  return !token.empty() && std::string_view(",;:.!?)").find(token.back()) != std::string_view::npos;
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

void check_utf8(const std::string& line, int number) {
  for (std::size_t i = 0; i < line.size();) {
    const auto c = static_cast<unsigned char>(line[i]);
    const std::size_t length = c < 0x80         ? 1
                               : (c >> 5) == 6  ? 2
                               : (c >> 4) == 14 ? 3
                               : (c >> 3) == 30 ? 4
                                                : 0;
    bool good = length > 0 && i + length <= line.size();
    for (std::size_t k = 1; good && k < length; ++k) {
      good = (static_cast<unsigned char>(line[i + k]) >> 6) == 2;
    }
    if (!good) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("lyrics line {}: not UTF-8 text (byte {}); save the file as UTF-8",
                              number, i + 1));
    }
    i += length;
  }
}

/// True for a token of letters that we have no sounds for (Cyrillic, Greek, CJK ...).
bool is_foreign_script(const std::string& token) {
  for (std::size_t i = 0; i < token.size(); ++i) {
    const auto c = static_cast<unsigned char>(token[i]);
    if (c >= 0xCD && c <= 0xDF) return true;  // Greek, Cyrillic, Hebrew, Arabic
    if (c == 0xE0 || c == 0xE1 || (c >= 0xE3 && c <= 0xED)) return true;  // Indic, CJK, Hangul
  }
  return false;
}

std::string lower_tag(std::string_view tag) {
  std::string label;
  for (const char c : tag) {
    if (std::isalpha(static_cast<unsigned char>(c))) {
      label += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return label;
}

std::string section_of_tag(const std::string& line, int number) {
  const std::string tag = lower_tag(line);
  const std::pair<const char*, const char*> kTags[] = {{"verse", "verse"},
                                                       {"prechorus", "verse"},
                                                       {"chorus", "chorus"},
                                                       {"refrain", "chorus"},
                                                       {"hook", "chorus"},
                                                       {"bridge", "bridge"},
                                                       {"middle", "bridge"},
                                                       {"intro", "intro"},
                                                       {"outro", "outro"},
                                                       {"coda", "outro"},
                                                       {"solo", "instrumental"},
                                                       {"instrumental", "instrumental"},
                                                       {"interlude", "instrumental"},
                                                       {"break", "instrumental"}};
  for (const auto& [name, label] : kTags) {
    if (tag.starts_with(name)) return label;
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("lyrics line {}: \"{}\" is not a section; expected [Verse], [Chorus], "
                          "[Bridge], [Intro], [Instrumental] or [Outro]",
                          number, line.substr(0, 60)));
}

/// Cuts a long line into parts of at most `kLongLine` syllables: at a comma when one is near the
/// middle, else between words.
std::vector<std::string> cut_long_line(const std::string& line, int number) {
  const std::vector<std::string> words = tokens(line);
  std::vector<int> lengths;
  int total = 0;
  for (const std::string& word : words) {
    const std::string plain = normalise_word(word);
    lengths.push_back(plain.empty() ? 0 : count_vowels(Lexicon::shared().phones(plain)));
    if (lengths.back() > kMostWordSyllables) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("lyrics line {}: \"{}...\" has {} syllables; no word may have more "
                              "than {}: write it as several words",
                              number, word.substr(0, 24), lengths.back(), kMostWordSyllables));
    }
    total += lengths.back();
  }
  if (total <= kLongLine) return {line};
  const int parts = (total + kLongLine - 6) / (kLongLine - 5);
  std::vector<std::string> out(1);
  int filled = 0, sung = 0;
  for (std::size_t w = 0; w < words.size(); ++w) {
    const int limit = total * static_cast<int>(out.size()) / parts;
    const bool comma = w > 0 && ends_phrase(words[w - 1]);
    const bool near = sung + 3 >= limit && comma;
    if (filled > 0 && (sung >= limit || near || filled + lengths[w] > kLongLine)) {
      out.emplace_back();
      filled = 0;
    }
    out.back() += (out.back().empty() ? "" : " ") + words[w];
    filled += lengths[w];
    sung += lengths[w];
  }
  return out;
}

}  // namespace

std::vector<SungWord> read_sung_line(std::string_view line) {
  std::vector<SungWord> words;
  for (const std::string& token : tokens(line)) {
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

std::vector<OwnSection> parse_own_lyrics(const std::string& text) {
  if (text.size() > kMostBytes) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("lyrics have {} bytes; expected at most {}", text.size(), kMostBytes));
  }
  const bool tagged = [&] {
    for (std::size_t at = 0; (at = text.find('[', at)) != std::string::npos; ++at) {
      if (at == 0 || text[at - 1] == '\n' || text[at - 1] == ' ') return true;
    }
    return false;
  }();
  std::vector<OwnSection> sections;
  int number = 0, num_lines = 0;
  bool gap = true;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    while (!line.empty() && static_cast<unsigned char>(line.back()) <= ' ') line.pop_back();
    while (!line.empty() && static_cast<unsigned char>(line.front()) <= ' ') line.erase(0, 1);
    check_utf8(line, number);
    for (char& c : line) {
      if (static_cast<unsigned char>(c) < ' ') c = ' ';
    }
    if (line.empty()) {
      gap = true;
      continue;
    }
    if (line.front() == '[' && line.back() == ']') {
      sections.push_back({section_of_tag(line, number), {}});
      gap = false;
      continue;
    }
    for (const std::string& token : tokens(line)) {
      if (is_foreign_script(token)) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("lyrics line {}: \"{}\" is not written in Latin letters; the voice "
                                "sings English sounds only: transcribe it",
                                number, token));
      }
    }
    if (read_sung_line(line).empty()) continue;  // punctuation only
    if (sections.empty() || (!tagged && gap)) sections.push_back({"verse", {}});
    gap = false;
    for (std::string& part : cut_long_line(line, number)) {
      sections.back().lines.push_back(std::move(part));
      ++num_lines;
    }
    if (num_lines > kMostLines) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("lyrics have more than {} lines; sing them as several songs", kMostLines));
    }
  }
  if (num_lines == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "lyrics hold no words that can be sung; write lines of text under [Verse] and "
                "[Chorus]");
  }
  // A tag without lines repeats the last chorus; other empty sections are for the band.
  const OwnSection* chorus = nullptr;
  for (OwnSection& section : sections) {
    if (section.label == "chorus" && section.lines.empty() && chorus != nullptr) {
      section.lines = chorus->lines;
    }
    if (section.label == "chorus" && !section.lines.empty()) chorus = &section;
  }
  std::erase_if(sections, [](const OwnSection& s) {
    return s.lines.empty() && s.label != "intro" && s.label != "outro" && s.label != "instrumental";
  });
  return sections;
}

}  // namespace brandiron::gen
