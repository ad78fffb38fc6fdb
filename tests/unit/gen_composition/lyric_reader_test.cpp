#include "gen/src/composition/lyric_reader.h"

#include <gtest/gtest.h>

#include <array>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::gen {
namespace {

double score_of(const std::string& text, const std::string& mate = "") {
  const std::array<PlacedLine, 1> line = {PlacedLine{text, 1, 2, mate}};
  return LyricReader::shared()->score(line);
}

TEST(LyricReader, PrefersVerseToItsWordsInDisorder) {
  if (LyricReader::shared() == nullptr) GTEST_SKIP() << "no models/weights/lyrics.safetensors";
  int won = 0;
  const std::array<std::array<const char*, 2>, 5> pairs = {
      {{"I walked along the river in the rain", "the rain walked in river along I the"},
       {"And the wind blew cold on the mountain side",
        "side cold the on wind and blew mountain the"},
       {"My mother wept when I rode away", "wept my when away rode I mother"},
       {"He took his gun and he went to town", "gun and town he his went to took he"},
       {"There's a light in the window for me", "the me light for in a there's window"}}};
  for (const auto& [verse, disorder] : pairs) won += score_of(verse) > score_of(disorder) ? 1 : 0;
  EXPECT_EQ(won, 5);
}

TEST(LyricReader, ExpectsTheRhymeThatIsAskedFor) {
  if (LyricReader::shared() == nullptr) GTEST_SKIP() << "no models/weights/lyrics.safetensors";
  EXPECT_GT(score_of("I rode away", "day"), score_of("I rode away", "town") + 0.3);
  EXPECT_GT(score_of("We laid him down", "town"), score_of("We laid him down", "day") + 0.3);
}

TEST(LyricReader, KnowsNothingOfLinesWithoutAWord) {
  if (LyricReader::shared() == nullptr) GTEST_SKIP() << "no models/weights/lyrics.safetensors";
  EXPECT_EQ(score_of("..."), 0.0);
  EXPECT_EQ(LyricReader::shared()->score({}), 0.0);
}

TEST(LyricReader, RefusesAnotherModel) {
  const auto weights = home_folder() / "models" / "weights";
  EXPECT_THROW(LyricReader(weights / "detector.safetensors"), Error);
  EXPECT_THROW(LyricReader(weights / "nobody.safetensors"), Error);
}

}  // namespace
}  // namespace brandiron::gen
