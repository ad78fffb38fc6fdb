#include <gtest/gtest.h>

#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "detect/src/detector_model.h"
#include "detect/src/fit_parts.h"
#include "detect/src/statistics.h"

namespace brandiron::detect {
namespace {

TEST(Statistics, NoClaimGoesBelowTheRuleOfThree) {
  EXPECT_DOUBLE_EQ(claimable_rate(0, 0), 1.0);
  EXPECT_DOUBLE_EQ(claimable_rate(0, 2), 1.0);
  EXPECT_DOUBLE_EQ(claimable_rate(0, 300), 0.01);
  double last = 1;
  for (int n = 1; n < 2000; n += 13) {
    EXPECT_GE(claimable_rate(0, n), std::min(1.0, 3.0 / n));
    EXPECT_LE(claimable_rate(0, n), last);
    last = claimable_rate(0, n);
    for (int k = 0; k + 1 < std::min(n, 10); ++k) {
      EXPECT_LE(claimable_rate(k, n), claimable_rate(k + 1, n));
      EXPECT_GE(claimable_rate(k, n), static_cast<double>(k) / n);
    }
  }
  EXPECT_NEAR(claimable_rate(1, 100), 0.0466, 5e-4);  // one-sided Clopper-Pearson
}

TEST(Statistics, TheClaimedRateHoldsInSimulation) {
  // A threshold set past the worst of n humans: how often is its true rate above the claim?
  Rng rng(3, "claim");
  int broken = 0;
  constexpr int kTrials = 4000, kHumans = 60;
  for (int t = 0; t < kTrials; ++t) {
    double worst = 0;
    for (int i = 0; i < kHumans; ++i) worst = std::max(worst, rng.uniform());
    broken += 1 - worst > claimable_rate(0, kHumans) ? 1 : 0;
  }
  EXPECT_LE(static_cast<double>(broken) / kTrials, 0.06);  // 5 % by construction
}

TEST(Statistics, PlattScalingRecoversAKnownLikelihoodRatio) {
  // N(+1, 1) against N(-1, 1): the log likelihood ratio of x is 2x; of x/3+1 it is 6x-6.
  std::vector<double> ai, human;
  Rng rng(2, "platt");
  for (int i = 0; i < 40000; ++i) ai.push_back(rng.normal(1, 1) / 3 + 1);
  for (int i = 0; i < 10000; ++i) human.push_back(rng.normal(-1, 1) / 3 + 1);
  const PlattScaling platt = fit_platt(ai, human);
  EXPECT_NEAR(platt.slope, 6, 0.3);
  EXPECT_NEAR(platt.offset, -6, 0.3);
  for (double& x : ai) x = platt.apply(x);
  for (double& x : human) x = platt.apply(x);
  EXPECT_LT(expected_calibration_error(ai, human), 0.02);
}

TEST(Statistics, PlattScalingStaysFiniteOnSeparableScoresAndMuteOnWrongOnes) {
  const std::vector<double> low = {-2, -1.5, -1}, high = {1, 1.5, 2};
  const PlattScaling good = fit_platt(high, low);
  EXPECT_GT(good.slope, 0);
  EXPECT_LT(good.apply(2), 20);
  const PlattScaling wrong = fit_platt(low, high);
  EXPECT_EQ(wrong.apply(5), 0);
  EXPECT_THROW(fit_platt({}, low), Error);
}

/// Both boundaries, as calibration chooses them.
void choose_boundaries(Calibration& c, std::vector<double> ai, std::vector<double> human,
                       double rate, double least) {
  c.ai = choose_boundary(human, 1, rate, least);
  c.human = choose_boundary(ai, -1, rate, least);
  c.resynthesised.llr = 1e9;
  c.novelty.llr = 1e9;
}

std::string verdict_at(double llr, const Calibration& c) { return verdict_of({.llr = llr}, c); }

TEST(Boundaries, LieJustPastTheWorstHeldOutRecording) {
  Calibration c;
  const std::vector<double> ai = {3, 4, 5, 6}, human = {-5, -4, -3, 1.5};
  choose_boundaries(c, ai, human, 0.01, 0.8);
  EXPECT_NEAR(c.ai.llr, 1.5, 1e-5);
  EXPECT_EQ(c.ai.errors, 0);
  EXPECT_EQ(c.ai.n, 4);
  EXPECT_DOUBLE_EQ(c.ai.rate, 0.75);
  EXPECT_DOUBLE_EQ(c.human.llr, -0.8);
  EXPECT_EQ(verdict_at(1.5, c), "undecided");
  EXPECT_EQ(verdict_at(2.0, c), "ai");
  EXPECT_EQ(verdict_at(0.0, c), "undecided");
  EXPECT_EQ(verdict_at(-0.9, c), "human");
}

TEST(Boundaries, AllowAsManyErrorsAsTheTargetAndOwnUpToThem) {
  Calibration c;
  std::vector<double> ai, human;
  for (int i = 0; i < 100; ++i) {
    human.push_back(-3 + 0.05 * i);  // up to 1.95
    ai.push_back(0.05 * i);
  }
  choose_boundaries(c, ai, human, 0.05, 0.1);
  EXPECT_EQ(c.ai.errors, 5);
  EXPECT_GT(c.ai.rate, 0.05);
  EXPECT_DOUBLE_EQ(c.ai.rate, claimable_rate(5, 100));
  EXPECT_LT(c.human.llr, c.ai.llr);
}

TEST(Boundaries, NeverCrossHoweverPerfectTheScores) {
  Calibration c;
  choose_boundaries(c, std::vector{8.0, 9.0}, std::vector{-9.0, -8.0}, 0.01, 0.85);
  EXPECT_DOUBLE_EQ(c.ai.llr, 0.85);
  EXPECT_DOUBLE_EQ(c.human.llr, -0.85);
}

TEST(Boundaries, AFileCannotClaimMoreThanItsTrialsSupport) {
  Calibration c;
  c.ai = {1.0, 0, 30, 0.0001};
  c.human = {-1.0, 0, 30, 0.1};
  c.fusion = {{0, 0, 0, 0}, {1, 1, 1, 1}, {1, 1, 1, 1}, 0};
  const Calibration read = Calibration::from_json(c.to_json());
  EXPECT_DOUBLE_EQ(read.ai.rate, 0.1);
  EXPECT_THROW(Calibration::from_json("{}"), Error);
  EXPECT_THROW(Calibration::from_json("nonsense"), Error);
}

TEST(ContentFree, FindsAShortcutThatIsThereAndNoneThatIsNot) {
  Rng rng(5, "rows");
  std::vector<ContentFree> rows, noise;
  std::vector<int> labels, folds;
  for (int i = 0; i < 300; ++i) {
    ContentFree row;
    for (double& x : row) x = rng.normal();
    noise.push_back(row);
    row[4] += i % 2 == 0 ? 2 : 0;
    rows.push_back(row);
    labels.push_back(i % 2 == 0 ? 1 : 0);
    folds.push_back(i % 3);
  }
  EXPECT_GT(content_free_auc(rows, labels, folds), 0.88);
  EXPECT_NEAR(content_free_auc(noise, labels, folds), 0.5, 0.1);
}

TEST(Statistics, TruePositiveRateAtAFalsePositiveRate) {
  std::vector<double> negatives;
  for (int i = 0; i < 100; ++i) negatives.push_back(i);
  // One of a hundred may lie above: the threshold is the second highest.
  EXPECT_DOUBLE_EQ(true_positive_rate(std::vector<double>{97, 98, 98.5, 200}, negatives, 0.01),
                   0.5);
  EXPECT_DOUBLE_EQ(true_positive_rate(std::vector<double>{97, 98, 98.5, 200}, negatives, 0.001),
                   0.25);
  EXPECT_DOUBLE_EQ(true_positive_rate({}, negatives, 0.01), 0);
}

}  // namespace
}  // namespace brandiron::detect
