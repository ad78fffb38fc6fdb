#include "composition/lyric_bank.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

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

/// Letters as scansion_faults reads them.
std::string beat_of(const std::string& word, const Phones& phones) {
  std::string beat;
  const bool weak = is_function_word(word);
  for (const std::string& phone : phones) {
    if (is_vowel(phone)) beat += !weak && stress_of(phone) == 1 ? '/' : '.';
  }
  if (beat.size() > 1) std::replace(beat.begin(), beat.end(), '/', 'x');
  return beat;
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
    option.beat += beat_of(word, phones);
    option.last_word = word;
    option.perfect = rhyme_key(phones, false);
    option.family = rhyme_key(phones, true);
    option.onset = rhyme_onset(phones);
  }
  return option;
}

/// FNV-1a.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

/// The *.txt below a folder of configs/lyrics, by name.
std::vector<std::filesystem::path> files_of(const char* folder) {
  const std::filesystem::path path = home_folder() / "configs" / "lyrics" / folder;
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  if (error || files.empty()) {
    throw Error(ErrorCode::kIo, fmt::format("{}: no *.txt of the lyric bank", path.string()));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

/// Parses the text files of configs/lyrics into a bank: all lists first, then what draws from them.
class BankReader {
 public:
  explicit BankReader(LyricBank& bank) : bank_(bank) {}

  void read_lists(const std::filesystem::path& file) {
    std::set<std::string> here;
    std::size_t list = kNone;
    for_each_line(file, [&](const std::string& line) {
      if (line[0] == '=') {
        list = open_list(line, here);
      } else if (line[0] == '@') {
        list = kNone;
      } else if (list != kNone) {
        for (const std::string& option : split_trimmed(line, '|')) add_option(list, option);
      }
    });
  }

  void read_lines(const std::filesystem::path& file) {
    std::string theme, role;
    bool in_list = false;
    for_each_line(file, [&](const std::string& line) {
      if (line[0] == '=' || line[0] == '@') in_list = line[0] == '=';
      if (in_list) return;
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

  void read_hooks(const std::filesystem::path& file) {
    std::string theme;
    bool in_list = false;
    for_each_line(file, [&](const std::string& line) {
      if (line[0] == '=' || line[0] == '@') in_list = line[0] == '=';
      if (in_list) return;
      if (line[0] == '@') {
        theme = trimmed(line.substr(1));
        return;
      }
      if (theme.empty()) fail("expected \"@ theme\" before the first hook", line);
      const std::vector<std::string> parts = split_outside(line);
      if (parts.size() != 3) fail("expected \"title | first | last\"", line);
      bank_.hooks.push_back(
          {theme, parse_template(parts[0]), parse_template(parts[1]), parse_template(parts[2])});
    });
  }

  /// A phrase a line.
  std::vector<std::string> read_phrases(const std::filesystem::path& file) {
    std::vector<std::string> phrases;
    for_each_line(file, [&](const std::string& line) { phrases.push_back(plain_words(line)); });
    return phrases;
  }

 private:
  template <typename Use>
  void for_each_line(const std::filesystem::path& file, Use use) {
    path_ = file.string();
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

  /// At "|" outside brackets.
  static std::vector<std::string> split_outside(const std::string& text) {
    std::vector<std::string> parts(1);
    int depth = 0;
    for (const char c : text) {
      depth += c == '(' ? 1 : (c == ')' ? -1 : 0);
      if (c == '|' && depth == 0) {
        parts.emplace_back();
      } else {
        parts.back() += c;
      }
    }
    for (std::string& part : parts) part = trimmed(part);
    return parts;
  }

  std::size_t open_list(const std::string& line, std::set<std::string>& here) {
    const std::vector<std::string> fields = tokens(line);
    if (fields.size() < 2) fail("expected \"= name\"", line);
    if (!here.insert(fields[1]).second) fail("list named twice", fields[1]);
    const auto [entry, fresh] = named_.try_emplace(fields[1], bank_.lists.size());
    if (fresh) {
      BankList list;
      list.name = fields[1];
      list.sticky = fields.size() > 2 && fields[2] == "sticky";
      bank_.lists.push_back(std::move(list));
    }
    return entry->second;
  }

  void add_option(std::size_t list, const std::string& text) {
    if (text.empty() || !options_.insert({list, text}).second) return;
    bank_.lists[list].options.push_back(make_option(text));
  }

  BankTemplate parse_template(const std::string& text) {
    BankTemplate parsed;
    parsed.id = hash_of(text);
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
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::map<std::string, std::size_t> named_;
  std::set<std::pair<std::size_t, std::string>> options_;
  std::string path_;
  int number_ = 0;
};

LyricBank::LyricBank() {
  BankReader reader(*this);
  for (const char* folder : {"slots", "verses", "choruses", "hooks"}) {
    for (const auto& file : files_of(folder)) reader.read_lists(file);
  }
  for (const char* folder : {"verses", "choruses"}) {
    for (const auto& file : files_of(folder)) reader.read_lines(file);
  }
  for (const auto& file : files_of("hooks")) reader.read_hooks(file);
  const std::filesystem::path home = home_folder() / "configs" / "lyrics";
  blocked = reader.read_phrases(home / "blocklist.txt");
  book_phrases = reader.read_phrases(home / "book-phrases.txt");
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

int scansion_faults(std::string_view beat) {
  int faults = 0, quiet = 0;
  for (std::size_t i = 0; i < beat.size(); ++i) {
    quiet = beat[i] == '.' ? quiet + 1 : 0;
    if (quiet == 4) ++faults;
    if (i > 0 && beat[i] != '.' && beat[i - 1] != '.' && (beat[i] == 'x' || beat[i - 1] == 'x')) {
      ++faults;
    }
  }
  return faults;
}

std::string beat_of_phrase(std::string_view phrase) {
  return make_option(std::string(phrase)).beat;
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
