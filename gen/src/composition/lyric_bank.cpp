#include "composition/lyric_bank.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "composition/lexicon.h"

namespace brandiron::gen {
namespace {

std::string trimmed(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return std::string(text);
}

std::vector<std::string> split_trimmed(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(trimmed(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string> tokens(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (c == ' ') {
      if (!word.empty()) words.push_back(word);
      word.clear();
    } else {
      word += c;
    }
  }
  if (!word.empty()) words.push_back(word);
  return words;
}

BankOption make_option(const std::string& text) {
  BankOption option;
  option.text = text;
  const Lexicon& lexicon = Lexicon::shared();
  for (const std::string& token : tokens(text)) {
    const std::string word = normalise_word(token);
    if (word.empty() || word == "'s") continue;  // "{elder}'s": no syllable of its own
    const Phones phones = lexicon.phones(word);
    option.syllables += count_vowels(phones);
    option.last_word = word;
    option.perfect = rhyme_key(phones, false);
    option.family = rhyme_key(phones, true);
    option.onset = rhyme_onset(phones);
  }
  return option;
}

}  // namespace

/// Parses the text files of configs/lyrics into a bank.
class BankReader {
 public:
  explicit BankReader(LyricBank& bank) : bank_(bank) {}

  void read_slots_of(const std::string& file) {
    bool in_list = false;
    for_each_line(file, [&](const std::string& line) {
      if (line[0] == '=') {
        start_list(line);
        in_list = true;
      } else if (line[0] == '@') {
        in_list = false;
      } else if (in_list) {
        for (const std::string& option : split_trimmed(line, '|')) {
          if (!option.empty()) bank_.lists.back().options.push_back(make_option(option));
        }
      }
    });
  }

  void read_lines(const std::string& file) {
    std::string theme, role;
    for_each_line(file, [&](const std::string& line) {
      if (line[0] == '@') {
        const std::vector<std::string> fields = tokens(line);
        if (fields.size() != 3) fail("expected \"@ theme role\"", line);
        theme = fields[1];
        role = fields[2];
        if (theme != "any" &&
            std::find(bank_.themes.begin(), bank_.themes.end(), theme) == bank_.themes.end()) {
          bank_.themes.push_back(theme);
        }
        return;
      }
      if (theme.empty()) fail("expected \"@ theme role\" before the first line", line);
      BankTemplate parsed = parse_template(line);
      parsed.theme = theme;
      parsed.role = role;
      bank_.lines.push_back(std::move(parsed));
    });
  }

  void read_hooks(const std::string& file) {
    std::string theme;
    for_each_line(file, [&](const std::string& line) {
      if (line[0] == '=') {
        theme.clear();
      } else if (line[0] == '@') {
        theme = trimmed(line.substr(1));
      } else if (!theme.empty()) {
        const std::vector<std::string> parts = split_trimmed(line, '|');
        if (parts.size() != 3) fail("expected \"title | first | last\"", line);
        bank_.hooks.push_back(
            {theme, parse_template(parts[0]), parse_template(parts[1]), parse_template(parts[2])});
      }
    });
  }

  void read_blocklist(const std::string& file) {
    for_each_line(file,
                  [&](const std::string& line) { bank_.blocked.push_back(plain_words(line)); });
  }

  void index_endings() {
    for (std::size_t l = 0; l < bank_.lines.size(); ++l) {
      const BankList& last = bank_.lists[bank_.lines[l].pieces.back()];
      for (std::size_t o = 0; o < last.options.size(); ++o) {
        bank_.by_perfect[last.options[o].perfect].push_back({l, o});
        bank_.by_family[last.options[o].family].push_back({l, o});
      }
    }
  }

 private:
  template <typename Use>
  void for_each_line(const std::string& file, Use use) {
    path_ = (home_folder() / "configs" / "lyrics" / file).string();
    number_ = 0;
    for (const std::string& line : split_trimmed(read_file(path_), '\n')) {
      ++number_;
      if (!line.empty() && line[0] != '#') use(line);
    }
  }

  [[noreturn]] void fail(const std::string& what, const std::string& found) const {
    throw Error(ErrorCode::kFormat,
                fmt::format("{}:{}: {}; found \"{}\"", path_, number_, what, found));
  }

  void start_list(const std::string& line) {
    const std::vector<std::string> fields = tokens(line);
    if (fields.size() < 2) fail("expected \"= name\"", line);
    BankList list;
    list.name = fields[1];
    list.sticky = fields.size() > 2 && fields[2] == "sticky";
    if (named_.contains(list.name)) fail("list named twice", list.name);
    named_[list.name] = bank_.lists.size();
    bank_.lists.push_back(std::move(list));
  }

  BankTemplate parse_template(const std::string& text) {
    BankTemplate parsed;
    const auto add_words = [&](const std::vector<std::string>& words) {
      BankList list;
      for (const std::string& word : words) list.options.push_back(make_option(word));
      parsed.pieces.push_back(bank_.lists.size());
      bank_.lists.push_back(std::move(list));
    };
    std::string literal;
    for (std::size_t at = 0; at < text.size();) {
      const char open = text[at];
      if (open != '{' && open != '(') {
        literal += text[at++];
        continue;
      }
      const std::size_t end = text.find(open == '{' ? '}' : ')', at);
      if (end == std::string::npos) fail("bracket is not closed", text);
      if (!trimmed(literal).empty()) add_words({trimmed(literal)});
      literal.clear();
      const std::string inside = text.substr(at + 1, end - at - 1);
      if (open == '(') {
        add_words(split_trimmed(inside, '|'));
      } else {
        if (!named_.contains(inside)) fail("unknown list", inside);
        parsed.pieces.push_back(named_.at(inside));
      }
      at = end + 1;
    }
    // A comma or apostrophe straight after a place belongs to the literal that follows it.
    if (!trimmed(literal).empty()) add_words({trimmed(literal)});
    if (parsed.pieces.empty()) fail("empty line", text);
    return parsed;
  }

  LyricBank& bank_;
  std::map<std::string, std::size_t> named_;
  std::string path_;
  int number_ = 0;
};

LyricBank::LyricBank() {
  BankReader reader(*this);
  reader.read_slots_of("slots.txt");
  reader.read_slots_of("hooks.txt");
  reader.read_lines("verses.txt");
  reader.read_lines("choruses.txt");
  reader.read_hooks("hooks.txt");
  reader.read_blocklist("blocklist.txt");
  reader.index_endings();
}

const LyricBank& LyricBank::shared() {
  static const LyricBank bank;
  return bank;
}

std::string plain_words(std::string_view text) {
  std::string plain;
  for (const std::string& token : tokens(text)) {
    std::string word = normalise_word(token);
    if (word.empty()) continue;
    if (!plain.empty()) plain += ' ';
    plain += word;
  }
  return plain;
}

int count_syllables(std::string_view phrase) {
  int n = 0;
  for (const std::string& token : tokens(phrase)) {
    const std::string word = normalise_word(token);
    if (!word.empty()) n += count_vowels(Lexicon::shared().phones(word));
  }
  return n;
}

}  // namespace brandiron::gen
