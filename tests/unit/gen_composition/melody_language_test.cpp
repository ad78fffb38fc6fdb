#include "brandiron/gen/melody_language.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"

namespace brandiron::gen {
namespace {

struct Sung {
  MelodyCondition known;
  int pitch, length, ticks;
};

int input(const std::array<int, kMelodyInputs>& in, MelodyInput which) {
  return in[static_cast<std::size_t>(which)];
}

/// Quarter notes of a tune in 4/4, pitches by class.
std::vector<Sung> quarters(const std::vector<int>& pitches) {
  std::vector<Sung> tune;
  for (const int pitch : pitches) {
    const int n = static_cast<int>(tune.size());
    MelodyCondition known;
    known.onset = n * 48;
    known.bar = n / 4;
    known.in_bar = n % 4 * 48;
    tune.push_back({known, pitch, melody_length(48), 48});
  }
  return tune;
}

MelodyMemory remember(const std::vector<Sung>& tune, std::size_t count) {
  MelodyMemory memory;
  for (std::size_t n = 0; n < count; ++n) {
    memory.add(tune[n].known, tune[n].pitch, tune[n].length, tune[n].ticks);
  }
  return memory;
}

TEST(MelodyLanguage, LengthsAndPitchesFallIntoTheNearestClass) {
  for (std::size_t i = 0; i < kMelodyLengths.size(); ++i) {
    EXPECT_EQ(melody_length(kMelodyLengths[i]), static_cast<int>(i));
  }
  EXPECT_EQ(melody_length(1), 0);
  EXPECT_EQ(melody_length(10000), static_cast<int>(kMelodyLengths.size()) - 1);
  EXPECT_EQ(melody_length(50), melody_length(48));
  EXPECT_EQ(melody_pitch(kMelodyLowest), 0);
  EXPECT_EQ(melody_pitch(-100), 0);
  EXPECT_EQ(melody_pitch(100), kMelodyPitches - 1);
}

TEST(MelodyLanguage, NamesThatItDoesNotKnowAreRefused) {
  EXPECT_EQ(melody_meter(12, 8), melody_meter(6, 8));
  EXPECT_NE(melody_chord(0, "maj"), melody_chord(0, "min"));
  EXPECT_EQ(melody_chord(-5, "7"), melody_chord(7, "7"));
  EXPECT_THROW(melody_mode("locrian"), Error);
  EXPECT_THROW(melody_meter(7, 8), Error);
}

TEST(MelodyLanguage, ARepeatedPhraseIsExpectedToGoOnAsBefore) {
  // Eight notes, then four of them again: the fifth is what the memory offers.
  const std::vector<Sung> tune = quarters({12, 14, 16, 17, 19, 17, 16, 14, 12, 14, 16, 17, 19});
  const auto in = remember(tune, 12).inputs(tune[12].known);
  EXPECT_EQ(input(in, MelodyInput::kSame), 19);
  EXPECT_EQ(input(in, MelodyInput::kSameRun), 4);
  EXPECT_EQ(input(in, MelodyInput::kPitch2), 19);
  EXPECT_EQ(input(in, MelodyInput::kLength2), melody_length(48));
  EXPECT_EQ(input(in, MelodyInput::kRun2), 4);
  EXPECT_EQ(input(in, MelodyInput::kPitch8), kMelodyPitches) << "nothing was sung so long ago";
}

TEST(MelodyLanguage, ATransposedPhraseIsExpectedToKeepItsShape) {
  const std::vector<Sung> tune = quarters({12, 14, 16, 12, 17, 19, 21, 17});
  const auto in = remember(tune, 7).inputs(tune[7].known);
  EXPECT_EQ(input(in, MelodyInput::kShape), 17);
  EXPECT_EQ(input(in, MelodyInput::kShapeRun), 2);
}

TEST(MelodyLanguage, InputsStayInsideTheirTablesAndKnowEarlierNotesAlone) {
  Rng rng(7, "melody-language");
  for (int t = 0; t < 30; ++t) {
    std::vector<Sung> tune;
    int onset = -static_cast<int>(rng.below(96));
    for (int n = 0; n < 60; ++n) {
      MelodyCondition known;
      known.mode = static_cast<int>(rng.below(4));
      known.meter = static_cast<int>(rng.below(7));
      known.bar_ticks = rng.chance(0.5) ? 192 : 144;
      known.onset = onset;
      known.bar = onset < 0 ? -1 : onset / known.bar_ticks;
      known.in_bar = onset - known.bar * known.bar_ticks;
      known.chord = melody_chord(static_cast<int>(rng.below(12)), "7");
      known.left = static_cast<int>(rng.below(40));
      known.bars = 1 + static_cast<int>(rng.below(40));
      const int ticks = 6 * (1 + static_cast<int>(rng.below(16)));
      tune.push_back(
          {known, static_cast<int>(rng.below(kMelodyPitches)), melody_length(ticks), ticks});
      onset += ticks + 12 * static_cast<int>(rng.below(3));
    }
    MelodyMemory whole;
    for (std::size_t n = 0; n < tune.size(); ++n) {
      const auto in = whole.inputs(tune[n].known);
      for (std::size_t i = 0; i < kMelodyInputs; ++i) {
        ASSERT_GE(in[i], 0);
        ASSERT_LT(in[i], melody_input_shapes()[i].size) << melody_input_shapes()[i].name;
      }
      // Another past makes another memory, another future does not.
      ASSERT_EQ(in, remember(tune, n).inputs(tune[n].known));
      whole.add(tune[n].known, tune[n].pitch, tune[n].length, tune[n].ticks);
    }
  }
}

}  // namespace
}  // namespace brandiron::gen
