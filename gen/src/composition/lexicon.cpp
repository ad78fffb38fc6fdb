#include "composition/lexicon.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "composition/flite_lexicon.h"

namespace brandiron::gen {
namespace {

constexpr const char* kDictionary = "/usr/share/pocketsphinx/model/en-us/cmudict-en-us.dict";
constexpr std::string_view kMagic = "BRLEX\x03\n\x1a";

constexpr std::array<const char*, 39> kPhoneNames = {
    "AA", "AE", "AH", "AO", "AW", "AY", "B",  "CH", "D", "DH", "EH", "ER", "EY",
    "F",  "G",  "HH", "IH", "IY", "JH", "K",  "L",  "M", "N",  "NG", "OW", "OY",
    "P",  "R",  "S",  "SH", "T",  "TH", "UH", "UW", "V", "W",  "Y",  "Z",  "ZH"};

int phone_index(std::string_view name) {
  const auto at = std::find(kPhoneNames.begin(), kPhoneNames.end(), name);
  return at == kPhoneNames.end() ? -1 : static_cast<int>(at - kPhoneNames.begin());
}

bool is_vowel_name(std::string_view name) {
  return std::string_view("AEIOU").find(name[0]) != std::string_view::npos;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t at = text.find(separator);
    if (at != 0) parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) break;
    text.remove_prefix(at + 1);
  }
  return parts;
}

/// Stress digits for dictionary phones: flite's pattern when it has as many vowels, else the
/// commonest English pattern (first vowel that is not a schwa).
std::vector<int> stress_pattern(const std::vector<std::string_view>& names, const Phones& flite) {
  std::vector<int> pattern;
  if (static_cast<std::size_t>(count_vowels(flite)) ==
      static_cast<std::size_t>(std::count_if(names.begin(), names.end(), is_vowel_name))) {
    for (const std::string& phone : flite) {
      if (is_vowel(phone)) pattern.push_back(stress_of(phone));
    }
  } else {
    for (const std::string_view name : names) {
      if (is_vowel_name(name)) pattern.push_back(0);
    }
  }
  if (std::find(pattern.begin(), pattern.end(), 1) != pattern.end() || pattern.empty()) {
    return pattern;
  }
  std::size_t vowel = 0;
  for (const std::string_view name : names) {
    if (!is_vowel_name(name)) continue;
    if (name != "AH" && name != "ER") break;
    ++vowel;
  }
  pattern[vowel < pattern.size() ? vowel : 0] = 1;
  return pattern;
}

void append_u32(std::string& bytes, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xff);
}

std::uint32_t read_u32(const char* at) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = (value << 8) | static_cast<unsigned char>(at[i]);
  return value;
}

/// magic | n | offsets of n + 1 records | records "word\0" + one byte a phone (index * 4 + stress).
std::string compile_dictionary(const std::string& text) {
  std::map<std::string, std::string> entries;  // sorted by bytes
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> fields = split(line, ' ');
    if (fields.size() < 2 || fields[0].find('(') != std::string_view::npos) continue;
    const std::string word(fields[0]);
    std::vector<std::string_view> names(fields.begin() + 1, fields.end());
    const auto vowels = std::count_if(names.begin(), names.end(), is_vowel_name);
    const std::vector<int> pattern =
        vowels == 1 ? std::vector<int>{1} : stress_pattern(names, flite_phones(word));
    std::string codes;
    std::size_t vowel = 0;
    for (const std::string_view name : names) {
      const int index = phone_index(name);
      if (index < 0) break;
      const int stress = is_vowel_name(name) ? pattern[vowel++] : 3;
      codes += static_cast<char>(index * 4 + stress);
    }
    if (codes.size() == names.size() && vowels > 0) entries.emplace(word, codes);
  }
  std::string bytes(kMagic);
  append_u32(bytes, static_cast<std::uint32_t>(entries.size()));
  std::string records;
  for (const auto& [word, codes] : entries) {
    append_u32(bytes, static_cast<std::uint32_t>(records.size()));
    records += word;
    records += '\0';
    records += codes;
  }
  append_u32(bytes, static_cast<std::uint32_t>(records.size()));
  return bytes + records;
}

bool is_compiled_dictionary(const std::string& bytes) {
  if (bytes.size() < kMagic.size() + 8 || !bytes.starts_with(kMagic)) return false;
  const std::size_t n = read_u32(bytes.data() + kMagic.size());
  const std::size_t records = kMagic.size() + 4 + 4 * (n + 1);
  if (n == 0 || n > 10'000'000 || bytes.size() < records) return false;
  return bytes.size() == records + read_u32(bytes.data() + records - 4);
}

std::string open_dictionary() {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(kDictionary, error);
  if (error) {
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: not found; install Debian's pocketsphinx-en-us (the pronouncing "
                            "dictionary of the songwriter)",
                            kDictionary));
  }
  std::filesystem::path cache;
  try {
    cache = cache_folder() / fmt::format("lexicon-3-{}.bin", size);
    if (std::filesystem::exists(cache, error)) {
      std::string bytes = read_file(cache);
      if (is_compiled_dictionary(bytes)) return bytes;
    }
  } catch (const Error&) {
    cache.clear();  // no cache folder: compile in memory each time
  }
  std::string bytes = compile_dictionary(read_file(kDictionary));
  try {
    if (!cache.empty()) write_file(cache, bytes, true);
  } catch (const Error&) {
    // A cache that cannot be written costs time, not correctness.
  }
  return bytes;
}

std::map<std::string, Phones, std::less<>> read_hand_lexicon() {
  const std::filesystem::path path = home_folder() / "configs" / "lyrics" / "lexicon.tsv";
  const std::string text = read_file(path);
  std::map<std::string, Phones, std::less<>> entries;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line(text.data() + at, end - at);
    at = end + 1;
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const std::size_t tab = line.find('\t');
    Phones phones;
    if (tab != std::string_view::npos) {
      for (const std::string_view phone : split(line.substr(tab + 1), ' ')) {
        phones.emplace_back(phone);
        const std::string name = is_vowel(phones.back())
                                     ? phones.back().substr(0, phones.back().size() - 1)
                                     : phones.back();
        if (phone_index(name) < 0) {
          throw Error(ErrorCode::kFormat, fmt::format("{}:{}: \"{}\" is not an ARPAbet phone",
                                                      path.string(), number, phone));
        }
      }
    }
    if (count_vowels(phones) == 0) {
      throw Error(ErrorCode::kFormat,
                  fmt::format("{}:{}: expected word, tab, phones with a vowel; found \"{}\"",
                              path.string(), number, line));
    }
    entries.insert_or_assign(std::string(line.substr(0, tab)), std::move(phones));
  }
  return entries;
}

bool ends_with_any(const Phones& phones, std::initializer_list<const char*> names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const char* name) { return phones.back() == name; });
}

/// The plural or possessive ending after these phones.
void add_s(Phones& phones) {
  if (ends_with_any(phones, {"S", "Z", "SH", "ZH", "CH", "JH"})) {
    phones.insert(phones.end(), {"AH0", "Z"});
  } else if (ends_with_any(phones, {"P", "T", "K", "F", "TH"})) {
    phones.emplace_back("S");
  } else {
    phones.emplace_back("Z");
  }
}

void add_d(Phones& phones) {
  if (ends_with_any(phones, {"T", "D"})) {
    phones.insert(phones.end(), {"AH0", "D"});
  } else if (ends_with_any(phones, {"P", "K", "F", "TH", "S", "SH", "CH"})) {
    phones.emplace_back("T");
  } else {
    phones.emplace_back("D");
  }
}

}  // namespace

struct Lexicon::Impl {
  std::map<std::string, Phones, std::less<>> hand;
  std::string dictionary;
  std::uint32_t n = 0;
  const char* offsets = nullptr;
  const char* records = nullptr;

  Phones look_up(std::string_view word) const {
    if (const auto at = hand.find(word); at != hand.end()) return at->second;
    std::uint32_t low = 0, high = n;
    while (low < high) {
      const std::uint32_t middle = low + (high - low) / 2;
      const char* record = records + read_u32(offsets + 4 * middle);
      const int order = word.compare(record);
      if (order == 0) {
        const char* end = records + read_u32(offsets + 4 * (middle + 1));
        Phones phones;
        for (const char* code = record + word.size() + 1; code < end; ++code) {
          const unsigned value = static_cast<unsigned char>(*code);
          std::string phone = kPhoneNames[value / 4];
          if (value % 4 < 3) phone += static_cast<char>('0' + value % 4);
          phones.push_back(std::move(phone));
        }
        return phones;
      }
      if (order < 0) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return {};
  }

  Phones by_rules(const std::string& word, int depth) const;
  Phones find(const std::string& word, int depth) const {
    Phones phones = look_up(word);
    if (phones.empty() && depth < 4) phones = by_rules(word, depth + 1);
    return phones;
  }
};

Phones Lexicon::Impl::by_rules(const std::string& word, int depth) const {
  const std::size_t n_letters = word.size();
  const auto stem = [&](std::size_t drop) { return word.substr(0, n_letters - drop); };
  Phones phones;
  if (word.ends_with("in'")) {  // ridin' -> riding with a dropped g
    phones = find(stem(1) + "g", depth);
    if (phones.size() > 2 && phones.back() == "NG") {
      phones.back() = "N";
      return phones;
    }
  }
  if (const std::size_t hyphen = word.find('-'); hyphen != std::string::npos) {
    Phones left = find(word.substr(0, hyphen), depth), right = find(word.substr(hyphen + 1), depth);
    if (hyphen == 1 && word[0] == 'a') left = {"AH0"};
    if (left.empty() || right.empty()) return {};
    left.insert(left.end(), right.begin(), right.end());
    return left;
  }
  if (word.ends_with("'s") || word.ends_with("s'")) {
    phones = find(word.ends_with("'s") ? stem(2) : stem(1), depth);
    if (!phones.empty() && word.ends_with("'s")) add_s(phones);
    return phones;
  }
  const auto with_suffix = [&](std::string_view suffix, Phones tail) -> Phones {
    if (!word.ends_with(suffix) || n_letters < suffix.size() + 3) return {};
    const std::string base = stem(suffix.size());
    for (const std::string& candidate : {base, base + "e", base.substr(0, base.size() - 1)}) {
      const bool doubled = candidate.size() + 1 == base.size();
      if (doubled && base[base.size() - 1] != base[base.size() - 2]) continue;
      Phones found = find(candidate, 4);
      if (found.empty()) continue;
      found.insert(found.end(), tail.begin(), tail.end());
      return found;
    }
    return {};
  };
  if (!(phones = with_suffix("'ll", {"AH0", "L"})).empty()) return phones;
  if (!(phones = with_suffix("'ve", {"AH0", "V"})).empty()) return phones;
  if (!(phones = with_suffix("'d", {"AH0", "D"})).empty()) return phones;
  if (word.ends_with("s") && n_letters > 3 && !word.ends_with("ss")) {
    phones = find(stem(1), depth);
    if (phones.empty() && word.ends_with("es")) phones = find(stem(2), depth);
    if (!phones.empty()) {
      add_s(phones);
      return phones;
    }
  }
  if (word.ends_with("ed") && n_letters > 4) {
    phones = find(stem(1), depth);
    if (phones.empty()) phones = find(stem(2), depth);
    if (phones.empty() && word[n_letters - 3] == word[n_letters - 4]) {
      phones = find(stem(3), depth);
    }
    if (!phones.empty()) {
      add_d(phones);
      return phones;
    }
  }
  if (!(phones = with_suffix("ing", {"IH0", "NG"})).empty()) return phones;
  if (!(phones = with_suffix("er", {"ER0"})).empty()) return phones;
  if (!(phones = with_suffix("y", {"IY0"})).empty()) return phones;
  if (!(phones = with_suffix("ly", {"L", "IY0"})).empty()) return phones;
  if (!(phones = with_suffix("less", {"L", "AH0", "S"})).empty()) return phones;
  if (!(phones = with_suffix("ness", {"N", "AH0", "S"})).empty()) return phones;
  // Compounds: the longest known head with a known tail, each at least three letters.
  for (std::size_t cut = n_letters; cut-- > 3;) {
    if (n_letters - cut < 3) continue;
    Phones left = look_up(word.substr(0, cut)), right = look_up(word.substr(cut));
    if (left.empty() || right.empty()) continue;
    for (std::string& phone : right) {
      if (is_vowel(phone) && phone.back() == '1') phone.back() = '2';
    }
    left.insert(left.end(), right.begin(), right.end());
    return left;
  }
  return {};
}

Lexicon::Lexicon() : impl_(std::make_unique<Impl>()) {
  impl_->hand = read_hand_lexicon();
  impl_->dictionary = open_dictionary();
  impl_->n = read_u32(impl_->dictionary.data() + kMagic.size());
  impl_->offsets = impl_->dictionary.data() + kMagic.size() + 4;
  impl_->records = impl_->offsets + 4 * (static_cast<std::size_t>(impl_->n) + 1);
}

Lexicon::~Lexicon() = default;

const Lexicon& Lexicon::shared() {
  static const Lexicon lexicon;
  return lexicon;
}

Phones Lexicon::known(std::string_view word) const { return impl_->find(normalise_word(word), 0); }

Phones Lexicon::phones(std::string_view raw) const {
  const std::string word = normalise_word(raw);
  Phones all;
  // Digits inside a word are read out; the rest is looked up piece by piece.
  for (std::size_t at = 0; at < word.size();) {
    const bool digits = std::isdigit(static_cast<unsigned char>(word[at])) != 0;
    std::size_t end = at;
    while (end < word.size() &&
           (std::isdigit(static_cast<unsigned char>(word[end])) != 0) == digits) {
      ++end;
    }
    const std::string piece = word.substr(at, end - at);
    at = end;
    if (digits) {
      for (const std::string& name : number_words(piece)) {
        const Phones found = impl_->find(name, 0);
        all.insert(all.end(), found.begin(), found.end());
      }
      continue;
    }
    Phones found = impl_->find(piece, 0);
    if (found.empty()) found = flite_phones(piece);
    all.insert(all.end(), found.begin(), found.end());
  }
  if (count_vowels(all) == 0) {  // "brr", "hm": a hummed schwa makes it singable
    all.insert(all.empty() ? all.end() : all.end() - 1, "AH1");
  }
  if (std::none_of(all.begin(), all.end(), [](const auto& p) { return stress_of(p) > 0; }) &&
      !is_function_word(word)) {
    for (std::string& phone : all) {
      if (is_vowel(phone)) {
        phone.back() = '1';
        break;
      }
    }
  }
  return all;
}

std::string normalise_word(std::string_view word) {
  // UTF-8 two-byte Latin letters, by their base letter; index is the code point - 0xC0.
  static constexpr std::string_view kLatin1 =
      "aaaaaaaceeeeiiiidnooooo-ouuuuytsaaaaaaaceeeeiiiidnooooo-ouuuuyty";
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const auto c = static_cast<unsigned char>(word[i]);
    if (c < 0x80) {
      if (std::isalnum(c) || c == '\'' || c == '-') out += static_cast<char>(std::tolower(c));
      if (c == '`') out += '\'';
      continue;
    }
    const auto next = i + 1 < word.size() ? static_cast<unsigned char>(word[i + 1]) : 0U;
    if (c == 0xC3 && next >= 0x80) {
      const char base = kLatin1[next - 0x80U];
      if (base != '-') out += base;
      ++i;
    } else if (c == 0xE2 && next == 0x80 && i + 2 < word.size()) {
      const auto third = static_cast<unsigned char>(word[i + 2]);
      if (third == 0x98 || third == 0x99) out += '\'';
      if (third >= 0x90 && third <= 0x95) out += '-';
      i += 2;
    }
  }
  while (!out.empty() && out.back() == '-') out.pop_back();
  while (!out.empty() && out.front() == '-') out.erase(out.begin());
  return out;
}

std::vector<std::string> number_words(std::string_view digits) {
  static constexpr std::array<const char*, 20> kSmall = {
      "zero",     "one",     "two",     "three",     "four",     "five",    "six",
      "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
      "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
  static constexpr std::array<const char*, 10> kTens = {
      "", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"};
  std::vector<std::string> words;
  const auto below_hundred = [&](unsigned value) {
    if (value < 20) {
      words.emplace_back(kSmall[value]);
      return;
    }
    words.emplace_back(kTens[value / 10]);
    if (value % 10 != 0) words.emplace_back(kSmall[value % 10]);
  };
  const auto below_thousand = [&](unsigned value) {
    if (value >= 100) {
      words.emplace_back(kSmall[value / 100]);
      words.emplace_back("hundred");
      if (value % 100 == 0) return;
    }
    below_hundred(value % 100);
  };
  if (digits.size() > 6 || (digits.size() > 1 && digits[0] == '0')) {
    for (const char digit : digits) words.emplace_back(kSmall[static_cast<unsigned>(digit - '0')]);
    return words;
  }
  unsigned value = 0;
  for (const char digit : digits) value = value * 10 + static_cast<unsigned>(digit - '0');
  const bool year = digits.size() == 4 && value >= 1100 && value < 2100 && value / 100 != 20;
  if (year && value % 100 >= 10) {  // nineteen seventy three
    below_hundred(value / 100);
    below_hundred(value % 100);
  } else if (year && value % 100 == 0 && value % 1000 != 0) {
    below_hundred(value / 100);
    words.emplace_back("hundred");
  } else if (value >= 1000) {
    below_thousand(value / 1000);
    words.emplace_back("thousand");
    if (value % 1000 != 0) below_thousand(value % 1000);
  } else {
    below_thousand(value);
  }
  return words;
}

bool is_function_word(std::string_view word) {
  static const std::set<std::string, std::less<>> kWords = {
      "a",     "an",     "the",     "of",      "to",    "in",   "on",     "at",     "by",
      "for",   "from",   "with",    "and",     "or",    "but",  "nor",    "so",     "as",
      "if",    "than",   "that",    "i",       "me",    "my",   "you",    "your",   "he",
      "him",   "his",    "she",     "her",     "it",    "its",  "we",     "us",     "our",
      "they",  "them",   "their",   "is",      "am",    "are",  "was",    "were",   "be",
      "been",  "do",     "does",    "did",     "has",   "have", "had",    "will",   "can",
      "could", "would",  "should",  "i'm",     "i've",  "i'll", "i'd",    "you're", "it's",
      "he's",  "she's",  "there's", "they're", "we're", "'em",  "'cause", "'til",   "till",
      "into",  "'round", "who",     "which",   "while", "when", "where",  "you'll", "they'll",
      "we'll", "that's", "'neath",  "some",    "these", "o'",   "you've", "we've",  "it'll",
      "there", "then",   "'twas",   "'tis"};
  return kWords.contains(word);
}

}  // namespace brandiron::gen
