#include "brandiron/watermark/lattice.h"

#include <gtest/gtest.h>

#include "brandiron/core/error.h"
#include "tests/support/test_audio.h"

namespace brandiron::watermark {
namespace {

TEST(ChangeLattice, RaisesTheCellsThatItIsToldToAndNoOthers) {
  const AudioBuffer before = testing::noise(4.0, 44100, 0.1, 1, 5);
  const std::size_t bands = lattice_bands(), band = 20, first = 24, last = 48;
  std::vector<float> changes(96 * bands);
  for (std::size_t t = first; t < last; ++t) changes[t * bands + band] = 3.0F;
  AudioBuffer after = before;
  change_lattice(after, changes);
  const auto was = LatticeReader(before).levels_db(0), is = LatticeReader(after).levels_db(0);
  for (const std::size_t t : {10U, 30U, 40U, 60U}) {
    const bool inside = t >= first && t < last;
    EXPECT_NEAR(is[t * bands + band] - was[t * bands + band], inside ? 3.0 : 0.0, 0.6) << t;
    EXPECT_NEAR(is[t * bands + band - 5] - was[t * bands + band - 5], 0.0, 0.05) << t;
  }
}

TEST(ChangeLattice, RefusesATableOfBrokenRows) {
  AudioBuffer audio = testing::noise(1.0);
  EXPECT_THROW(change_lattice(audio, std::vector<float>(lattice_bands() + 1)), Error);
}

}  // namespace
}  // namespace brandiron::watermark
