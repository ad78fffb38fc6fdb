// What bands do in whole songs: drops, builds, stops and shouts, over fifty seeds and all personas.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "brandiron/gen/songwriter.h"
#include "gen/src/band/playing.h"

namespace brandiron::gen {
namespace {

using band::Chart;
using band::PatternRow;
using band::SectionGroove;

constexpr std::array<PatternRow SectionGroove::*, 8> kRhythm{
    &SectionGroove::guitar,     &SectionGroove::guitar_double, &SectionGroove::bass,
    &SectionGroove::stomp,      &SectionGroove::kick,          &SectionGroove::clap,
    &SectionGroove::tambourine, &SectionGroove::brush};
constexpr std::array<PatternRow SectionGroove::*, 3> kHandsAndFeet{
    &SectionGroove::stomp, &SectionGroove::kick, &SectionGroove::clap};

/// Strokes that a pattern asks for, and the step of the last one.
int strokes(const std::string& pattern) {
  return static_cast<int>(
      std::count_if(pattern.begin(), pattern.end(), [](char c) { return c != '.' && c != '-'; }));
}
bool silences(const std::string& pattern, std::size_t from) {
  return pattern.find_first_not_of(".-", from) == std::string::npos;
}

struct Bar {
  int players = 0;
  int beats = 0;       ///< of hands and feet
  bool stops = false;  ///< struck in its first third, silent from there on
  bool last_in_section = false;
};

Bar read_bar(const Chart& chart, int index) {
  Bar bar;
  const auto third = static_cast<std::size_t>((chart.steps_per_bar() + 2) / 3);
  bool quiet = true, struck = false, damped = true;
  for (const auto row : kRhythm) {
    const std::string pattern = chart.pattern(index, row);
    bar.players += strokes(pattern) > 0;
    struck = struck || strokes(pattern.substr(0, third)) > 0;
    quiet = quiet && silences(pattern, std::min(third, pattern.size()));
    const bool rings = row == &SectionGroove::guitar || row == &SectionGroove::bass;
    if (rings && strokes(pattern) > 0) damped = damped && pattern.find('-') != std::string::npos;
  }
  for (const auto row : kHandsAndFeet) bar.beats += strokes(chart.pattern(index, row));
  bar.stops = struck && quiet && damped;
  bar.last_in_section = chart.bars[static_cast<std::size_t>(index)].last_in_section;
  return bar;
}

struct Arrangement {
  bool drop = false, build = false, stop = false;
};

Arrangement arrange(const Chart& chart) {
  std::vector<Bar> bars;
  for (int b = 0; b + 1 < static_cast<int>(chart.bars.size()); ++b) {
    bars.push_back(read_bar(chart, b));
  }
  Arrangement found;
  for (std::size_t b = 2; b + 2 < bars.size(); ++b) {
    const int before = std::max(bars[b - 1].players, bars[b - 2].players);
    found.drop |= before >= 4 && std::max(bars[b].players, bars[b + 1].players) <= 2;
    if (!bars[b].last_in_section) continue;
    found.build |= bars[b].beats >= 4 && bars[b].beats >= 2 * std::max(1, bars[b - 1].beats);
    found.stop |= bars[b].stops;
  }
  return found;
}

TEST(Arrangement, HasDropsBuildsAndStopsInManyOfFiftySongs) {
  const std::vector<std::string> personas = list_personas();
  constexpr int kSongs = 52;
  int drops = 0, builds = 0, stops = 0, none = 0;
  for (int i = 0; i < kSongs; ++i) {
    SongSpec spec;
    spec.seed = static_cast<std::uint64_t>(100 + i);
    const Persona persona = load_persona(personas[static_cast<std::size_t>(i) % personas.size()]);
    const Rng root(spec.seed, "song");
    const Score score = write_song(spec, persona, root.child("score"));
    const Chart chart(score, persona, root.child("band").child("band"));
    const Arrangement found = arrange(chart);
    drops += found.drop;
    builds += found.build;
    stops += found.stop;
    none += !found.drop && !found.build && !found.stop;
  }
  std::printf("of %d songs: drops in %d, builds in %d, stops in %d, none of them in %d\n", kSongs,
              drops, builds, stops, none);
  EXPECT_GE(drops, kSongs / 4);
  EXPECT_GE(builds, kSongs / 4);
  EXPECT_GE(stops, kSongs / 4);
  EXPECT_LE(none, kSongs / 10);
}

}  // namespace
}  // namespace brandiron::gen
