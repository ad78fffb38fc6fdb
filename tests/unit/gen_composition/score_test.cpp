#include "brandiron/gen/score.h"

#include <gtest/gtest.h>

#include <functional>

#include "brandiron/core/error.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {
namespace {

Score song() {
  SongSpec spec;
  spec.seed = 11;
  return write_song(spec, load_persona("rust-hollow"), Rng(11, "song"));
}

TEST(Score, LabelsFollowHarteAndTheMetre) {
  EXPECT_EQ((Chord{0, 4, 9, "7"}.label()), "A:7");
  Score s;
  s.tonic_pc = 5;
  EXPECT_EQ(s.key_label(), "F:maj");
  s.tonic_pc = 10;
  EXPECT_EQ(s.key_label(), "Bb:maj");
  EXPECT_EQ(s.meter_label(), "4/4");
  s.compound = true;
  EXPECT_EQ(s.meter_label(), "12/8");
}

TEST(Score, ChordAndSectionLookUpsAgreeWithTheLists) {
  const Score s = song();
  for (std::size_t i = 0; i < s.chords.size(); ++i) {
    EXPECT_EQ(s.chord_at(s.chords[i].start_beat), static_cast<int>(i));
    EXPECT_EQ(s.chord_at(0.5 * (s.chords[i].start_beat + s.chords[i].end_beat)),
              static_cast<int>(i));
  }
  EXPECT_EQ(s.chord_at(s.num_beats()), -1);
  EXPECT_EQ(s.chord_at(-1), -1);
  EXPECT_EQ(s.section_at_bar(s.num_bars()), -1);
  EXPECT_EQ(s.section_at_bar(0), 0);
}

TEST(Score, EveryBrokenInvariantIsFound) {
  const Score good = song();
  ASSERT_NO_THROW(validate_score(good));
  const std::vector<std::pair<const char*, std::function<void(Score&)>>> breaks = {
      {"tempo", [](Score& s) { s.tempo_bpm = 0; }},
      {"beats", [](Score& s) { s.beats_per_bar = 5; }},
      {"tonic", [](Score& s) { s.tonic_pc = 12; }},
      {"section gap", [](Score& s) { s.sections[1].start_bar += 1; }},
      {"empty section", [](Score& s) { s.sections.back().bars = 0; }},
      {"chord gap", [](Score& s) { s.chords[1].start_beat += 0.5; }},
      {"chords stop early", [](Score& s) { s.chords.pop_back(); }},
      {"chord root", [](Score& s) { s.chords[0].root_pc = 12; }},
      {"line section", [](Score& s) { s.lines[0].section = 99; }},
      {"line words", [](Score& s) { s.lines[0].num_words += 1; }},
      {"word line", [](Score& s) { s.words[3].line = 7; }},
      {"empty word", [](Score& s) { s.words[0].text.clear(); }},
      {"word syllables", [](Score& s) { s.words[0].num_syllables += 1; }},
      {"syllable word", [](Score& s) { s.syllables[5].word = 0; }},
      {"two vowels", [](Score& s) { s.syllables[2].phones.push_back("AH0"); }},
      {"stress", [](Score& s) { s.syllables[2].stress = 3; }},
      {"overlap", [](Score& s) { s.vocal[1].start_beat = s.vocal[0].start_beat; }},
      {"no length", [](Score& s) { s.vocal[1].duration_beats = 0; }},
      {"after the end", [](Score& s) { s.vocal.back().duration_beats = 1e6; }},
      {"pitch", [](Score& s) { s.vocal[0].pitch = 128; }},
      {"velocity", [](Score& s) { s.vocal[0].velocity = 0; }},
      {"syllable skipped", [](Score& s) { s.vocal[1].syllable += 1; }},
      {"melisma first", [](Score& s) { s.vocal[0].melisma = true; }},
      {"phrase start", [](Score& s) { s.vocal[1].phrase_start = true; }},
      {"phrase end", [](Score& s) { s.vocal.back().phrase_end = false; }},
      {"too few notes", [](Score& s) { s.vocal.pop_back(); }},
      {"no sections", [](Score& s) { s.sections.clear(); }}};
  for (const auto& [name, damage] : breaks) {
    Score bad = good;
    damage(bad);
    EXPECT_THROW(validate_score(bad), Error) << name;
  }
}

}  // namespace
}  // namespace brandiron::gen
