// From the written word to the planned phone, without audio: nothing is skipped, nothing is sung
// twice, and whatever a person types is sung or refused with one clear line.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/gen/singer.h"
#include "brandiron/gen/songwriter.h"
#include "gen/src/singing/timeline.h"

namespace brandiron::gen {
namespace {

using singing::Chunk;
using singing::PlannedPhone;

std::vector<PlannedPhone> planned_phones(const Score& score, VoiceParameters voice,
                                         bool g_dropping) {
  voice.g_dropping = g_dropping;
  std::vector<PlannedPhone> out;
  for (const Chunk& c : plan_score(score, voice, *singing::load_voice_bank(voice.bank))) {
    out.insert(out.end(), c.phones.begin(), c.phones.end());
  }
  return out;
}

struct WrittenPhone {
  std::string label;
  int word;
};

std::vector<WrittenPhone> written_phones(const Score& score) {
  std::vector<WrittenPhone> out;
  for (const Line& line : score.lines) {
    for (int w = line.first_word; w < line.first_word + line.num_words; ++w) {
      const Word& word = score.words[static_cast<std::size_t>(w)];
      for (int s = word.first_syllable; s < word.first_syllable + word.num_syllables; ++s) {
        for (const std::string& p : score.syllables[static_cast<std::size_t>(s)].phones) {
          out.push_back({p, w});
        }
      }
    }
  }
  return out;
}

// Every written phone is planned once, in order, in its own time; a dropped G is the only change.
void expect_all_sung(const Score& score, const VoiceParameters& voice, const std::string& what) {
  const std::vector<WrittenPhone> written = written_phones(score);
  for (const bool g_dropping : {false, true}) {
    const std::vector<PlannedPhone> sung = planned_phones(score, voice, g_dropping);
    ASSERT_EQ(sung.size(), written.size()) << what;
    double last_s = 0;
    for (std::size_t i = 0; i < sung.size(); ++i) {
      const bool dropped = g_dropping && written[i].label == "NG" && sung[i].label == "N";
      ASSERT_TRUE(sung[i].label == written[i].label || dropped)
          << what << ": phone " << i << " is " << sung[i].label << ", written " << written[i].label;
      ASSERT_EQ(sung[i].word, written[i].word) << what << ": phone " << i;
      ASSERT_GT(sung[i].end_s, sung[i].start_s) << what << ": phone " << i;
      ASSERT_GE(sung[i].start_s, last_s - 1e-9) << what << ": phone " << i;
      last_s = sung[i].end_s;
    }
  }
}

TEST(WordsToVoice, TwoHundredGeneratedSongsSingEveryPhoneOfEveryLineOnce) {
  const std::vector<std::string> names = list_personas();
  std::size_t lines = 0, phones = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Persona persona = load_persona(names[seed % names.size()]);
    SongSpec spec;
    spec.seed = 5000 + seed;
    const Score score = write_song(spec, persona, Rng(spec.seed, "song"));
    expect_all_sung(score, persona.voice, persona.id + " seed " + std::to_string(spec.seed));
    if (HasFatalFailure()) return;
    lines += score.lines.size();
    phones += written_phones(score).size();
  }
  EXPECT_GT(lines, 4000U);
  EXPECT_GT(phones, 50000U);
}

Score own_words(const std::string& lyrics) {
  SongSpec spec;
  spec.lyrics = lyrics;
  return write_song(spec, load_persona("rust-hollow"), Rng(1, "song"));
}

TEST(WordsToVoice, UnknownWordsDigitsAbbreviationsAndAccentsAreSungWhole) {
  const VoiceParameters voice = load_persona("rust-hollow").voice;
  for (const char* lyrics : {
           "Xqzt grumbled brrr pfft hmm tsk",
           "In 1973 on the 4th of July I owed 12,000 dollars and 50%",
           "Dr. Mr. and Mrs. St. John vs. the U.S.A. at 7 a.m. etc.",
           "Caf\xC3\xA9 jalape\xC3\xB1o na\xC3\xAFve El Ni\xC3\xB1o \xC3\x85ngstr\xC3\xB6m",
           "rock'n'roll y'all ain't goin' 'round o'clock ma'am I'd've",
           "a  -  b -- c ... d\n\n\n   \ne",
       }) {
    const Score score = own_words(lyrics);
    EXPECT_GT(score.syllables.size(), 3U) << lyrics;
    expect_all_sung(score, voice, lyrics);
  }
}

TEST(WordsToVoice, ALineOfFortySyllablesIsSungWithEveryVowelLongEnoughToHear) {
  std::string line;
  for (int i = 0; i < 20; ++i) line += "rolling ";
  const Score score = own_words(line);
  ASSERT_EQ(score.syllables.size(), 40U);
  const VoiceParameters voice = load_persona("rust-hollow").voice;
  expect_all_sung(score, voice, line);
  for (const PlannedPhone& p : planned_phones(score, voice, false)) {
    if (p.nucleus) {
      EXPECT_GE(p.duration_s(), 0.05);
    }
  }
}

TEST(WordsToVoice, EmptyWordsAndNotesOutsideTheVoiceAreRefusedInOneLine) {
  const auto refusal = [](const auto& act) -> std::string {
    try {
      act();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
      return e.what();
    }
    return "sung";
  };
  for (const char* nothing : {"\n", "   \n\n", "[Verse]\n\n[Chorus]\n", "... -- !!"}) {
    const std::string said = refusal([&] { own_words(nothing); });
    EXPECT_NE(said, "sung") << nothing;
    EXPECT_EQ(said.find('\n'), std::string::npos) << said;
  }
  Score score = own_words("hello darkness");
  const VoiceParameters voice = load_persona("rust-hollow").voice;
  for (const int pitch : {0, 27, 89, 127}) {
    score.vocal[1].pitch = pitch;
    const std::string said = refusal([&] { planned_phones(score, voice, false); });
    EXPECT_NE(said.find(std::to_string(pitch)), std::string::npos) << said;
    EXPECT_NE(said.find("28 .. 88"), std::string::npos) << said;
  }
}

}  // namespace
}  // namespace brandiron::gen
