#include <gtest/gtest.h>

#include "brandiron/core/error.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {
namespace {

Score sing(const std::string& lyrics, std::uint64_t seed = 1) {
  SongSpec spec;
  spec.seed = seed;
  spec.lyrics = lyrics;
  Score s = write_song(spec, load_persona("rust-hollow"), Rng(seed, "song"));
  validate_score(s);
  return s;
}

std::string refusal(const std::string& lyrics) {
  try {
    sing(lyrics);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "";
}

std::string all_words(const Score& s) {
  std::string text;
  for (const Word& w : s.words) text += (text.empty() ? "" : " ") + w.text;
  return text;
}

constexpr const char* kSong =
    "[Verse 1]\nI fixed the gate with baling wire\nAnd the mule walked through the nail\n\n"
    "[Chorus]\nOh, nobody told the mule\nNobody told the mule\n\n"
    "[Verse 2]\nI bought a lock in '98\n\n[Solo]\n\n[Chorus]\n";

TEST(OwnWords, TagsBecomeSectionsAndAnEmptyChorusTagRepeatsIt) {
  const Score s = sing(kSong);
  std::string form;
  for (const Section& x : s.sections) form += x.label + " ";
  EXPECT_EQ(form, "intro verse chorus verse instrumental chorus outro ");
  EXPECT_EQ(s.lines.size(), 7u);
  EXPECT_EQ(s.lines[2].text, s.lines[5].text);
}

TEST(OwnWords, EveryWordIsSungOnceInOrder) {
  const Score s = sing("Whiskey, 3 dogs (and a caf\xC3\xA9)\n\n\n   \nxqzt 1973 -- brrr!\n");
  EXPECT_EQ(all_words(s), "Whiskey 3 dogs and a caf\xC3\xA9 xqzt 1973 brrr");
  EXPECT_EQ(s.vocal.size(), s.syllables.size());
}

TEST(OwnWords, LinesOfAnyLengthAreSung) {
  std::string endless;
  for (int i = 0; i < 120; ++i) endless += "rolling thunder ";
  for (const std::string& lyrics :
       {std::string("go"), std::string("I"), endless, std::string("a\nb\nc\nd"),
        std::string(
            "antidisestablishmentarianism is uncharacteristically unconstitutional tonight")}) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      const Score s = sing(lyrics, seed);
      EXPECT_EQ(s.vocal.size(), s.syllables.size());
      for (const VocalNote& n : s.vocal) EXPECT_GE(s.time_s(n.duration_beats), 0.159);
    }
  }
}

TEST(OwnWords, StanzasWithoutTagsAreVerses) {
  const Score s = sing("one line here\ntwo lines here\n\nanother stanza now\n");
  ASSERT_EQ(s.sections.size(), 4u);
  EXPECT_EQ(s.sections[1].label, "verse");
  EXPECT_EQ(s.sections[2].label, "verse");
}

TEST(OwnWords, TitleIsTakenFromTheChorusUnlessPinned) {
  EXPECT_EQ(sing(kSong).title, "Oh");
  SongSpec spec;
  spec.lyrics = kSong;
  spec.title = "The Mule";
  EXPECT_EQ(write_song(spec, load_persona("rust-hollow"), Rng(1, "song")).title, "The Mule");
  EXPECT_EQ(sing("[Chorus]\nSo roll me home in the rain\n").title, "So Roll Me Home");
  EXPECT_EQ(sing("[Chorus]\nThe the the\n").title, "The") << "something is left";
}

TEST(OwnWords, WhatCannotBeSungIsRefusedWithLineAndRemedy) {
  EXPECT_NE(refusal("\n\n...\n!!\n").find("no words"), std::string::npos);
  EXPECT_NE(refusal("[Verse]\n[Chorus]\n").find("no words"), std::string::npos);
  EXPECT_NE(refusal("hello\n[Fugue]\nla\n").find("line 2"), std::string::npos);
  EXPECT_NE(refusal("hello\n\xD0\xBF\xD1\x80\xD0\xB8\n").find("Latin"), std::string::npos);
  EXPECT_NE(refusal("hello \xFF\xFE\n").find("UTF-8"), std::string::npos);
  EXPECT_NE(refusal(std::string(70000, 'a')).find("bytes"), std::string::npos);
  std::string many;
  for (int i = 0; i < 500; ++i) many += "one more line of it\n";
  EXPECT_NE(refusal(many), "");
  EXPECT_NE(refusal(std::string(3000, 'o') + "lalalala"), std::string("never"));
}

TEST(OwnWords, ControlCharactersTabsAndWindowsLineEndsDoNoHarm) {
  const Score s =
      sing("\xEF\xBB\xBF[Verse]\r\nhello\tthere\x01 friend\r\n\r\n[Chorus]\r\nsing it\r\n");
  EXPECT_EQ(all_words(s), "hello there friend sing it");
}

TEST(OwnWords, ADurationThatTheWordsCannotMeetIsRefused) {
  SongSpec spec;
  spec.lyrics = kSong;
  spec.duration_s = 16;
  EXPECT_THROW(write_song(spec, load_persona("rust-hollow"), Rng(1, "song")), Error);
  spec.duration_s = 60;
  const Score s = write_song(spec, load_persona("rust-hollow"), Rng(1, "song"));
  EXPECT_NEAR(s.time_s(s.num_beats()), 60, 2.01 * s.time_s(s.beats_per_bar));
}

}  // namespace
}  // namespace brandiron::gen
