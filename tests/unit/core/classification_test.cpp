#include "brandiron/core/classification.h"

#include <gtest/gtest.h>

#include <limits>

#include "brandiron/core/rng.h"

namespace brandiron {
namespace {

using Values = std::vector<double>;

TEST(Classification, AucCountsPairsAndHalvesTies) {
  EXPECT_DOUBLE_EQ(roc_auc(Values{3, 4}, Values{1, 2}), 1.0);
  EXPECT_DOUBLE_EQ(roc_auc(Values{1}, Values{2}), 0.0);
  EXPECT_DOUBLE_EQ(roc_auc(Values{1, 3}, Values{1, 2}), 0.625);  // 0.5 + 0 + 1 + 1 of 4
  EXPECT_DOUBLE_EQ(roc_auc(Values{}, Values{1}), 0.5);
}

TEST(Classification, EqualErrorRateLiesBetweenTheStepsWhereTheErrorsCross) {
  // At 2.5 one of four is missed, one of four flagged.
  EXPECT_DOUBLE_EQ(roc_equal_error_rate(Values{2, 3, 4, 5}, Values{0, 1, 1.5, 2.5}), 0.25);
  EXPECT_DOUBLE_EQ(roc_equal_error_rate(Values{3, 4}, Values{1, 2}), 0.0);
  Values positives, negatives;
  Rng rng(1, "eer");
  for (int i = 0; i < 20000; ++i) {
    positives.push_back(rng.normal(1, 1));
    negatives.push_back(rng.normal(-1, 1));
  }
  EXPECT_NEAR(roc_equal_error_rate(positives, negatives), 0.1587, 0.01);  // Phi(-1)
}

TEST(Classification, SigmoidTakesAnyLogOdds) {
  EXPECT_DOUBLE_EQ(sigmoid(0), 0.5);
  EXPECT_NEAR(sigmoid(2), 0.880797, 1e-6);
  EXPECT_DOUBLE_EQ(sigmoid(2) + sigmoid(-2), 1.0);
  EXPECT_EQ(sigmoid(-1e4), 0);
  EXPECT_EQ(sigmoid(1e4), 1);
}

TEST(Classification, AThresholdFlagsAtMostItsRateAndCountsTiesAsFlagged) {
  Values negatives;
  for (int i = 1; i <= 100; ++i) negatives.push_back(i);
  EXPECT_DOUBLE_EQ(threshold_at(negatives, 0.01), 99);  // 100 alone lies above
  EXPECT_DOUBLE_EQ(share_above(negatives, 99), 0.01);
  negatives.pop_back();
  EXPECT_DOUBLE_EQ(threshold_at(negatives, 0.01), 99);  // of 99 none may be flagged
  EXPECT_DOUBLE_EQ(share_above(negatives, 99), 0.0);
  EXPECT_DOUBLE_EQ(threshold_at(Values{1, 5, 5, 5}, 0.5), 5);  // all three fives or none
  EXPECT_DOUBLE_EQ(share_above(Values{1, 5, 5, 5}, 5), 0.0);
  EXPECT_EQ(threshold_at(Values{1, 2}, 1.0), std::numeric_limits<double>::lowest());
}

TEST(Classification, ARateNeedsThreeOverItselfIndependentNegatives) {
  EXPECT_FALSE(rate_supported(0.01, 299));
  EXPECT_TRUE(rate_supported(0.01, 300));
  EXPECT_FALSE(rate_supported(0.001, 2999));
  EXPECT_TRUE(rate_supported(0.001, 3000));
}

TEST(Classification, WilsonMatchesPublishedValues) {
  const auto [low, high] = wilson_95(2, 83);
  EXPECT_NEAR(low, 0.0066, 5e-4);
  EXPECT_NEAR(high, 0.0837, 5e-4);
  EXPECT_EQ(wilson_95(0, 0), std::pair(0.0, 1.0));
}

TEST(Classification, CalibrationWeighsTheClassesAlike) {
  // Bin 0.9: said 0.95 by both ai, true. Bin 0.0: said 0.05 by one human of two. Bin 0.9: the
  // other. Bin 9: weight ai 0.5, human 0.25, confidence 0.75 * 0.95, truth 0.5: |0.7125 - 0.5| =
  // 0.2125. Bin 0: weight 0.25, confidence 0.0125, truth 0: 0.0125.
  EXPECT_NEAR(balanced_calibration_error(Values{0.95, 0.95}, Values{0.05, 0.95}), 0.225, 1e-12);
  EXPECT_NEAR(balanced_calibration_error(Values{1, 1, 1}, Values{0}), 0, 1e-12);
  EXPECT_DOUBLE_EQ(balanced_calibration_error(Values{}, Values{0}), 1);
}

TEST(Classification, BrierIsTheMeanOverClassesOfSquaredDistances) {
  EXPECT_NEAR(balanced_brier_score(Values{0.9, 0.7}, Values{0.2}), 0.5 * 0.05 + 0.5 * 0.04, 1e-12);
}

TEST(Classification, ReliabilityBinsSayWhatWasSaidAndWhatWasTrue) {
  const auto bins = reliability(Values{0.95, 0.95}, Values{0.05, 0.95});
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_NEAR(bins[0].confidence, 0.05, 1e-12);
  EXPECT_NEAR(bins[0].truth, 0, 1e-12);
  EXPECT_NEAR(bins[1].confidence, 0.95, 1e-12);
  EXPECT_NEAR(bins[1].truth, 0.5 / 0.75, 1e-12);
  EXPECT_EQ(bins[1].positives, 2U);
  EXPECT_EQ(bins[1].negatives, 1U);
}

TEST(Classification, PrecisionFollowsBayes) {
  EXPECT_NEAR(precision_at(0.9, 0.01, 0.44), 0.9 * 0.44 / (0.9 * 0.44 + 0.01 * 0.56), 1e-12);
  EXPECT_DOUBLE_EQ(precision_at(0, 0, 0.5), 0);
}

}  // namespace
}  // namespace brandiron
