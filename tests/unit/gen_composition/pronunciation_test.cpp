#include <gtest/gtest.h>

#include <numeric>

#include "brandiron/gen/songwriter.h"
#include "gen/src/composition/lexicon.h"
#include "gen/src/composition/lyric_writer.h"
#include "gen/src/composition/phones.h"

namespace brandiron::gen {
namespace {

std::string joined(const Phones& phones) {
  std::string text;
  for (const std::string& p : phones) text += (text.empty() ? "" : " ") + p;
  return text;
}

TEST(Pronunciation, DictionaryWordsCarryStress) {
  EXPECT_EQ(joined(pronounce("river")), "R IH1 V ER0");
  EXPECT_EQ(joined(pronounce("guitar")), "G IH0 T AA1 R");
  EXPECT_EQ(joined(pronounce("Whiskey")), "W IH1 S K IY0");
}

TEST(Pronunciation, DroppedGsPossessivesAndPrefixesFollowTheirStem) {
  EXPECT_EQ(joined(pronounce("ridin'")), "R AY1 D IH0 N");
  EXPECT_EQ(joined(pronounce("river's")), "R IH1 V ER0 Z");
  EXPECT_EQ(joined(pronounce("a-ridin'")), "AH0 R AY1 D IH0 N");
  EXPECT_EQ(joined(pronounce("ridin\xE2\x80\x99")), "R AY1 D IH0 N");
}

TEST(Pronunciation, NumbersAccentsAndNonsenseAreSingable) {
  EXPECT_EQ(number_words("1973"), (std::vector<std::string>{"nineteen", "seventy", "three"}));
  EXPECT_EQ(number_words("2005"), (std::vector<std::string>{"two", "thousand", "five"}));
  EXPECT_EQ(number_words("0"), (std::vector<std::string>{"zero"}));
  EXPECT_EQ(number_words("99000001").size(), 8u);
  EXPECT_EQ(pronounce("caf\xC3\xA9"), pronounce("cafe"));
  for (const char* word : {"", "'", "---", "brrr", "xqzt", "18", "3rd", "\xF0\x9F\x90\x8E", "zzzz",
                           "supercalifragilistic", "O'Malley-Smith", "rock'n'roll"}) {
    EXPECT_GE(count_vowels(pronounce(word)), 1) << word;
  }
}

TEST(Pronunciation, SyllablesHaveOneVowelAndKeepEveryPhone) {
  for (const char* word : {"abandoned", "strengths", "extra", "guitar", "everything", "outlaw",
                           "Amarillo", "rhythm", "hallelujah", "banker"}) {
    const Phones phones = pronounce(word);
    Phones back;
    for (const Phones& part : syllabify(phones)) {
      EXPECT_EQ(count_vowels(part), 1) << word;
      back.insert(back.end(), part.begin(), part.end());
    }
    EXPECT_EQ(back, phones) << word;
  }
  EXPECT_EQ(syllabify(pronounce("extra")).size(), 2u);
  EXPECT_EQ(joined(syllabify(pronounce("abandoned"))[1]), "B AE1 N");
}

TEST(Pronunciation, SpellingSplitsIntoAsManyPartsAndLosesNothing) {
  for (const char* word : {"whiskey", "every", "fire", "rhythm", "a-ridin'", "moonshine", "coyote",
                           "hammer", "stone", "supercalifragilistic", "mercy's", "io"}) {
    for (int n = 1; n <= 5; ++n) {
      const auto parts = split_spelling(word, n);
      if (n <= static_cast<int>(std::string(word).size())) {
        EXPECT_EQ(static_cast<int>(parts.size()), n) << word;
      }
      EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), std::string()), word);
    }
  }
  EXPECT_EQ(split_spelling("hammer", 2), (std::vector<std::string>{"ham", "mer"}));
  EXPECT_EQ(split_spelling("river", 2), (std::vector<std::string>{"ri", "ver"}));
  EXPECT_EQ(split_spelling("io", 3), (std::vector<std::string>{"i", "o", ""}));
}

TEST(Pronunciation, SpellingIsNotCutInsideALetter) {
  for (const std::string word : {"fianc\u00e9e", "\u00e9t\u00e9", "caf\u00e9", "se\u00f1orita",
                                 "\u00e9", "na\u00efvet\u00e9"}) {
    for (int n = 1; n <= 6; ++n) {
      const auto parts = split_spelling(word, n);
      EXPECT_EQ(static_cast<int>(parts.size()), n) << word;
      EXPECT_EQ(std::accumulate(parts.begin(), parts.end(), std::string()), word);
      for (const std::string& part : parts) {
        EXPECT_FALSE(!part.empty() && (part[0] & 0xC0) == 0x80) << word << " in " << n;
      }
    }
  }
}

TEST(Pronunciation, RhymeIsPerfectOrFamilyAndNeverTheSameWord) {
  EXPECT_TRUE(rhymes("town", "down"));
  EXPECT_TRUE(rhymes("stone", "home"));
  EXPECT_TRUE(rhymes("time", "line"));
  EXPECT_FALSE(rhymes("town", "town"));
  EXPECT_FALSE(rhymes("right", "write"));
  EXPECT_FALSE(rhymes("whiskey", "river"));
  EXPECT_FALSE(rhymes("cat", "dog"));
}

}  // namespace
}  // namespace brandiron::gen
