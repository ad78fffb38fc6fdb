#include "brandiron/gen/backing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/gen/harmony_line.h"
#include "brandiron/gen/singer.h"
#include "tests/unit/gen_singing/test_songs.h"

namespace brandiron::gen {
namespace {

constexpr int kRate = 16000;

/// Three sections of two lines: a verse and two choruses, over C and G.
Score make_score() {
  Score score = testing::make_song(testing::test_songs().at(2), 48);
  const Score more = testing::make_song(testing::test_songs().at(3), 48);
  const double shift = 4.0 * score.sections.front().bars;
  const int words = static_cast<int>(score.words.size());
  const int syllables = static_cast<int>(score.syllables.size());
  const int lines = static_cast<int>(score.lines.size());
  for (VocalNote n : more.vocal) {
    n.start_beat += shift;
    n.syllable += syllables;
    score.vocal.push_back(n);
  }
  for (Syllable s : more.syllables) {
    s.word += words;
    score.syllables.push_back(s);
  }
  for (Word w : more.words) {
    w.line += lines;
    w.first_syllable += syllables;
    score.words.push_back(w);
  }
  for (Line l : more.lines) {
    l.first_word += words;
    score.lines.push_back(l);
  }
  score.sections = {{"verse", 0, static_cast<int>(shift / 8)},
                    {"chorus", static_cast<int>(shift / 8), static_cast<int>(shift / 8)},
                    {"chorus", static_cast<int>(shift / 4), 40}};
  for (std::size_t i = 0; i < score.lines.size(); ++i) {
    score.lines[i].section = i < 2 ? 0 : i < 4 ? 1 : 2;
  }
  score.tonic_pc = 0;
  for (double beat = 0; beat < shift + 160; beat += 4) {
    score.chords.push_back({beat, beat + 4, std::fmod(beat, 8) == 0 ? 0 : 7, "maj"});
  }
  return score;
}

Persona persona_with(std::vector<std::string> backing) {
  Persona persona;
  persona.style.backing = std::move(backing);
  return persona;
}

int line_of(const Score& score, const VocalNote& n) {
  const auto word = score.syllables[static_cast<std::size_t>(n.syllable)].word;
  return score.words[static_cast<std::size_t>(word)].line;
}

TEST(Backing, NobodySingsWherePersonaOrSongHaveNobody) {
  const Score score = make_score();
  EXPECT_TRUE(sing_backing(score, persona_with({}), kRate, Rng(1)).audio.empty());
  Score verses = score;
  for (Section& s : verses.sections) s.label = "verse";
  const BackingVocals none = sing_backing(verses, persona_with({"double", "low"}), kRate, Rng(1));
  EXPECT_TRUE(none.audio.empty());
  EXPECT_TRUE(none.voices.empty());
  EXPECT_TRUE(none.techniques.empty());
}

TEST(Backing, DoublesChorusesAndHarmonisesFromTheHookOn) {
  const Score score = make_score();
  const BackingVocals made =
      sing_backing(score, persona_with({"double", "high", "low"}), kRate, Rng(1));
  ASSERT_EQ(made.voices.size(), 3U);
  for (const BackingVoice& voice : made.voices) {
    for (std::size_t line = 0; line < score.lines.size(); ++line) {
      const bool sings = std::any_of(voice.notes.begin(), voice.notes.end(), [&](const auto& n) {
        return line_of(score, n) == static_cast<int>(line);
      });
      const bool hook = line == 3;  // the last of the first chorus
      EXPECT_EQ(sings, voice.kind == "double" ? line >= 2 : hook || line >= 4)
          << voice.kind << " line " << line;
    }
  }
  EXPECT_EQ(made.voices[0].bank, "kal16");
  EXPECT_NE(made.voices[1].bank, "kal16") << "a harmony is somebody else";
}

TEST(Backing, SoundsOnlyWhereItsLabelsSayAndTheSameTwice) {
  const Score score = make_score();
  const Persona persona = persona_with({"double", "low"});
  const BackingVocals made = sing_backing(score, persona, kRate, Rng(1));
  EXPECT_EQ(made.audio.num_channels(), 2U);
  EXPECT_FALSE(made.audio.has_non_finite());
  std::vector<bool> labelled(made.audio.num_frames(), false);
  double last = 0;
  for (const Technique& t : made.techniques) {
    EXPECT_TRUE(t.kind == "double" || t.kind == "harmony") << t.kind;
    EXPECT_GE(t.start_s, last);
    last = t.start_s;
    const auto from = static_cast<std::size_t>(std::max(0.0, t.start_s - 0.06) * kRate);
    const auto to = std::min(labelled.size(), static_cast<std::size_t>((t.end_s + 0.2) * kRate));
    std::fill(labelled.begin() + static_cast<std::ptrdiff_t>(from),
              labelled.begin() + static_cast<std::ptrdiff_t>(to), true);
  }
  float outside = 0, inside = 0;
  for (std::size_t i = 0; i < labelled.size(); ++i) {
    float& peak = labelled[i] ? inside : outside;
    peak = std::max(peak, std::abs(made.audio.channel(0)[i]));
  }
  EXPECT_GT(inside, 0.05F);
  EXPECT_EQ(outside, 0.0F);
  const BackingVocals again = sing_backing(score, persona, kRate, Rng(1));
  EXPECT_TRUE(std::ranges::equal(made.audio.samples(), again.audio.samples()));
}

TEST(Backing, EachVoiceKeepsItsDrawsWhenAnotherLeaves) {
  const Score score = make_score();
  const auto alone = sing_backing(score, persona_with({"low"}), kRate, Rng(1));
  const auto both = sing_backing(score, persona_with({"double", "low"}), kRate, Rng(1));
  ASSERT_EQ(both.voices.size(), 2U);
  ASSERT_EQ(alone.voices[0].notes.size(), both.voices[1].notes.size());
  for (std::size_t i = 0; i < alone.voices[0].notes.size(); ++i) {
    EXPECT_EQ(alone.voices[0].notes[i].pitch, both.voices[1].notes[i].pitch);
  }
}

class HarmonyLine : public ::testing::TestWithParam<HarmonySide> {};

TEST_P(HarmonyLine, LiesBesideTheLeadInTheChordWhereItIsHeld) {
  const Score score = make_score();
  const auto line = harmony_line(score, score.vocal, GetParam(), 30, 90);
  ASSERT_EQ(line.size(), score.vocal.size());
  const int side = GetParam() == HarmonySide::kAbove ? 1 : -1;
  std::size_t held = 0, in_chord = 0, in_key = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const int interval = side * (line[i].pitch - score.vocal[i].pitch);
    EXPECT_GE(interval, 3);
    EXPECT_LE(interval, 9);
    EXPECT_EQ(line[i].start_beat, score.vocal[i].start_beat);
    const int pc = line[i].pitch % 12;
    constexpr std::array<int, 7> kScale = {0, 2, 4, 5, 7, 9, 11};
    in_key += std::find(kScale.begin(), kScale.end(), pc) != kScale.end();
    if (line[i].duration_beats < 0.9) continue;
    ++held;
    const auto chord = std::find_if(score.chords.begin(), score.chords.end(), [&](const auto& c) {
      return line[i].start_beat >= c.start_beat && line[i].start_beat < c.end_beat;
    });
    ASSERT_NE(chord, score.chords.end());
    const int step = (pc - chord->root_pc + 12) % 12;
    in_chord += step == 0 || step == 4 || step == 7;
  }
  EXPECT_EQ(in_key, line.size());
  EXPECT_GT(held, 20U);
  EXPECT_GE(in_chord, held * 95 / 100);
}

TEST_P(HarmonyLine, StaysInsideItsRangeAndJoinsTheLeadWhereThereIsNoRoom) {
  const Score score = make_score();
  const auto line = harmony_line(score, score.vocal, GetParam(), 50, 60);
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool unison = line[i].pitch == score.vocal[i].pitch;
    EXPECT_TRUE(unison || (line[i].pitch >= 50 && line[i].pitch <= 60)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(BothSides, HarmonyLine,
                         ::testing::Values(HarmonySide::kAbove, HarmonySide::kBelow));

}  // namespace
}  // namespace brandiron::gen
