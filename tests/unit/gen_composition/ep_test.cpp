#include "brandiron/gen/ep.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "brandiron/core/error.h"

namespace brandiron::gen {
namespace {

EpPlan plan(int songs, std::uint64_t seed = 1, const char* persona = "rust-hollow") {
  SongSpec base;
  base.seed = seed;
  return plan_ep(base, load_persona(persona), songs);
}

TEST(Ep, SongsDifferInTitleTempoKeyGrooveThemeAndForm) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const EpPlan ep = plan(4, seed);
    std::set<std::string> titles, keys, grooves, themes, forms;
    std::vector<double> tempos;
    for (const Score& s : ep.scores) {
      titles.insert(s.title);
      keys.insert(s.key_label());
      grooves.insert(s.groove);
      themes.insert(s.theme);
      std::string form;
      for (const Section& x : s.sections) form += x.label + std::to_string(x.bars);
      forms.insert(form);
      for (const double t : tempos) EXPECT_GE(std::abs(t - s.tempo_bpm), 2);
      tempos.push_back(s.tempo_bpm);
    }
    for (const auto* different : {&titles, &keys, &grooves, &themes, &forms}) {
      EXPECT_EQ(different->size(), 4u) << seed;
    }
    EXPECT_TRUE(titles.contains(ep.title));
  }
}

TEST(Ep, NoVerseLineIsSungTwiceAndNeighboursDifferInKey) {
  const EpPlan ep = plan(8);
  std::set<std::string> lines;
  for (std::size_t i = 0; i < ep.scores.size(); ++i) {
    std::set<std::string> own;
    for (const Line& line : ep.scores[i].lines) {
      const auto& section = ep.scores[i].sections[static_cast<std::size_t>(line.section)];
      if (section.label == "verse") own.insert(line.text);
    }
    for (const std::string& line : own) EXPECT_TRUE(lines.insert(line).second) << line;
    if (i == 0) continue;
    EXPECT_NE(ep.scores[i].key_label(), ep.scores[i - 1].key_label());
  }
}

TEST(Ep, AStompOrTrainOpensAndASlowSongCloses) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const EpPlan ep = plan(5, seed);
    EXPECT_TRUE(ep.scores.front().groove == "stomp" || ep.scores.front().groove == "train");
    EXPECT_TRUE(ep.scores.back().groove == "ballad" || ep.scores.back().groove == "waltz");
  }
}

TEST(Ep, EachSpecificationMakesItsSongAlone) {
  const EpPlan ep = plan(3);
  for (std::size_t i = 0; i < ep.specs.size(); ++i) {
    const Score again = write_song(ep.specs[i], load_persona("rust-hollow"),
                                   Rng(ep.specs[i].seed, "song").child("score"));
    EXPECT_EQ(again.title, ep.scores[i].title);
    EXPECT_EQ(score_to_abc(again), score_to_abc(ep.scores[i]));
  }
  EXPECT_EQ(plan(3).title, ep.title);
  EXPECT_NE(plan(3, 2).scores[0].title, ep.scores[0].title);
}

TEST(Ep, WhatIsPinnedHoldsForEverySong) {
  SongSpec base;
  base.title = "Bad Weather Receipts";
  base.groove = "waltz";
  base.key = "D:maj";
  const EpPlan ep = plan_ep(base, load_persona("tin-saint"), 3);
  EXPECT_EQ(ep.title, base.title);
  for (const Score& s : ep.scores) {
    EXPECT_EQ(s.groove, "waltz");
    EXPECT_EQ(s.key_label(), "D:maj");
    EXPECT_NE(s.title, base.title);
  }
}

TEST(Ep, AStyleWithOneGrooveAndFewKeysStillMakesTwelve) {
  Persona persona = load_persona("rust-hollow");
  persona.style.grooves = {"stomp"};
  persona.style.keys = {"E:maj"};
  SongSpec base;
  base.seed = 4;
  const EpPlan ep = plan_ep(base, persona, kMostEpSongs);
  EXPECT_EQ(ep.scores.size(), 12u);
}

TEST(Ep, ImpossibleRequestsAreRefused) {
  SongSpec base;
  const Persona persona = load_persona("rust-hollow");
  EXPECT_THROW(plan_ep(base, persona, 1), Error);
  EXPECT_THROW(plan_ep(base, persona, 13), Error);
  base.lyrics = "[Verse]\nhello\n";
  EXPECT_THROW(plan_ep(base, persona, 3), Error);
}

}  // namespace
}  // namespace brandiron::gen
