#include "composition/phones.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>

namespace brandiron::gen {
namespace {

std::string without_stress(const std::string& phone) {
  return is_vowel(phone) ? phone.substr(0, phone.size() - 1) : phone;
}

bool is_legal_onset(const Phones& phones, std::size_t from, std::size_t to) {
  static const std::set<std::string, std::less<>> kClusters = {
      "B L", "B R",   "B Y",   "D R",   "D W",   "D Y",   "F L",   "F R",   "F Y",  "G L", "G R",
      "G W", "HH Y",  "K L",   "K R",   "K W",   "K Y",   "M Y",   "P L",   "P R",  "P Y", "S F",
      "S K", "S L",   "S M",   "S N",   "S P",   "S T",   "S W",   "SH R",  "T R",  "T W", "TH R",
      "V Y", "S K R", "S K W", "S K Y", "S P L", "S P R", "S T R", "S P Y", "TH W", "HH W"};
  if (to - from == 0) return true;
  if (to - from == 1) return phones[from] != "NG" && phones[from] != "ZH";
  std::string cluster;
  for (std::size_t i = from; i < to; ++i) cluster += (i > from ? " " : "") + phones[i];
  return kClusters.contains(cluster);
}

std::string family_of(const std::string& phone) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kFamily = {{
      {"P", "t"},  {"T", "t"},  {"K", "t"},  {"B", "d"},  {"D", "d"},  {"G", "d"},  {"M", "n"},
      {"N", "n"},  {"NG", "n"}, {"F", "s"},  {"TH", "s"}, {"S", "s"},  {"SH", "s"}, {"V", "z"},
      {"DH", "z"}, {"Z", "z"},  {"ZH", "z"}, {"CH", "s"}, {"JH", "z"},
  }};
  for (const auto& [name, family] : kFamily) {
    if (phone == name) return std::string(family);
  }
  return phone;
}

/// Index of the vowel that begins the rhyme part.
std::size_t rhyme_vowel(const Phones& phones) {
  std::size_t last = phones.size(), last_stressed = phones.size();
  for (std::size_t i = 0; i < phones.size(); ++i) {
    if (!is_vowel(phones[i])) continue;
    last = i;
    if (stress_of(phones[i]) > 0) last_stressed = i;
  }
  return last_stressed < phones.size() ? last_stressed : last;
}

bool is_vowel_letter(char c) {
  return std::string_view("aeiouyAEIOUY").find(c) != std::string_view::npos;
}

/// Letter groups that are one vowel sound in most words: [begin, end) of each.
std::vector<std::pair<std::size_t, std::size_t>> vowel_groups(const std::string& word) {
  std::vector<std::pair<std::size_t, std::size_t>> groups;
  for (std::size_t i = 0; i < word.size();) {
    const bool consonant_y =
        (word[i] == 'y' || word[i] == 'Y') && i + 1 < word.size() && is_vowel_letter(word[i + 1]);
    const bool qu = (word[i] == 'u') && i > 0 && (word[i - 1] == 'q' || word[i - 1] == 'Q');
    if (!is_vowel_letter(word[i]) || consonant_y || qu) {
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < word.size() && is_vowel_letter(word[end])) ++end;
    groups.emplace_back(i, end);
    i = end;
  }
  return groups;
}

/// Last letter before an ending that adds no vowel sound: "'s", "s".
std::size_t stem_length(const std::string& word) {
  std::size_t n = word.size();
  if (n >= 2 && word[n - 2] == '\'') return n - 2;
  if (n >= 2 && word[n - 1] == '\'') return n - 1;
  return n;
}

bool is_digraph(char a, char b) {
  static constexpr std::array<std::string_view, 9> kPairs = {"th", "sh", "ch", "ph", "wh",
                                                             "ck", "gh", "rh", "qu"};
  const std::array<char, 2> pair = {static_cast<char>(std::tolower(static_cast<unsigned char>(a))),
                                    static_cast<char>(std::tolower(static_cast<unsigned char>(b)))};
  return std::find(kPairs.begin(), kPairs.end(), std::string_view(pair.data(), 2)) != kPairs.end();
}

bool is_liquid_cluster(char a, char b) {
  return std::string_view("bcdfgpt").find(a) != std::string_view::npos && (b == 'r' || b == 'l') &&
         !(b == 'l' && (a == 'd' || a == 't'));
}

/// Where the spelling between two vowel groups breaks.
std::size_t break_between(const std::string& word, std::size_t from, std::size_t to) {
  const std::size_t gap = to - from;
  if (gap <= 1) return from;
  if (gap == 2) {
    const bool keep =
        is_digraph(word[from], word[from + 1]) || is_liquid_cluster(word[from], word[from + 1]);
    const bool after = keep && word[from] == 'c' && word[from + 1] == 'k';
    return after ? to : (keep ? from : from + 1);
  }
  if (is_digraph(word[to - 2], word[to - 1]) || is_liquid_cluster(word[to - 2], word[to - 1])) {
    return to - 2;
  }
  return from + gap / 2;
}

/// Of UTF-8: such a byte is not the first of its letter.
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

}  // namespace

bool is_vowel(const std::string& phone) {
  return phone.size() >= 3 && phone.back() >= '0' && phone.back() <= '2';
}

int stress_of(const std::string& phone) { return is_vowel(phone) ? phone.back() - '0' : 0; }

int count_vowels(const Phones& phones) {
  return static_cast<int>(std::count_if(phones.begin(), phones.end(), is_vowel));
}

std::vector<Phones> syllabify(const Phones& phones) {
  std::vector<std::size_t> vowels;
  for (std::size_t i = 0; i < phones.size(); ++i) {
    if (is_vowel(phones[i])) vowels.push_back(i);
  }
  if (vowels.empty()) return {phones};
  std::vector<Phones> parts;
  std::size_t start = 0;
  for (std::size_t v = 0; v < vowels.size(); ++v) {
    std::size_t end = phones.size();
    if (v + 1 < vowels.size()) {
      end = vowels[v] + 1;
      while (end < vowels[v + 1] && !is_legal_onset(phones, end, vowels[v + 1])) ++end;
    }
    parts.emplace_back(phones.begin() + static_cast<std::ptrdiff_t>(start),
                       phones.begin() + static_cast<std::ptrdiff_t>(end));
    start = end;
  }
  return parts;
}

std::string rhyme_key(const Phones& phones, bool family) {
  std::string key;
  for (std::size_t i = rhyme_vowel(phones); i < phones.size(); ++i) {
    if (!key.empty()) key += ' ';
    key += is_vowel(phones[i]) ? without_stress(phones[i])
                               : (family ? family_of(phones[i]) : phones[i]);
  }
  return key;
}

std::string rhyme_onset(const Phones& phones) {
  std::string onset;
  std::size_t at = rhyme_vowel(phones);
  while (at > 0 && at <= phones.size() && !is_vowel(phones[at - 1])) onset += phones[--at] + " ";
  return onset;
}

std::vector<std::string> split_spelling(const std::string& word, int n) {
  if (n <= 1 || word.size() < 2) return {word};
  // A hyphen is a break that the writer made.
  const std::size_t hyphen = word.find('-');
  if (hyphen != std::string::npos && hyphen > 0 && hyphen + 1 < word.size()) {
    const auto groups_before = vowel_groups(word.substr(0, hyphen)).size();
    const int left = std::clamp(static_cast<int>(groups_before), 1, n - 1);
    auto parts = split_spelling(word.substr(0, hyphen + 1), left);
    for (auto& part : split_spelling(word.substr(hyphen + 1), n - left)) parts.push_back(part);
    if (static_cast<int>(parts.size()) == n) return parts;
  }
  auto groups = vowel_groups(word);
  const std::size_t stem = stem_length(word);
  const auto silent = [&](const std::pair<std::size_t, std::size_t>& group) {
    const bool final_e = group.second == stem && group.first + 1 == stem &&
                         (word[group.first] == 'e') && groups.size() > 1;
    const bool ed = group.first + 2 == stem && word[group.first] == 'e' &&
                    (word[stem - 1] == 'd' || word[stem - 1] == 's');
    return final_e || ed;
  };
  while (static_cast<int>(groups.size()) > n && groups.size() > 1 && silent(groups.back())) {
    groups.pop_back();
  }
  // Too many: drop short inner groups ("every"); too few: open diphthongs ("ria", "ios").
  while (static_cast<int>(groups.size()) > n) groups.erase(groups.begin() + 1);
  for (std::size_t g = 0; static_cast<int>(groups.size()) < n && g < groups.size(); ++g) {
    if (groups[g].second - groups[g].first >= 2) {
      const std::size_t middle = groups[g].first + 1;
      const std::size_t end = groups[g].second;
      groups[g].second = middle;
      groups.insert(groups.begin() + static_cast<std::ptrdiff_t>(g) + 1, {middle, end});
    }
  }
  std::vector<std::string> parts;
  std::size_t start = 0;
  for (std::size_t g = 0; g + 1 < groups.size(); ++g) {
    std::size_t at =
        std::max(start + 1, break_between(word, groups[g].second, groups[g + 1].first));
    while (at < word.size() && continues_character(word[at])) ++at;
    if (at >= word.size()) break;
    parts.push_back(word.substr(start, at - start));
    start = at;
  }
  parts.push_back(word.substr(start));
  // Whatever is still missing ("rhythm", "fire") is cut from the longest part.
  while (static_cast<int>(parts.size()) < n) {
    auto longest = std::max_element(parts.begin(), parts.end(), [](const auto& a, const auto& b) {
      return a.size() < b.size();
    });
    std::size_t half = longest->size() - longest->size() / 2;
    while (half > 0 && continues_character((*longest)[half])) --half;
    if (half == 0 || half == longest->size()) {
      parts.push_back("");
      continue;
    }
    std::string tail = longest->substr(half);
    longest->resize(half);
    parts.insert(longest + 1, std::move(tail));
  }
  return parts;
}

}  // namespace brandiron::gen
