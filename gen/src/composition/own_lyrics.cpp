#include "composition/own_lyrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <utility>

#include "brandiron/core/error.h"
#include "composition/lexicon.h"
#include "composition/sung_text.h"

namespace brandiron::gen {
namespace {

constexpr std::size_t kMostBytes = 64 * 1024;
constexpr int kMostLines = 400;
constexpr int kLongLine = 18;  ///< syllables; longer lines are cut
constexpr int kMostWordSyllables = 24;
constexpr std::size_t kMostWordNotes = 12;
constexpr int kMostRepeats = 8;

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

/// Letters of a tag in lower case: "[Pre-Chorus 2]" -> "prechorus".
std::string tag_letters(std::string_view tag) {
  std::string letters;
  for (const char c : tag) {
    if (std::isalpha(static_cast<unsigned char>(c))) {
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  return letters;
}

struct Tag {
  const char *name, *label;
};
constexpr std::array<Tag, 14> kTags = {{{"verse", "verse"},
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
                                        {"break", "instrumental"}}};

const Tag* find_tag(const std::string& letters) {
  const auto found = std::find_if(kTags.begin(), kTags.end(),
                                  [&](const Tag& tag) { return letters.starts_with(tag.name); });
  return found == kTags.end() ? nullptr : &*found;
}

/// "Verse 2:", "(Chorus)", "CHORUS": a tag without its brackets. Words that could be sung need the
/// colon or the parentheses.
bool is_bare_tag(const std::string& line) {
  const std::string letters = tag_letters(line);
  const bool exact =
      std::any_of(kTags.begin(), kTags.end(), [&](const Tag& tag) { return letters == tag.name; });
  const bool only = std::all_of(line.begin(), line.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view(" :().-").find(c) != std::string_view::npos;
  });
  const bool marked = line.back() == ':' || (line.front() == '(' && line.back() == ')');
  return exact && only && (marked || letters == "verse" || letters == "chorus");
}

/// Cuts a long line into parts of at most `kLongLine` syllables: at a comma when one is near the
/// middle, else between words.
std::vector<std::string> cut_long_line(const std::string& line, int number) {
  const std::vector<std::string> words = sung_tokens(line);
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

/// "(x3)", "x3", "[3x]" at the end of a line: how often it is sung; taken off the line.
int take_repeats(std::string& line) {
  const auto blank = line.find_last_of(' ');
  if (blank == std::string::npos) return 1;
  std::string mark;
  for (const char c : line.substr(blank + 1)) {
    if (std::string_view("()[]").find(c) == std::string_view::npos) mark += c;
  }
  const bool times = mark.size() == 2 && (((mark[0] == 'x' || mark[0] == 'X') && mark[1] >= '2') ||
                                          ((mark[1] == 'x' || mark[1] == 'X') && mark[0] >= '2'));
  if (!times) return 1;
  const char digit = mark[0] == 'x' || mark[0] == 'X' ? mark[1] : mark[0];
  if (digit < '2' || digit > '0' + kMostRepeats) return 1;
  line.erase(blank);
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return digit - '0';
}

class Reader {
 public:
  OwnLyrics read(const std::string& text) {
    if (text.size() > kMostBytes) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("lyrics have {} bytes; expected at most {}", text.size(), kMostBytes));
    }
    for (std::size_t at = 0; at <= text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      ++number_;
      take(text.substr(at, end - at));
      at = end + 1;
    }
    finish();
    return std::move(lyrics_);
  }

 private:
  void note(const std::string& what) {
    lyrics_.notes.push_back(fmt::format("line {}: {}", number_, what));
  }

  void take(std::string line) {
    if (number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
    check_utf8(line, number_);
    for (char& c : line) {
      if (static_cast<unsigned char>(c) < ' ') c = ' ';
    }
    trim(line);
    if (line.empty()) {
      gap_ = true;
      return;
    }
    // Words on the tag's own line are sung.
    while (line.starts_with('[') && line.find(']') != std::string::npos) {
      const auto close = line.find(']');
      open_section(line.substr(0, close + 1));
      line.erase(0, close + 1);
      trim(line);
    }
    if (line.empty()) return;
    if (is_bare_tag(line)) {
      note(fmt::format("\"{}\" is read as the tag of a section", line));
      open_section(line);
    } else {
      add_line(line);
    }
  }

  static void trim(std::string& line) {
    const auto from = line.find_first_not_of(' ');
    line.erase(0, std::min(from, line.size()));
    line.erase(line.find_last_not_of(' ') + 1);
  }

  void open_section(const std::string& tag) {
    const std::string letters = tag_letters(tag);
    const Tag* found = find_tag(letters);
    if (found == nullptr) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("lyrics line {}: \"{}\" is not a section; expected [Verse], [Chorus], "
                      "[Bridge], [Intro], [Instrumental] or [Outro]",
                      number_, tag.substr(0, 60)));
    }
    if (letters.starts_with("prechorus")) note("a pre-chorus is sung as a verse");
    lyrics_.sections.push_back({found->label, {}});
    opened_at_.push_back(number_);
    lyrics_.tagged = true;
    gap_ = false;
  }

  void add_line(std::string line) {
    const int times = take_repeats(line);
    if (times > 1) note(fmt::format("sung {} times", times));
    for (const std::string& token : sung_tokens(line)) check_token(token);
    if (read_sung_line(line).empty()) {
      note("nothing in it can be sung; left out");
      return;
    }
    if (lyrics_.sections.empty() || (!lyrics_.tagged && gap_)) {
      lyrics_.sections.push_back({"verse", {}});
      opened_at_.push_back(number_);
    }
    gap_ = false;
    const std::vector<std::string> parts = cut_long_line(line, number_);
    if (parts.size() > 1) {
      note(fmt::format("{} syllables are sung as {} lines", syllables_of(read_sung_line(line)),
                       parts.size()));
    }
    for (int time = 0; time < times; ++time) {
      for (const std::string& part : parts) lyrics_.sections.back().lines.push_back(part);
      num_lines_ += static_cast<int>(parts.size());
    }
    if (num_lines_ > kMostLines) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("lyrics have more than {} lines; sing them as several songs", kMostLines));
    }
  }

  void check_token(const std::string& token) {
    if (is_foreign_script(token)) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("lyrics line {}: \"{}\" is not written in Latin letters; the voice "
                              "sings English sounds only: transcribe it",
                              number_, token));
    }
    const std::string plain = normalise_word(token);
    const bool has_sound = std::any_of(plain.begin(), plain.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0;
    });
    if (!has_sound) {
      if (token.find_first_not_of(".,;:!?-\"'()") != std::string::npos) {
        note(fmt::format("\"{}\" has no sound and is left out", token));
      }
      return;
    }
    const bool digits = plain.find_first_of("0123456789") != std::string::npos;
    if (digits || !Lexicon::shared().known(plain).empty() || !guessed_.insert(plain).second) return;
    if (guessed_.size() <= kMostWordNotes) {
      note(fmt::format("\"{}\" is in no dictionary and is sung as it is spelled", plain));
    }
  }

  void finish() {
    if (num_lines_ == 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  "lyrics hold no words that can be sung; write lines of text under [Verse] and "
                  "[Chorus]");
    }
    if (guessed_.size() > kMostWordNotes) {
      lyrics_.notes.push_back(fmt::format("{} more words are sung as they are spelled",
                                          guessed_.size() - kMostWordNotes));
    }
    if (!lyrics_.tagged) {
      lyrics_.notes.push_back(fmt::format(
          "no tags: {} sung as {}",
          lyrics_.sections.size() == 1 ? "the stanza is" : "each stanza is", "a verse"));
    }
    fill_empty_sections();
  }

  // A tag without lines repeats the last chorus; other empty sections are for the band.
  void fill_empty_sections() {
    std::optional<OwnSection> chorus;
    std::vector<OwnSection> kept;
    for (std::size_t s = 0; s < lyrics_.sections.size(); ++s) {
      OwnSection& section = lyrics_.sections[s];
      number_ = opened_at_[s];
      if (section.label == "chorus" && section.lines.empty() && chorus) {
        section.lines = chorus->lines;
        note("the chorus before is sung again");
      }
      if (section.label == "chorus" && !section.lines.empty()) chorus = section;
      const bool band =
          section.label == "intro" || section.label == "outro" || section.label == "instrumental";
      if (section.lines.empty() && !band) {
        note(fmt::format("this {} has no lines and is left out", section.label));
      } else {
        kept.push_back(section);
      }
    }
    lyrics_.sections = std::move(kept);
  }

  OwnLyrics lyrics_;
  std::vector<int> opened_at_;
  std::set<std::string> guessed_;
  int number_ = 0, num_lines_ = 0;
  bool gap_ = true;
};

bool is_sung(const std::string& label) {
  return label == "verse" || label == "chorus" || label == "bridge";
}

std::string joined(const std::vector<std::string>& labels) {
  std::string text;
  for (const std::string& label : labels) text += (text.empty() ? "" : " ") + label;
  return text;
}

[[noreturn]] void contradict(const std::vector<std::string>& form,
                             const std::vector<OwnSection>& sung) {
  std::vector<std::string> labels;
  for (const OwnSection& section : sung) labels.push_back(section.label);
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("the form \"{}\" does not fit the lyrics, which have \"{}\"; change one of "
                  "them, or leave the form out",
                  joined(form), joined(labels)));
}

}  // namespace

OwnLyrics parse_own_lyrics(const std::string& text) { return Reader().read(text); }

void arrange_by_form(OwnLyrics& lyrics, const std::vector<std::string>& form) {
  std::vector<OwnSection> sung;
  for (const OwnSection& section : lyrics.sections) {
    if (!section.lines.empty()) sung.push_back(section);
  }
  // Without tags the form says what each stanza is.
  const auto fits = [&](const OwnSection& section, const std::string& label) {
    return !lyrics.tagged || section.label == label;
  };
  const auto slots = static_cast<std::size_t>(std::count_if(form.begin(), form.end(), is_sung));
  std::vector<OwnSection> arranged;
  std::optional<OwnSection> chorus;
  std::size_t next = 0;
  for (const std::string& label : form) {
    const bool more = next < sung.size() && fits(sung[next], label);
    if (!is_sung(label)) {
      // Words under [Intro] and the like are sung there.
      if (lyrics.tagged && more) {
        arranged.push_back(sung[next++]);
      } else {
        arranged.push_back({label, {}});
      }
      continue;
    }
    const bool again =
        label == "chorus" && chorus && (!more || (!lyrics.tagged && sung.size() < slots));
    if (!again && !more) contradict(form, sung);
    OwnSection section = again ? *chorus : sung[next++];
    section.label = label;
    if (label == "chorus") chorus = section;
    arranged.push_back(std::move(section));
  }
  if (next != sung.size()) contradict(form, sung);
  lyrics.sections = std::move(arranged);
}

}  // namespace brandiron::gen
