#include "brandiron/gen/ep.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

constexpr std::uint64_t kTries = 24;  ///< scores drawn for a place at most
constexpr double kApart_bpm = 2;

/// Values for n places: all before any comes twice, neighbours unequal where two are there.
std::vector<std::string> deal(const std::vector<std::string>& values, std::size_t n, Rng rng) {
  std::vector<std::string> dealt;
  while (dealt.size() < n) {
    std::vector<std::uint32_t> order(values.size());
    for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
    rng.shuffle(order);
    if (order.size() > 1 && !dealt.empty() && values[order[0]] == dealt.back()) {
      std::swap(order[0], order[1]);
    }
    for (const std::uint32_t i : order) dealt.push_back(values[i]);
  }
  dealt.resize(n);
  return dealt;
}

void bring(std::vector<std::string>& grooves, std::size_t place,
           const std::vector<std::string>& wanted) {
  const auto is_wanted = [&](const std::string& groove) {
    return std::find(wanted.begin(), wanted.end(), groove) != wanted.end();
  };
  if (is_wanted(grooves[place])) return;
  for (std::size_t i = 0; i < grooves.size(); ++i) {
    if (!is_wanted(grooves[i])) continue;
    std::swap(grooves[i], grooves[place]);
    return;
  }
}

/// Grooves in running order: something to stamp to first, something slow last.
std::vector<std::string> order_grooves(const std::vector<std::string>& styles, std::size_t n,
                                       const Rng& rng) {
  std::vector<std::string> grooves = deal(styles, n, rng);
  bring(grooves, n - 1, {"ballad", "waltz"});
  if (n > 1 && grooves.front() != "stomp" && grooves.front() != "train") {
    // Not the closer: it was just put there.
    std::vector<std::string> others(grooves.begin(), grooves.end() - 1);
    bring(others, 0, {"stomp", "train"});
    std::copy(others.begin(), others.end(), grooves.begin());
  }
  // A swap may have put two of a kind side by side: one more pass over the middle.
  for (std::size_t i = 1; i + 1 < n; ++i) {
    if (grooves[i] != grooves[i - 1]) continue;
    for (std::size_t k = 1; k + 1 < n; ++k) {
      const bool fits = grooves[k] != grooves[i - 1] && grooves[k] != grooves[i + 1] &&
                        grooves[i] != grooves[k - 1] && grooves[i] != grooves[k + 1];
      if (!fits) continue;
      std::swap(grooves[i], grooves[k]);
      break;
    }
  }
  return grooves;
}

std::string form_of(const Score& score) {
  std::string form;
  for (const Section& section : score.sections) {
    form += section.label + std::to_string(section.bars) + " ";
  }
  return form;
}

std::set<std::string> verse_lines(const Score& score) {
  std::set<std::string> lines;
  for (const Line& line : score.lines) {
    if (score.sections[static_cast<std::size_t>(line.section)].label == "verse") {
      lines.insert(line.text);
    }
  }
  return lines;
}

/// What speaks against a song beside those that are there; 0: nothing.
double clash(const Score& score, const std::vector<Score>& others, const SongSpec& base) {
  double sum = 0;
  const std::set<std::string> lines = verse_lines(score);
  for (const Score& other : others) {
    if (score.title == other.title) sum += 100;
    for (const std::string& line : verse_lines(other)) sum += lines.contains(line) ? 20 : 0;
    if (base.tempo_bpm == 0 && std::abs(score.tempo_bpm - other.tempo_bpm) < kApart_bpm) sum += 5;
    if (base.form.empty() && form_of(score) == form_of(other)) sum += 5;
  }
  return sum;
}

void check(const SongSpec& base, int songs) {
  if (songs < 2 || songs > kMostEpSongs) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("an EP of {} songs; expected 2 to {}", songs, kMostEpSongs));
  }
  if (!base.lyrics.empty() || !base.melody.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                std::string(base.lyrics.empty() ? "melody" : "lyrics") +
                    ": pinned for every song of an EP; generate that song alone");
  }
}

}  // namespace

EpPlan plan_ep(const SongSpec& base, const Persona& persona, int songs) {
  check(base, songs);
  const auto n = static_cast<std::size_t>(songs);
  const Rng rng(base.seed, "ep/" + persona.id);
  const StyleParameters& style = persona.style;
  const std::vector<std::string> all_themes = style.themes.empty() ? song_themes() : style.themes;
  const auto keys = deal(style.keys, n, rng.child("keys"));
  const auto themes = deal(all_themes, n, rng.child("themes"));
  const auto grooves = order_grooves(style.grooves, n, rng.child("grooves"));
  EpPlan plan;
  for (std::size_t i = 0; i < n; ++i) {
    SongSpec spec = base;
    spec.title.clear();
    if (spec.key.empty()) spec.key = keys[i];
    if (spec.theme.empty()) spec.theme = themes[i];
    if (spec.groove.empty()) spec.groove = grooves[i];
    double least = 1e9;
    SongSpec best_spec;
    Score best;
    for (std::uint64_t t = 0; t < kTries && least > 0; ++t) {
      Rng draw = rng.child("seed/" + std::to_string(i), t);
      spec.seed = draw.next_u64() >> 1;  // JSON and TOML readers hold 63 bits
      Score score = write_song(spec, persona, Rng(spec.seed, "song").child("score"));
      const double against = clash(score, plan.scores, base);
      if (against >= least) continue;
      least = against;
      best_spec = spec;
      best = std::move(score);
    }
    plan.specs.push_back(std::move(best_spec));
    plan.scores.push_back(std::move(best));
  }
  // Records are named after a song that is not their first.
  const std::size_t title_track = n > 2 ? 1 + rng.child("title").below(songs > 3 ? 2 : 1) : 0;
  plan.title = base.title.empty() ? plan.scores[title_track].title : base.title;
  return plan;
}

}  // namespace brandiron::gen
