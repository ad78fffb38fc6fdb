#include "generator_study/lyric_measures.h"

#include <algorithm>
#include <map>

#include "brandiron/gen/lyric_tools.h"

namespace brandiron::experiments {
namespace {

WordPair ordered(std::string a, std::string b) {
  if (b < a) std::swap(a, b);
  return {std::move(a), std::move(b)};
}

std::string last_word(const std::string& line) {
  const std::vector<std::string> words = gen::comparable_words(line);
  return words.empty() ? "" : words.back();
}

std::set<std::string> verse_lines(const Lyric& lyric) {
  std::set<std::string> lines;
  for (const Lyric::Stanza& stanza : lyric.stanzas) {
    if (stanza.label != "verse") continue;
    for (const std::string& line : stanza.lines) lines.insert(plain_line(line));
  }
  lines.erase("");
  return lines;
}

void note(std::vector<std::string>* examples, const std::string& text) {
  if (examples != nullptr && examples->size() < 5) examples->push_back(text);
}

}  // namespace

Lyric lyric_of(const gen::Score& score) {
  Lyric lyric{score.title, {}};
  std::set<std::vector<std::string>> seen;
  for (std::size_t s = 0; s < score.sections.size(); ++s) {
    Lyric::Stanza stanza{score.sections[s].label, {}, {}};
    for (const gen::Line& line : score.lines) {
      if (line.section != static_cast<int>(s)) continue;
      stanza.lines.push_back(line.text);
      stanza.rhyme_classes.push_back(line.rhyme_class);
    }
    if (!stanza.lines.empty() && seen.insert(stanza.lines).second) lyric.stanzas.push_back(stanza);
  }
  return lyric;
}

Lyric lyric_of(const Poem& poem) {
  Lyric lyric{poem.title, {}};
  for (const auto& stanza : poem.stanzas) lyric.stanzas.push_back({"verse", stanza, {}});
  return lyric;
}

std::vector<WordPair> promised_pairs(const Lyric& lyric) {
  std::vector<WordPair> pairs;
  for (const Lyric::Stanza& stanza : lyric.stanzas) {
    std::map<std::string, std::string> last_of;
    for (std::size_t i = 0; i < stanza.rhyme_classes.size(); ++i) {
      const std::string& rhyme_class = stanza.rhyme_classes[i];
      if (rhyme_class.empty()) continue;
      const std::string word = last_word(stanza.lines[i]);
      const auto before = last_of.find(rhyme_class);
      if (before != last_of.end()) pairs.push_back(ordered(before->second, word));
      last_of[rhyme_class] = word;
    }
  }
  return pairs;
}

bool is_rhyme(const WordPair& pair) {
  if (pair.first.empty() || pair.second.empty()) return false;
  const gen::Rhyme rhyme = gen::rhyme_between(pair.first, pair.second);
  return rhyme == gen::Rhyme::kPerfect || rhyme == gen::Rhyme::kFamily;
}

std::vector<WordPair> found_pairs(const std::vector<std::string>& stanza) {
  if (stanza.size() != 4) return {};
  std::vector<std::string> ends;
  for (const std::string& line : stanza) ends.push_back(last_word(line));
  const auto pair = [&](std::size_t a, std::size_t b) { return ordered(ends[a], ends[b]); };
  std::vector<WordPair> found;
  const auto keep = [&](const WordPair& p) {
    if (is_rhyme(p)) found.push_back(p);
  };
  keep(pair(0, 1));
  keep(pair(2, 3));
  if (!found.empty()) return found;
  keep(pair(0, 2));
  keep(pair(1, 3));
  return found;
}

std::vector<WordPair> commonest_pairs(const std::vector<Poem>& poems, std::size_t n) {
  std::map<WordPair, int> counts;
  for (const Poem& poem : poems) {
    for (const auto& stanza : poem.stanzas) {
      for (const WordPair& pair : found_pairs(stanza)) ++counts[pair];
    }
  }
  std::vector<WordPair> pairs;
  for (const auto& [pair, count] : counts) pairs.push_back(pair);
  std::stable_sort(pairs.begin(), pairs.end(), [&](const WordPair& a, const WordPair& b) {
    return counts.at(a) > counts.at(b);
  });
  if (pairs.size() > n) pairs.resize(n);
  return pairs;
}

std::string plain_line(const std::string& line) {
  std::string plain;
  for (const std::string& word : gen::comparable_words(line)) {
    plain += (plain.empty() ? "" : " ") + word;
  }
  return plain;
}

std::vector<Part> shared_verse_lines(const std::vector<Lyric>& lyrics,
                                     std::vector<std::string>* examples) {
  std::vector<std::set<std::string>> lines;
  std::map<std::string, int> songs_with;
  for (const Lyric& lyric : lyrics) {
    lines.push_back(verse_lines(lyric));
    for (const std::string& line : lines.back()) ++songs_with[line];
  }
  std::vector<Part> parts;
  for (const auto& song : lines) {
    Part part{0, static_cast<double>(song.size())};
    for (const std::string& line : song) part.k += songs_with.at(line) > 1 ? 1 : 0;
    parts.push_back(part);
  }
  std::vector<std::pair<int, std::string>> most;
  for (const auto& [line, n] : songs_with) most.emplace_back(-n, line);
  std::sort(most.begin(), most.end());
  for (const auto& [n, line] : most) {
    if (n < -1) note(examples, line + " (" + std::to_string(-n) + " songs)");
  }
  return parts;
}

Part shared_titles(const std::vector<Lyric>& lyrics, std::vector<std::string>* examples) {
  std::map<std::string, int> count;
  double named = 0;
  for (const Lyric& lyric : lyrics) {
    const std::string title = plain_line(lyric.title);
    if (title.empty()) continue;
    ++count[title];
    named += 1;
  }
  Part part{0, named};
  for (const auto& [title, n] : count) {
    if (n < 2) continue;
    part.k += n;
    note(examples, title + " (" + std::to_string(n) + " songs)");
  }
  return part;
}

Part distinct_pairs(const std::vector<Lyric>& lyrics, std::size_t most_words) {
  std::set<WordPair> different;
  std::size_t words_seen = 0;
  Part part;
  for (const Lyric& lyric : lyrics) {
    std::set<std::string> seen;
    for (const Lyric::Stanza& stanza : lyric.stanzas) {
      for (const std::string& line : stanza.lines) {
        const std::vector<std::string> words = gen::comparable_words(line);
        if (!seen.insert(plain_line(line)).second) continue;
        if (most_words > 0 && words_seen + words.size() > most_words) {
          part.k = static_cast<double>(different.size());
          return part;
        }
        words_seen += words.size();
        for (std::size_t i = 1; i < words.size(); ++i) {
          different.insert({words[i - 1], words[i]});
          part.n += 1;
        }
      }
    }
  }
  part.k = static_cast<double>(different.size());
  return part;
}

std::size_t count_words(const std::vector<Lyric>& lyrics) {
  std::size_t n = 0;
  for (const Lyric& lyric : lyrics) {
    std::set<std::string> seen;
    for (const Lyric::Stanza& stanza : lyric.stanzas) {
      for (const std::string& line : stanza.lines) {
        if (seen.insert(plain_line(line)).second) n += gen::comparable_words(line).size();
      }
    }
  }
  return n;
}

}  // namespace brandiron::experiments
