#include "corpus_controls/tune_lines.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "corpus_controls/tune_words.h"

namespace brandiron::experiments {
namespace {

constexpr double kNever = 1e9;
constexpr std::size_t kMostNotes = 64;  // of a pinned line
constexpr int kFewestPlaces = 3, kMostPlaces = 18, kMostBars = 8;
// Words that we write have seven to thirteen syllables a line.
constexpr int kUsualPlaces = 8;

int ceil_div(int a, int b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }

/// What cutting costs: found by dynamic programming over all ways.
class Cutter {
 public:
  Cutter(const HumanTune& tune, const GridTune& grid) : grid_(grid) {
    for (const auto& verse : tune.verses) {
      if (has_words(verse)) verses_.push_back(&verse);
    }
    for (const GridNote& note : grid.notes) lengths_.push_back(note.end - note.start);
    std::sort(lengths_.begin(), lengths_.end());
  }

  std::vector<TuneLine> cut() const {
    const std::size_t n = grid_.notes.size();
    // best[i][odd]: notes before i are cut into an odd or even number of lines.
    std::vector<std::array<double, 2>> best(n + 1, {kNever, kNever});
    std::vector<std::array<std::size_t, 2>> from(n + 1, {0, 0});
    best[0][0] = 0;
    for (std::size_t to = 1; to <= n; ++to) {
      const double here = to == n ? 0 : boundary(to);
      if (here >= kNever) continue;
      for (std::size_t at = to > kMostNotes ? to - kMostNotes : 0; at < to; ++at) {
        if (std::min(best[at][0], best[at][1]) >= kNever) continue;
        const double line = cost(at, to);
        for (const std::size_t odd : {0u, 1u}) {
          const double total = best[at][odd] + line + here;
          if (total < best[to][1 - odd]) best[to][1 - odd] = total, from[to][1 - odd] = at;
        }
      }
    }
    std::vector<TuneLine> lines;
    if (best[n][0] >= kNever) return lines;
    for (std::size_t to = n, odd = 0; to > 0; odd = 1 - odd) {
      const std::size_t at = from[to][odd];
      lines.push_back({at, to, 0});
      to = at;
    }
    std::reverse(lines.begin(), lines.end());
    return lines;
  }

 private:
  int places(std::size_t from, std::size_t to) const {
    int places = 0;
    for (std::size_t n = from; n < to; ++n) {
      const bool sung_on = verses_.empty() ? grid_.notes[n].slurred : (*verses_.front())[n] == "_";
      places += sung_on ? 0 : 1;
    }
    return places;
  }

  double cost(std::size_t from, std::size_t to) const {
    const int last = to < grid_.notes.size() ? grid_.notes[to].start : grid_.notes[to - 1].end;
    const double bars = static_cast<double>(last - grid_.notes[from].start) / grid_.units_per_bar();
    const int count = places(from, to);
    if (count < kFewestPlaces || count > kMostPlaces || bars > kMostBars) return kNever;
    const double usual = grid_.beats_per_bar == 3 ? 4 : 2;
    double cost = 2 * std::abs(std::log2(std::max(0.1, bars / usual)));
    if (std::abs(bars - std::round(bars)) > 0.01) cost += 0.8;
    if (verses_.empty()) cost += 0.6 * std::max(0, kUsualPlaces - count);
    return cost;
  }

  double boundary(std::size_t at) const {
    if (verses_.empty() && grid_.notes[at].slurred) return kNever;
    const GridNote& before = grid_.notes[at - 1];
    double cost = 1.5;  // of a breath
    if (2 * (grid_.notes[at].start - before.end) >= grid_.units_per_beat) cost -= 1.5;
    if (before.end - before.start >= 2 * lengths_[lengths_.size() / 2]) cost -= 1.0;
    double cut = 0, capital = 0, phrase = 0;
    for (const auto* verse : verses_) {
      cut += word_begins(*verse, at) ? 0 : 1;
      const std::string& syllable = (*verse)[at];
      capital += !syllable.empty() && syllable[0] >= 'A' && syllable[0] <= 'Z' ? 1 : 0;
      phrase += phrase_ends_before(*verse, at) ? 1 : 0;
    }
    if (verses_.empty()) return cost;
    const auto all = static_cast<double>(verses_.size());
    if (cut == all) return kNever;
    return cost + (6 * cut - 1.2 * phrase - 1.2 * std::floor(capital / all)) / all;
  }

  const GridTune& grid_;
  std::vector<const std::vector<std::string>*> verses_;
  std::vector<int> lengths_;
};

}  // namespace

std::vector<TuneLine> cut_lines(const HumanTune& tune, const GridTune& grid) {
  std::vector<TuneLine> lines = Cutter(tune, grid).cut();
  const int bar = grid.units_per_bar();
  for (std::size_t l = 1; l < lines.size(); ++l) {
    const int end = grid.notes[lines[l - 1].to - 1].end, start = grid.notes[lines[l].from].start;
    // The bar line after the line before; a line that begins in the second half of a bar later on
    // is a pickup to the next.
    int from = ceil_div(end, bar);
    while (2 * (start - from * bar) >= bar) ++from;
    lines[l].start_bar = std::max(from, lines[l - 1].start_bar + 1);
    // Two lines in one bar cannot be written.
    if (start - lines[l].start_bar * bar <= -bar) return {};
  }
  return lines;
}

int end_bar(const GridTune& grid, const TuneLine& first, const TuneLine& last) {
  const int bar = grid.units_per_bar(), end = grid.notes[last.to - 1].end;
  const int pickup = grid.notes[first.from].start - first.start_bar * bar;
  const int after = std::max(last.start_bar + 1, ceil_div(end, bar));
  return after * bar + std::min(0, pickup) < end ? after + 1 : after;
}

}  // namespace brandiron::experiments
