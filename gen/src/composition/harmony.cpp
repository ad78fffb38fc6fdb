#include "composition/harmony.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

struct Cell {
  const char* chords;  ///< bars separated by '|', two chords in a bar by '.'
  double verse, chorus;
};

/// Up to "I|IV|ii|V": counts from McGill Billboard's 56 core country songs (chord_stats.json, key
/// "country", CC0), cells of chromatic mediants left out. After it: the project's own cells, in the
/// genre's idioms (walk-downs, III7-vi, VI7-II7-V, V-IV-I, blues), with weights that bring the
/// measured changes of chords to their shares, which the counted cells alone do not.
constexpr std::array<Cell, 92> kMajorCells = {{
    {"I|I|I|I", 52, 3},
    {"IV|IV|I|I", 34, 2},
    {"I|I|IV|IV", 34, 20},
    {"I|I|V|V", 26, 11},
    {"I|IV|V|I", 25, 6},
    {"I|V|I|I", 22, 4},
    {"V|V|I|I", 19, 11},
    {"I|I|vi|vi", 13, 2},
    {"IV.V|I|IV.V|I", 2, 12},
    {"I|IV.V|I|IV.V", 3, 10},
    {"I|I|I|V.I", 2, 8},
    {"I|I|iii|iii", 1, 7},
    {"vi|vi|I|I", 7, 1},
    {"V.IV|I|V.I|IV", 1, 6},
    {"IV|I|I|I", 6, 2},
    {"ii|V|ii|V", 6, 2},
    {"I.IV|I.IV|I.IV|I.IV", 3, 6},
    {"ii|V|I|I", 5, 5},
    {"IV|IV|IV|I", 5, 5},
    {"I|I|IV|iv", 1, 5},
    {"I|IV|I|IV", 5, 4},
    {"I|bVII|I|I", 2, 1},
    {"IV|I|V|V", 4, 1},
    {"I|I|IV|V", 4, 4},
    {"vi|vi|ii|V", 1, 4},
    {"IV|V|vi|IV", 4, 1},
    {"I|iii|vi|V", 4, 0},
    {"IV|V|I|V", 4, 1},
    {"IV|V|I|I", 1, 4},
    {"IV|V|I|IV", 1, 4},
    {"vi|I|ii|V", 1, 4},
    {"I|ii|I|IV", 4, 0},
    {"I|I|IV|I", 4, 3},
    {"IV.V|I|IV|IV.V", 4, 1},
    {"IV|I|I|V", 4, 1},
    {"I|IV.I|IV|I", 4, 2},
    {"I|IV|I|I", 4, 4},
    {"vi|II|V|V", 1, 4},
    {"V|V|V|I", 4, 3},
    {"I|I|ii|V", 2, 4},
    {"I.V|ii.V|I.V|ii.V", 0, 4},
    {"I|I|I.V|I", 2, 4},
    {"I|IV.I|I|V", 4, 1},
    {"IV|I|I|V.I", 4, 2},
    {"I|IV.V|I|I", 3, 2},
    {"I|IV|ii.V|I", 3, 3},
    {"IV.I|I.IV|I|I", 3, 1},
    {"I|I|I|V", 3, 3},
    {"V|V|I|V", 0, 3},
    {"IV|ii.V|I|I", 1, 2},
    {"I.IV|V.I|I.IV|V.I", 2, 2},
    {"IV|I|II|V", 1, 2},
    {"I|vi|II|V", 2, 1},
    {"ii|ii|V|V", 3, 1},
    {"IV|I|V|I", 3, 4},
    {"IV|IV|V|V", 2, 3},
    {"V|V|IV|V", 1, 5},
    {"V|V|IV|IV", 2, 1},
    {"I|ii.IV.V|I|ii.IV.V", 5, 1},
    {"I|IV|ii|V", 2, 4},
    {"IV|iii|ii|V", 5, 4},
    {"IV|iii|ii|IV", 5, 2},
    {"ii|ii|V.IV|iii.ii", 3, 2},
    {"IV.V|iii|IV.V|vi.IV", 3, 4},
    {"I|iii|IV|V", 3, 2},
    {"iii|iii|IV|V", 3, 4},
    {"V|iii.VI7|ii|V", 4, 4},
    {"iii.VI7|ii.V|I|I", 3, 4},
    {"I|VI7|II7|V", 2, 2},
    {"I|III7|vi|IV", 2, 2},
    {"I|III7|vi|II7", 2, 3},
    {"I|bVII|IV|I", 1, 2},
    {"bVII|IV|I|I", 2, 3},
    {"I|IV|bVII|IV", 3, 4},
    {"IV|iv|I|I", 3, 5},
    {"I|II7|V|V", 3, 3},
    {"I|I|II7|V", 6, 6},
    {"I|II7|IV|I", 1, 1},
    {"I|vi|IV|I", 6, 6},
    {"vi|IV|I|V", 5, 6},
    {"vi|vi|IV|IV", 6, 4},
    {"V|IV|I|I", 22, 20},
    {"V|IV|V|IV", 6, 6},
    {"IV7|IV7|I|I", 6, 4},
    {"I7|IV7|I7|IV7", 6, 5},
    {"IV7|I7|IV7|V7", 5, 4},
    {"I|VI7|IV|V", 1, 1},
    {"V|vi|ii|V", 5, 5},
    {"vi|ii|V|I", 6, 6},
    {"V|vi|IV|I", 4, 5},
    {"ii|I|IV|V", 4, 4},
    {"I|iv|I|II7", 2, 2},
}};

/// The project's own table for songs in minor: riff songs round the tonic with bVII and IV.
constexpr std::array<Cell, 14> kMinorCells = {{
    {"i|i|i|i", 10, 2},
    {"i|i|bVII|i", 5, 2},
    {"i|i|iv|i", 6, 2},
    {"i|bVII|i|i", 4, 2},
    {"i|i|iv|V", 4, 3},
    {"iv|iv|i|i", 5, 3},
    {"bVI|bVII|i|i", 3, 7},
    {"i|bVII|bVI|V", 2, 4},
    {"i|IV|i|i", 4, 1},
    {"bIII|bVII|i|i", 1, 4},
    {"iv|i|V|i", 2, 4},
    {"i|i|V|V", 3, 2},
    {"i.bVII|i|i.bVII|i", 3, 4},
    {"bVI|bVII|i|V", 1, 3},
}};

/// Measured moves (same source); anything not listed counts as 3.
double bigram(const std::string& from, const std::string& to) {
  static const std::map<std::pair<std::string, std::string>, double> kCounts = {
      {{"I", "IV"}, 522},  {{"IV", "I"}, 433},  {{"V", "I"}, 639},  {{"IV", "V"}, 346},
      {{"I", "V"}, 351},   {{"V", "IV"}, 148},  {{"ii", "V"}, 146}, {{"I", "ii"}, 68},
      {{"I", "vi"}, 55},   {{"vi", "IV"}, 46},  {{"IV", "ii"}, 44}, {{"ii", "IV"}, 40},
      {{"V", "ii"}, 46},   {{"I", "II"}, 40},   {{"V", "vi"}, 36},  {{"vi", "ii"}, 27},
      {{"ii", "I"}, 25},   {{"vi", "I"}, 20},   {{"I", "iii"}, 18}, {{"vi", "V"}, 17},
      {{"I", "bVII"}, 10}, {{"bVII", "I"}, 10}, {{"IV", "vi"}, 3},
  };
  if (from == to) return from == "I" ? 300 : 60;
  const auto found = kCounts.find({from, to});
  return found == kCounts.end() ? 3 : found->second;
}

using Bars = std::vector<std::vector<std::string>>;

Bars parse_cell(const char* text) {
  Bars bars(1);
  std::string name;
  for (const char* c = text;; ++c) {
    if (*c == '|' || *c == '.' || *c == '\0') {
      bars.back().push_back(name);
      name.clear();
      if (*c == '\0') return bars;
      if (*c == '|') bars.emplace_back();
    } else {
      name += *c;
    }
  }
}

bool ends_home(const Bars& bars) {
  const std::string& last = bars.back().back();
  return last == "I" || last == "i";
}

bool ends_open(const Bars& bars) { return bars.back().back() == "V"; }

double cadence_factor(const Bars& bars, Cadence cadence) {
  if (cadence == Cadence::kHome) return ends_home(bars) ? 1.0 : 0.0;
  if (cadence == Cadence::kOpen) return ends_open(bars) ? 1.0 : (ends_home(bars) ? 0.35 : 0.05);
  return 1.0;
}

Bars draw_cell(std::span<const Cell> table, bool chorus, bool opening, const std::string& before,
               Cadence cadence, bool moves, bool minor, Sampler& sampler) {
  std::vector<double> weights;
  std::vector<Bars> cells;
  for (const Cell& cell : table) {
    Bars bars = parse_cell(cell.chords);
    const std::string& first = bars.front().front();
    double weight =
        chorus ? 0.3 * cell.verse + 0.7 * cell.chorus : 0.75 * cell.verse + 0.25 * cell.chorus;
    if (opening && first != "I" && first != "i") weight *= chorus ? 0.35 : 0.05;
    if (!before.empty()) weight *= bigram(before, first) / 100.0;
    // A final cell that never leaves the tonic is no cadence.
    const bool still = std::string(cell.chords).find_first_not_of("Ii|") == std::string::npos;
    if (moves && still) weight = 0;
    // The cells left out of the table held most of the minor chords: make up for them.
    if (std::string_view(cell.chords).find_first_of("iv") != std::string_view::npos && !minor) {
      weight *= 1.6;
    }
    weight *= cadence_factor(bars, cadence);
    cells.push_back(std::move(bars));
    weights.push_back(weight);
  }
  return cells[sampler.pick(Draw::kChord, weights)];
}

/// Sevenths where the style puts them: V7 before I, II7 before V, and the tonic that has stood for
/// more than one bar leaning to IV in its last.
std::string coloured(const std::string& before, const std::string& chord, const std::string& next,
                     Sampler& sampler) {
  if (chord == "V" && next == "I") return sampler.chance(Draw::kChord, 0.42) ? "V7" : chord;
  if (chord == "V") return sampler.chance(Draw::kChord, 0.25) ? "V7" : chord;
  if (chord == "I" && before == "I" && next == "IV")
    return sampler.chance(Draw::kChord, 0.55) ? "I7" : chord;
  if (chord == "IV" && next == "I") return sampler.chance(Draw::kChord, 0.06) ? "IV7" : chord;
  if (chord == "II") return sampler.chance(Draw::kChord, 0.65) ? "II7" : chord;
  return chord;
}

}  // namespace

DegreeChord parse_roman(const std::string& roman) {
  static const std::map<std::string, std::pair<int, const char*>> kDegrees = {
      {"I", {0, "maj"}},    {"i", {0, "min"}},   {"I7", {0, "7"}},     {"II", {2, "maj"}},
      {"II7", {2, "7"}},    {"ii", {2, "min"}},  {"III7", {4, "7"}},   {"VI7", {9, "7"}},
      {"bIII", {3, "maj"}}, {"iii", {4, "min"}}, {"IV", {5, "maj"}},   {"IV7", {5, "7"}},
      {"iv", {5, "min"}},   {"V", {7, "maj"}},   {"V7", {7, "7"}},     {"v", {7, "min"}},
      {"bVI", {8, "maj"}},  {"vi", {9, "min"}},  {"bVII", {10, "maj"}}};
  const auto found = kDegrees.find(roman);
  if (found == kDegrees.end()) {
    throw Error(ErrorCode::kInternal,
                fmt::format("chord numeral \"{}\" is not in the table", roman));
  }
  return {8, found->second.first, found->second.second};
}

std::vector<int> chord_intervals(const std::string& quality) {
  if (quality == "min") return {0, 3, 7};
  if (quality == "7") return {0, 4, 7, 10};
  if (quality == "min7") return {0, 3, 7, 10};
  if (quality == "maj7") return {0, 4, 7, 11};
  if (quality == "sus4") return {0, 5, 7};
  if (quality == "dim") return {0, 3, 6};
  return {0, 4, 7};
}

std::vector<DegreeChord> write_harmony(const std::string& label, int bars, Cadence cadence,
                                       bool minor, Sampler& sampler) {
  const bool chorus = label == "chorus" || label == "bridge";
  const std::span<const Cell> table =
      minor ? std::span<const Cell>(kMinorCells) : std::span<const Cell>(kMajorCells);
  // One or two bars over are a held turnaround: the last chord simply stays.
  const int held = bars > 4 && bars % 4 <= 2 ? bars % 4 : 0;
  bars -= held;
  const int num_cells = (bars + 3) / 4;
  std::vector<Bars> cells;
  for (int c = 0; c < num_cells; ++c) {
    const bool last = c + 1 == num_cells;
    // A period: the third cell of four is the first one again.
    if (num_cells == 4 && c == 2) {
      cells.push_back(cells.front());
      continue;
    }
    const Cadence want =
        last ? cadence : (num_cells == 4 && c == 1 ? Cadence::kOpen : Cadence::kAny);
    const std::string before = cells.empty() ? "" : cells.back().back().back();
    cells.push_back(draw_cell(table, chorus, c == 0 && label != "bridge", before, want,
                              last && (chorus || label == "verse"), minor, sampler));
  }
  Bars all;
  for (const Bars& cell : cells) all.insert(all.end(), cell.begin(), cell.end());
  // A length that is no multiple of four keeps the end, where the cadence is.
  if (static_cast<int>(all.size()) > bars) {
    all.erase(all.begin(), all.end() - bars);
    const std::string& first = all.front().front();
    if (label != "bridge" && first != "I" && first != "i") all.front() = {minor ? "i" : "I"};
  }
  std::vector<std::pair<std::string, int>> flat;
  for (const auto& bar : all) {
    for (std::size_t c = 0; c < bar.size(); ++c) {  // three chords: a half bar and two quarters
      const int eighths = bar.size() == 3 ? (c == 0 ? 4 : 2) : 8 / static_cast<int>(bar.size());
      flat.emplace_back(bar[c], eighths);
    }
  }
  std::vector<DegreeChord> chords;
  for (std::size_t i = 0; i < flat.size(); ++i) {
    const std::string next = i + 1 < flat.size() ? flat[i + 1].first : flat.front().first;
    const std::string before = i > 0 ? flat[i - 1].first : "";
    DegreeChord chord = parse_roman(coloured(before, flat[i].first, next, sampler));
    chord.bars_eighths = flat[i].second;
    const bool same = !chords.empty() && chords.back().degree_pc == chord.degree_pc &&
                      chords.back().quality == chord.quality;
    if (same) {
      chords.back().bars_eighths += chord.bars_eighths;
    } else {
      chords.push_back(chord);
    }
  }
  chords.back().bars_eighths += 8 * held;
  return chords;
}

}  // namespace brandiron::gen
