#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <string>

#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {
namespace {

/// "mm:ss.xx" of LRC, rounded to the hundredth.
std::string lrc_time(double seconds) {
  const auto hundredths = static_cast<long>(std::floor(seconds * 100 + 0.5));
  return fmt::format("{:02}:{:02}.{:02}", hundredths / 6000, hundredths / 100 % 60,
                     hundredths % 100);
}

/// Start and end of each word, in seconds.
struct Span {
  double start = -1, end = 0;
};

std::vector<Span> word_spans(const Score& score,
                             const std::vector<std::pair<double, double>>& sung_s) {
  std::vector<Span> spans(score.words.size());
  if (sung_s.size() == spans.size()) {
    for (std::size_t i = 0; i < spans.size(); ++i) spans[i] = {sung_s[i].first, sung_s[i].second};
    return spans;
  }
  for (const VocalNote& note : score.vocal) {
    const int word = score.syllables[static_cast<std::size_t>(note.syllable)].word;
    Span& span = spans[static_cast<std::size_t>(word)];
    if (span.start < 0) span.start = score.time_s(note.start_beat);
    span.end = score.time_s(note.start_beat + note.duration_beats);
  }
  return spans;
}

std::string heading(const std::string& label) {
  std::string text = label;
  if (!text.empty()) {
    text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  }
  return text;
}

}  // namespace

std::string score_to_lrc(const Score& score,
                         const std::vector<std::pair<double, double>>& word_times_s) {
  const std::vector<Span> spans = word_spans(score, word_times_s);
  std::string out =
      fmt::format("[ti:{}]\n[ar:synthetic]\n[re:Brandiron]\n[length:{}]\n", score.title,
                  lrc_time(score.time_s(score.num_beats())).substr(0, 5));
  for (const Line& line : score.lines) {
    double end = 0;
    std::string text;
    for (int w = line.first_word; w < line.first_word + line.num_words; ++w) {
      const Span& span = spans[static_cast<std::size_t>(w)];
      text += fmt::format("{}<{}> {}", w == line.first_word ? "" : " ", lrc_time(span.start),
                          score.words[static_cast<std::size_t>(w)].text);
      end = span.end;
    }
    const double start = spans[static_cast<std::size_t>(line.first_word)].start;
    out += fmt::format("[{}] {} <{}>\n", lrc_time(start), text, lrc_time(end));
  }
  return out;
}

std::string score_to_lyrics(const Score& score) {
  std::string out = score.title + "\n";
  std::map<std::string, int> count;
  for (const Section& section : score.sections) ++count[section.label];
  std::map<std::string, int> seen;
  std::size_t line = 0;
  for (std::size_t s = 0; s < score.sections.size(); ++s) {
    const std::string& label = score.sections[s].label;
    const bool numbered = label == "verse" && count[label] > 1;
    out += "\n[" + heading(label) + (numbered ? fmt::format(" {}", ++seen[label]) : "") + "]\n";
    while (line < score.lines.size() && score.lines[line].section == static_cast<int>(s)) {
      out += score.lines[line++].text + "\n";
    }
  }
  return out;
}

}  // namespace brandiron::gen
