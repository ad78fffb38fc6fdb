#include "brandiron/gen/lyric_language.h"

#include <gtest/gtest.h>

#include <fstream>

#include "brandiron/core/error.h"
#include "tests/support/temporary_folder.h"

namespace brandiron::gen {
namespace {

int input(const LyricStep& step, LyricInput which) {
  return step.inputs[static_cast<std::size_t>(which)];
}

const std::vector<std::string> kStanza = {"The river took the town,", "A whiskey on the shelf,",
                                          "And I went riding down --"};

LyricLanguage language() {
  const LyricPoem poem{"book", "title", {kStanza, kStanza}};
  return LyricLanguage::learn(std::span(&poem, 1), 100, 1, 1);
}

TEST(LyricLanguage, ReadsLinesFromTheirLastWordWithBoundaries) {
  const LyricLanguage l = language();
  const auto steps = l.read(LyricLanguage::place(kStanza));
  const std::vector<std::string> expected = {
      "town",    "the", "took",   "river", "the",    "<line>", "shelf", "the", "on",
      "whiskey", "a",   "<line>", "down",  "riding", "went",   "i",     "and", "<stanza>"};
  ASSERT_EQ(steps.size(), expected.size());
  int before = LyricLanguage::kStanza;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const int target = expected[i] == "<line>"     ? LyricLanguage::kLine
                       : expected[i] == "<stanza>" ? LyricLanguage::kStanza
                                                   : l.token(expected[i]);
    EXPECT_EQ(steps[i].target, target) << expected[i];
    EXPECT_NE(steps[i].target, LyricLanguage::kUnknown);
    EXPECT_EQ(input(steps[i], LyricInput::kWord), before);
    before = target;
  }
}

TEST(LyricLanguage, KnowsSyllablesLeftPlaceAndTheRhymeBeforeTheFirstWordOnly) {
  const LyricLanguage l = language();
  const auto steps = l.read(LyricLanguage::place(kStanza));
  const std::vector<int> left = {6, 5, 4, 3, 1, 0, 6, 5, 4, 3, 1, 0, 6, 5, 3, 2, 1, 0};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(input(steps[i], LyricInput::kLeft), left[i]) << i;
    EXPECT_EQ(input(steps[i], LyricInput::kLine), static_cast<int>(i / 6)) << i;
    EXPECT_EQ(input(steps[i], LyricInput::kLinesLeft), 2 - static_cast<int>(i / 6)) << i;
    // "down" has to meet "town".
    EXPECT_EQ(input(steps[i], LyricInput::kRhyme),
              i == 12 ? l.rhyme("town") : LyricLanguage::kFree);
  }
  EXPECT_GT(l.rhyme("town"), LyricLanguage::kRareRhyme);
  EXPECT_EQ(l.rhyme("shelf"), LyricLanguage::kRareRhyme);
}

TEST(LyricLanguage, KeepsTheCommonestWords) {
  const LyricPoem poem{"book", "title", {kStanza}};
  const auto few = LyricLanguage::learn(std::span(&poem, 1), 1, 1, 1);
  EXPECT_EQ(few.words(), std::vector<std::string>{"the"});
  EXPECT_EQ(few.token("river"), LyricLanguage::kUnknown);
  const auto none = LyricLanguage::learn(std::span(&poem, 1), 100, 4, 1);
  EXPECT_TRUE(none.words().empty());
  EXPECT_THROW(LyricLanguage({"a", "a"}, {}), Error);
  EXPECT_THROW(LyricLanguage({""}, {}), Error);
}

TEST(LyricLanguage, LongLinesAndStanzasAreCutToTheLargestNumber) {
  const LyricLanguage l = language();
  std::string line = "river";
  for (int i = 0; i < 30; ++i) line += " river";
  const std::vector<std::string> stanza(30, line);
  for (const LyricStep& step : l.read(LyricLanguage::place(stanza))) {
    for (std::size_t i = 0; i < kLyricInputs; ++i) {
      EXPECT_GE(step.inputs[i], 0);
      EXPECT_LT(step.inputs[i], l.size_of(static_cast<LyricInput>(i)));
    }
  }
}

TEST(LyricLanguage, ReadsABookOfPoems) {
  const brandiron::testing::TemporaryFolder folder;
  const auto path = folder.path() / "book.txt";
  std::ofstream(path) << "# FIRST\n\na line\nanother\n\n\na stanza\r\n# EMPTY\n\n# SECOND\n\nlast";
  const auto poems = read_lyric_book(path);
  ASSERT_EQ(poems.size(), 2U);
  EXPECT_EQ(poems[0].book, "book");
  EXPECT_EQ(poems[0].title, "FIRST");
  const std::vector<std::vector<std::string>> stanzas = {{"a line", "another"}, {"a stanza"}};
  EXPECT_EQ(poems[0].stanzas, stanzas);
  EXPECT_EQ(poems[1].title, "SECOND");
  EXPECT_THROW(read_lyric_book(folder.path() / "none.txt"), Error);
}

}  // namespace
}  // namespace brandiron::gen
