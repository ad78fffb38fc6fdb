#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <vector>

#include "brandiron/core/error.h"
#include "gen/src/composition/sampler.h"

namespace brandiron::gen {
namespace {

TEST(Sampler, RecordsTheEntropyOfWhatItDrewFrom) {
  DrawLedger ledger;
  Sampler sampler(Rng(1, "test"), ledger);
  sampler.below(Draw::kWord, 8);
  sampler.pick(Draw::kWord, std::array{1.0, 1.0, 2.0});
  sampler.chance(Draw::kChord, 0.5);
  EXPECT_EQ(ledger.of(Draw::kWord).draws, 2U);
  EXPECT_NEAR(ledger.of(Draw::kWord).bits, 3.0 + 1.5, 1e-12);
  EXPECT_EQ(ledger.of(Draw::kChord).draws, 1U);
  EXPECT_NEAR(ledger.of(Draw::kChord).bits, 1.0, 1e-12);
  EXPECT_EQ(ledger.of(Draw::kNote).draws, 0U);
}

TEST(Sampler, WhatIsCertainHasNoEntropy) {
  DrawLedger ledger;
  Sampler sampler(Rng(1, "test"), ledger);
  EXPECT_EQ(sampler.pick(Draw::kNote, std::array{0.0, 3.0, 0.0}), 1U);
  EXPECT_EQ(sampler.below(Draw::kNote, 1), 0U);
  EXPECT_TRUE(sampler.chance(Draw::kNote, 1.0));
  EXPECT_EQ(ledger.of(Draw::kNote).draws, 3U);
  EXPECT_EQ(ledger.of(Draw::kNote).bits, 0.0);
}

TEST(Sampler, DrawsAsItsRngDoes) {
  DrawLedger ledger;
  Sampler sampler(Rng(7, "song"), ledger);
  Rng rng(7, "song");
  const std::vector<double> weights = {0.5, 2, 1, 0.1};
  for (int i = 0; i < 50; ++i) EXPECT_EQ(sampler.pick(Draw::kPlan, weights), rng.pick(weights));
  Sampler child = sampler.child("melody", 3);
  Rng rng_child = rng.child("melody", 3);
  EXPECT_EQ(child.below(Draw::kPlan, 1000), rng_child.below(1000));
  EXPECT_EQ(ledger.of(Draw::kPlan).draws, 51U);
}

TEST(Sampler, DrawsFromLogarithmsAtATemperature) {
  DrawLedger ledger;
  Sampler sampler(Rng(3, "test"), ledger);
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  const std::array<float, 3> log_weights = {kNever, -1.0F, -2.0F};
  std::array<int, 3> warm{}, cold{};
  for (int i = 0; i < 2000; ++i) {
    ++warm[sampler.pick_log(Draw::kWord, log_weights)];
    ++cold[sampler.pick_log(Draw::kWord, log_weights, 0.1)];
  }
  EXPECT_EQ(warm[0], 0);
  EXPECT_NEAR(warm[1] / 2000.0, 0.731, 0.04);
  EXPECT_GT(cold[1], 1990);
  EXPECT_THROW(sampler.pick_log(Draw::kWord, log_weights, 0.0), Error);
  EXPECT_THROW(sampler.pick_log(Draw::kWord, std::array{kNever}), Error);
}

}  // namespace
}  // namespace brandiron::gen
