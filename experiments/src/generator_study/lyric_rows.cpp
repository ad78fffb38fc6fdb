#include <algorithm>
#include <set>

#include "brandiron/gen/lyric_tools.h"
#include "generator_study/copying.h"
#include "generator_study/lyric_measures.h"
#include "generator_study/rows.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kCliches = 50;
constexpr std::size_t kCopiedWords = 6;
constexpr int kShortLine = 7, kLongLine = 12, kLongestShown = 18;
constexpr const char* kNoBooks = "no books (lyrics/*.txt) given";

void remember(GeneratorRow& row, const std::string& text) {
  if (row.offenders.size() < 5) row.offenders.push_back(text);
}

std::vector<WordPair> pairs_of(const Poem& poem) {
  std::vector<WordPair> pairs;
  for (const auto& stanza : poem.stanzas) {
    for (WordPair& pair : found_pairs(stanza)) pairs.push_back(std::move(pair));
  }
  return pairs;
}

GeneratorRow rhyme_row(const std::vector<Lyric>& songs, const std::vector<Poem>& poems) {
  GeneratorRow row{"lyrics.rhymes-kept", "lyrics", "promised rhymes kept (perfect or family)",
                   "pairs", true};
  row.least = 0.97;
  std::vector<Part> parts;
  for (const Lyric& song : songs) {
    Part part;
    for (const WordPair& pair : promised_pairs(song)) {
      part.n += 1;
      if (is_rhyme(pair)) {
        part.k += 1;
      } else {
        remember(row, pair.first + " / " + pair.second + " in \"" + song.title + "\"");
      }
    }
    parts.push_back(part);
  }
  row.ours = ratio_figure(parts);
  if (poems.empty()) return row;
  std::vector<Part> human;
  for (const Poem& poem : poems) {
    Part part;
    for (const auto& stanza : poem.stanzas) {
      if (stanza.size() != 4) continue;
      part.n += 1;
      part.k += found_pairs(stanza).empty() ? 0 : 1;
    }
    human.push_back(part);
  }
  row.human = ratio_figure(human);
  row.remark = "human: stanzas of four lines in which any lines rhyme";
  return row;
}

GeneratorRow cliche_row(const std::vector<Lyric>& songs, const std::vector<Poem>& poems) {
  GeneratorRow row{"lyrics.cliches", "lyrics", "rhyme pairs among the 50 commonest of the books",
                   "pairs", true};
  row.most = 0.25;
  if (poems.empty()) {
    row.remark = kNoBooks;
    return row;
  }
  const std::vector<WordPair> list = commonest_pairs(poems, kCliches);
  const std::set<WordPair> cliches(list.begin(), list.end());
  const auto count = [&](const std::vector<WordPair>& pairs) {
    Part part;
    for (const WordPair& pair : pairs) {
      if (!is_rhyme(pair)) continue;
      part.n += 1;
      part.k += cliches.contains(pair) ? 1 : 0;
    }
    return part;
  };
  std::vector<Part> ours, human;
  for (const Lyric& song : songs) ours.push_back(count(promised_pairs(song)));
  for (const Poem& poem : poems) human.push_back(count(pairs_of(poem)));
  row.ours = ratio_figure(ours);
  row.human = ratio_figure(human);
  return row;
}

/// Lines of our songs that share `words` consecutive words with a book.
GeneratorRow copied_row(const std::vector<Lyric>& songs, const std::vector<Poem>& poems,
                        std::size_t words, bool target) {
  GeneratorRow row{"lyrics.copied-" + std::to_string(words), "lyrics",
                   "lines that share " + std::to_string(words) + " consecutive words with a book",
                   "lines", true};
  if (target) row.most = 0;
  if (poems.empty()) {
    row.remark = kNoBooks;
    return row;
  }
  const PhraseIndex index(poems, words);
  std::vector<Part> parts, human;
  for (const Lyric& song : songs) {
    Part part;
    for (const Lyric::Stanza& stanza : song.stanzas) {
      for (const std::string& line : stanza.lines) {
        part.n += 1;
        const std::string shared = index.shared_phrase(gen::comparable_words(line));
        if (shared.empty()) continue;
        part.k += 1;
        remember(row, shared);
      }
    }
    parts.push_back(part);
  }
  for (const Poem& poem : poems) {
    Part part;
    for (const auto& stanza : poem.stanzas) {
      for (const std::string& line : stanza) {
        part.n += 1;
        part.k += index.shared_phrase(gen::comparable_words(line), poem.book).empty() ? 0 : 1;
      }
    }
    human.push_back(part);
  }
  row.ours = ratio_figure(parts);
  row.human = ratio_figure(human);
  row.remark = "human: each book against the others";
  return row;
}

GeneratorRow blocked_row(const std::vector<Lyric>& songs) {
  GeneratorRow row{"lyrics.blocked", "lyrics", "songs with a phrase of the blocklist", "songs",
                   true};
  row.most = 0;
  double k = 0;
  for (const Lyric& song : songs) {
    std::vector<std::string> found = gen::blocked_phrases_in(song.title);
    for (const Lyric::Stanza& stanza : song.stanzas) {
      for (const std::string& line : stanza.lines) {
        for (std::string& phrase : gen::blocked_phrases_in(line)) found.push_back(phrase);
      }
    }
    if (found.empty()) continue;
    k += 1;
    remember(row, found.front() + " in \"" + song.title + "\"");
  }
  row.ours = share_figure(k, static_cast<double>(songs.size()));
  return row;
}

void add_sameness(const std::vector<Lyric>& songs, const std::vector<Lyric>& poems,
                  GeneratorSummary& summary) {
  GeneratorRow titles{"sameness.titles", "sameness", "songs that share a title with another",
                      "songs", true};
  titles.most = 0.02;
  GeneratorRow lines{"sameness.verse-lines", "sameness",
                     "verse lines that another song's verses hold too", "lines", true};
  lines.most = 0.05;
  GeneratorRow distinct{"sameness.distinct-2", "sameness",
                        "different word pairs of all word pairs (distinct-2)", "word pairs", true};
  Part part = shared_titles(songs, &titles.offenders);
  titles.ours = share_figure(part.k, part.n);
  lines.ours = ratio_figure(shared_verse_lines(songs, &lines.offenders));
  std::size_t words = count_words(songs);
  if (!poems.empty()) {
    part = shared_titles(poems);
    titles.human = share_figure(part.k, part.n);
    lines.human = ratio_figure(shared_verse_lines(poems));
    titles.remark = lines.remark = "human: poems of the books";
    // The share falls with length: both sides stop at the shorter one's.
    words = std::min(words, count_words(poems));
    part = distinct_pairs(poems, words);
    distinct.human = share_figure(part.k, part.n);
    distinct.remark = "both over the first " + std::to_string(words) + " words";
  }
  part = distinct_pairs(songs, words);
  distinct.ours = share_figure(part.k, part.n);
  summary.rows.push_back(titles);
  summary.rows.push_back(lines);
  summary.rows.push_back(distinct);
}

/// Syllables of each line: of a stanza once.
std::vector<std::vector<int>> line_lengths(const std::vector<Lyric>& lyrics) {
  std::vector<std::vector<int>> lengths;
  for (const Lyric& lyric : lyrics) {
    lengths.emplace_back();
    for (const Lyric::Stanza& stanza : lyric.stanzas) {
      for (const std::string& line : stanza.lines) {
        lengths.back().push_back(gen::sung_syllables(line));
      }
    }
  }
  return lengths;
}

std::vector<Part> in_style(const std::vector<std::vector<int>>& lengths) {
  std::vector<Part> parts;
  for (const auto& song : lengths) {
    Part part{0, static_cast<double>(song.size())};
    for (const int n : song) part.k += n >= kShortLine && n <= kLongLine ? 1 : 0;
    parts.push_back(part);
  }
  return parts;
}

std::vector<double> histogram(const std::vector<std::vector<int>>& lengths) {
  std::vector<double> counts(kLongestShown + 1);
  for (const auto& song : lengths) {
    for (const int n : song) counts[static_cast<std::size_t>(std::min(n, kLongestShown))] += 1;
  }
  return as_shares(counts);
}

void add_line_length(const std::vector<Lyric>& songs, const std::vector<Lyric>& poems,
                     GeneratorSummary& summary) {
  GeneratorRow row{"style.line-length", "style", "lines of 7 to 12 syllables", "lines", true};
  row.least = 0.95;
  const auto ours = line_lengths(songs);
  row.ours = ratio_figure(in_style(ours));
  GeneratorCurve curve{"line-length", "Syllables of a line", "syllables", {}, histogram(ours), {}};
  for (int n = 0; n <= kLongestShown; ++n) curve.x.push_back(n);
  if (!poems.empty()) {
    const auto human = line_lengths(poems);
    row.human = ratio_figure(in_style(human));
    curve.human = histogram(human);
  }
  summary.rows.push_back(row);
  summary.curves.push_back(curve);
}

}  // namespace

void add_lyric_rows(const StudyMaterial& material, GeneratorSummary& summary) {
  std::vector<Lyric> songs, poems;
  for (const gen::Score& score : material.scores) songs.push_back(lyric_of(score));
  for (const Poem& poem : material.poems) poems.push_back(lyric_of(poem));
  summary.rows.push_back(rhyme_row(songs, material.poems));
  summary.rows.push_back(cliche_row(songs, material.poems));
  summary.rows.push_back(copied_row(songs, material.poems, kCopiedWords, true));
  summary.rows.push_back(copied_row(songs, material.poems, kCopiedWords - 1, false));
  summary.rows.push_back(blocked_row(songs));
  add_sameness(songs, poems, summary);
  add_line_length(songs, poems, summary);
}

}  // namespace brandiron::experiments
