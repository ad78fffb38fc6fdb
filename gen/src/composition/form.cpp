#include "composition/form.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <span>
#include <sstream>

#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

/// Limits of the sections that the band plays alone, in bars.
struct Elastic {
  int low, usual, high;
};

Elastic elastic_of(const std::string& label) {
  if (label == "intro") return {1, 4, 8};
  if (label == "outro") return {1, 4, 10};
  return {2, 4, 16};  // instrumental
}

bool is_sung(const std::string& label) {
  return label == "verse" || label == "chorus" || label == "bridge";
}

/// Lines of each kind of section: one candidate for the whole song.
struct LineCounts {
  int verse, chorus, bridge;
  double weight;
  int verse_held = 0, chorus_held = 0, bridge_held = 0;  ///< bars of turnaround after the last line
};

/// Weights follow the measured section lengths (McGill Billboard, country): 16 and 8 bars lead for
/// verses, 8, 16 and 9 for choruses, 8 for bridges.
constexpr std::array<LineCounts, 15> kLineCounts = {{{8, 4, 4, 0.55},
                                                     {4, 4, 4, 0.40},
                                                     {8, 8, 4, 1.50},
                                                     {8, 4, 4, 0.35, 0, 0, 1},
                                                     {4, 4, 4, 0.25, 0, 0, 1},
                                                     {4, 8, 4, 0.70},
                                                     {4, 4, 4, 0.35, 0, 1},
                                                     {8, 4, 4, 0.45, 0, 1},
                                                     {4, 4, 4, 0.25, 1, 1},
                                                     {8, 8, 4, 0.50, 1, 0},
                                                     {8, 4, 8, 0.25, 1, 1},
                                                     {4, 2, 4, 0.20},
                                                     {8, 2, 4, 0.10},
                                                     {8, 4, 4, 0.30, 0, 2},
                                                     {8, 4, 8, 0.30}}};
constexpr std::array<LineCounts, 3> kShortLineCounts = {
    {{4, 4, 2, 1.0}, {4, 2, 2, 0.5}, {2, 2, 2, 0.5}}};

/// Intros as measured; the other sections of the band take what is over.
struct Intro {
  int bars;
  double weight;
};
constexpr std::array<Intro, 5> kIntros = {{{4, 23}, {2, 8}, {8, 8}, {5, 3}, {6, 3}}};

struct KnownForm {
  const char* labels;
  double weight;
};

constexpr std::array<KnownForm, 9> kForms = {{
    {"intro verse chorus instrumental verse chorus bridge chorus outro", 1.0},
    {"intro verse chorus verse chorus outro", 0.8},
    {"intro verse chorus verse chorus instrumental chorus outro", 0.9},
    {"intro verse chorus instrumental verse chorus outro", 0.8},
    {"intro verse chorus verse chorus bridge chorus outro", 1.0},
    {"intro verse verse chorus verse chorus outro", 0.6},
    {"intro chorus verse chorus verse chorus outro", 0.35},
    {"intro verse chorus verse chorus instrumental verse chorus outro", 0.6},
    {"intro verse chorus verse chorus bridge instrumental chorus chorus outro", 0.3},
}};

constexpr std::array<KnownForm, 5> kShortForms = {{
    {"chorus outro", 0.3},
    {"intro chorus outro", 0.6},
    {"intro verse chorus outro", 1.0},
    {"intro chorus verse chorus outro", 0.8},
    {"intro verse chorus verse chorus outro", 0.5},
}};

std::vector<PlannedSection> build(const std::vector<std::string>& labels, const LineCounts& counts,
                                  int bars_per_line) {
  std::vector<PlannedSection> sections;
  for (const std::string& label : labels) {
    PlannedSection section{label, 0, 0};
    if (is_sung(label)) {
      section.lines =
          label == "verse" ? counts.verse : (label == "chorus" ? counts.chorus : counts.bridge);
      section.bars = section.lines * bars_per_line;
      if (label == "verse") section.bars += counts.verse_held;
      if (label == "chorus") section.bars += counts.chorus_held;
      if (label == "bridge") section.bars += counts.bridge_held;
    } else {
      section.bars = elastic_of(label).usual;
    }
    sections.push_back(section);
  }
  return sections;
}

/// How far the total can go without touching what is sung.
std::pair<int, int> reach(const std::vector<PlannedSection>& sections) {
  int low = 0, high = 0;
  for (const PlannedSection& s : sections) {
    const Elastic e = s.lines > 0 ? Elastic{s.bars, s.bars, s.bars} : elastic_of(s.label);
    low += e.low;
    high += e.high;
  }
  return {low, high};
}

/// "intro (verse chorus) x n ... outro" for songs longer than the known forms reach.
std::vector<std::string> long_form(int cycles) {
  std::vector<std::string> labels = {"intro"};
  for (int c = 0; c < cycles; ++c) {
    labels.insert(labels.end(), {"verse", "chorus"});
    if (c + 1 < cycles) labels.emplace_back(c % 3 == 2 ? "bridge" : "instrumental");
  }
  labels.insert(labels.end(), {"chorus", "outro"});
  return labels;
}

struct Candidate {
  std::vector<PlannedSection> sections;
  double weight;
};

void add_candidates(std::vector<Candidate>& out, const std::vector<std::string>& labels,
                    double form_weight, std::span<const LineCounts> counts, int bars_per_line,
                    int bars) {
  const bool has_bridge = std::find(labels.begin(), labels.end(), "bridge") != labels.end();
  for (const LineCounts& c : counts) {
    if (!has_bridge && c.bridge != counts.front().bridge) continue;
    if (bars_per_line > 2 && c.verse > 4) continue;  // thirty-two bars are no verse
    std::vector<PlannedSection> sections = build(labels, c, bars_per_line);
    const auto [low, high] = reach(sections);
    if (bars < low || bars > high) continue;
    // Outros and solos of their usual length are likelier than stretched ones.
    const auto offer = [&](double weight) {
      const int slack = bars - total_bars(sections);
      out.push_back({sections, form_weight * c.weight * weight / (1.0 + 0.25 * slack * slack)});
    };
    if (sections.front().label != "intro") {
      offer(1.0);
      continue;
    }
    double all = 0;
    for (const Intro& intro : kIntros) all += intro.weight;
    for (const Intro& intro : kIntros) {
      sections.front().bars = intro.bars;
      offer(intro.weight / all);
    }
  }
}

std::vector<PlannedSection> plan_pinned(const FormRequest& request, int bars, Rng& rng) {
  const std::vector<std::string> labels = parse_form(request.form);
  if (bars == 0) {
    std::array<double, kLineCounts.size()> weights{};
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = kLineCounts[i].weight;
    if (request.bars_per_line > 2) return build(labels, kLineCounts[1], request.bars_per_line);
    return build(labels, kLineCounts[rng.pick(weights)], request.bars_per_line);
  }
  std::vector<Candidate> candidates;
  add_candidates(candidates, labels, 1.0, kLineCounts, request.bars_per_line, bars);
  if (candidates.empty()) {
    add_candidates(candidates, labels, 1.0, kShortLineCounts, request.bars_per_line, bars);
  }
  if (candidates.empty()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("form \"{}\" cannot be made {:.0f} s long at this tempo; drop --form or "
                    "--duration, or add sections",
                    request.form, request.duration_s));
  }
  std::vector<double> weights;
  for (const Candidate& c : candidates) weights.push_back(c.weight);
  return candidates[rng.pick(weights)].sections;
}

}  // namespace

int total_bars(const std::vector<PlannedSection>& sections) {
  int bars = 0;
  for (const PlannedSection& s : sections) bars += s.bars;
  return bars;
}

std::vector<std::string> parse_form(const std::string& form) {
  std::vector<std::string> labels;
  std::istringstream words(form);
  for (std::string word; words >> word;) {
    std::transform(word.begin(), word.end(), word.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    while (!word.empty() && (word.back() == ',' || word.back() == '-')) word.pop_back();
    if (word == "solo" || word == "break" || word == "inst" || word == "interlude") {
      word = "instrumental";
    }
    if (!is_sung(word) && word != "intro" && word != "outro" && word != "instrumental") {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("form: \"{}\" is not a section; expected intro, verse, chorus, bridge, "
                      "instrumental or outro",
                      word));
    }
    labels.push_back(word);
  }
  if (labels.empty() || labels.size() > 64) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("form has {} sections; expected 1 to 64", labels.size()));
  }
  return labels;
}

void stretch_to(std::vector<PlannedSection>& sections, int bars) {
  int missing = bars - total_bars(sections);
  const auto move = [&](PlannedSection& s, int step) {
    if (s.lines > 0 || missing == 0) return false;
    const Elastic e = elastic_of(s.label);
    const int next = s.bars + (missing > 0 ? step : -step);
    if (next < e.low || next > e.high) return false;
    missing -= next - s.bars;
    s.bars = next;
    return true;
  };
  // Once round all sections with one kind of step.
  const auto go_round = [&](bool intros, int step) {
    bool moved = false;
    for (auto s = sections.rbegin(); s != sections.rend(); ++s) {
      if ((s->label == "intro") != intros) continue;
      if (step == 2 && (std::abs(missing) < 2 || s->bars % 2 != 0)) continue;
      moved |= move(*s, step);
    }
    return moved;
  };
  // Round and round, so that no section takes it all. Intros keep their length while the others can
  // give; even lengths come before single bars.
  while (missing != 0) {
    if (!go_round(false, 2) && !go_round(false, 1) && !go_round(true, 2) && !go_round(true, 1)) {
      return;
    }
  }
}

std::vector<PlannedSection> plan_form(const FormRequest& request, const Rng& rng) {
  if (request.duration_s != 0 &&
      !(request.duration_s >= kShortestSong_s && request.duration_s <= kLongestSong_s)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("duration is {} s; expected {} to {} s, or 0 for the form to decide",
                            request.duration_s, kShortestSong_s, kLongestSong_s));
  }
  Rng draw = rng.child("form");
  const bool pinned = !request.form.empty();
  const double duration_s =
      request.duration_s > 0 ? request.duration_s : (pinned ? 0.0 : draw.uniform(140.0, 190.0));
  const int bars = static_cast<int>(std::floor(duration_s / request.bar_s + 0.5));
  std::vector<PlannedSection> sections;
  if (pinned) {
    sections = plan_pinned(request, bars, draw);
    if (bars > 0) stretch_to(sections, bars);
    return sections;
  }
  std::vector<Candidate> candidates;
  for (const KnownForm& form : kForms) {
    add_candidates(candidates, parse_form(form.labels), form.weight, kLineCounts,
                   request.bars_per_line, bars);
  }
  if (candidates.empty() || duration_s < 75) {
    for (const KnownForm& form : kShortForms) {
      add_candidates(candidates, parse_form(form.labels), form.weight, kShortLineCounts,
                     request.bars_per_line, bars);
    }
  }
  for (int cycles = 3; candidates.empty() && cycles < 40; ++cycles) {
    add_candidates(candidates, long_form(cycles), 1.0, kLineCounts, request.bars_per_line, bars);
  }
  if (candidates.empty()) {
    // Too short for a whole couplet: the hook alone, and what is left for the band.
    std::vector<PlannedSection> tiny = {{"chorus", request.bars_per_line, 1}};
    if (bars >= 2 * request.bars_per_line) tiny = {{"chorus", 2 * request.bars_per_line, 2}};
    if (bars - total_bars(tiny) > 1) tiny.insert(tiny.begin(), {"intro", 1, 0});
    if (bars > total_bars(tiny)) tiny.push_back({"outro", 1, 0});
    candidates.push_back({tiny, 1.0});
  }
  std::vector<double> weights;
  for (const Candidate& c : candidates) weights.push_back(c.weight);
  sections = candidates[draw.pick(weights)].sections;
  stretch_to(sections, bars);
  return sections;
}

}  // namespace brandiron::gen
