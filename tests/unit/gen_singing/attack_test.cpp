// Between words: where a word opens with its vowel, the throat closes for a moment.

#include <gtest/gtest.h>

#include <cmath>

#include "brandiron/gen/singer.h"

namespace brandiron::gen {
namespace {

constexpr int kRate = 44100;

// Two sung syllables, K EY M and IH N, of one word or of two.
Score came_in(bool one_word) {
  Score score;
  score.tempo_bpm = 84;
  score.words = {{"came", 0, 0, one_word ? 2 : 1}};
  if (!one_word) score.words.push_back({"in", 0, 1, 1});
  score.syllables = {{"came", {"K", "EY1", "M"}, 1, 0}, {"in", {"IH0", "N"}, 0, one_word ? 0 : 1}};
  for (int i = 0; i < 2; ++i) {
    VocalNote note;
    note.syllable = i;
    note.start_beat = 1 + i;
    note.duration_beats = 1;
    note.pitch = 48;
    score.vocal.push_back(note);
  }
  Section section;
  section.bars = 2;
  score.sections = {section};
  return score;
}

double level_db(const SungPart& part, double from_s, double to_s) {
  const auto first = static_cast<std::size_t>(from_s * kRate);
  return 20 * std::log10(
                  part.audio.slice(first, static_cast<std::size_t>((to_s - from_s) * kRate)).rms() +
                  1e-9);
}

TEST(Attack, AWordThatOpensWithItsVowelIsSetApartAndTheSamePhonesInsideAWordAreNot) {
  for (const char* bank : {"kal16", "rms", "awb", "slt"}) {
    Persona persona;
    persona.voice.bank = bank;
    persona.voice.rasp = 0;
    double dip_db[2] = {};
    for (const bool one_word : {true, false}) {
      const SungPart part = sing(came_in(one_word), persona, kRate, Rng(1));
      ASSERT_EQ(part.phones.size(), 5U);
      const double on = part.phones[3].start_s;
      dip_db[one_word] = level_db(part, on + 0.06, on + 0.12) - level_db(part, on - 0.015, on);
    }
    EXPECT_GT(dip_db[0], dip_db[1] + 8.0) << bank;
  }
}

}  // namespace
}  // namespace brandiron::gen
