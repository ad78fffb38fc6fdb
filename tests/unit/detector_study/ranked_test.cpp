#include "detector_study/ranked.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "brandiron/core/classification.h"
#include "brandiron/core/rng.h"

namespace brandiron::experiments {
namespace {

struct Sample {
  std::vector<Ranked::Item> items;
  std::vector<double> positives, negatives;
};

// Scores on a coarse scale, so that there are ties.
Sample sample(std::uint64_t seed, const std::vector<std::uint16_t>& weights = {}) {
  Rng rng(seed, "ranked");
  Sample s;
  for (std::size_t i = 0; i < 60; ++i) {
    const bool positive = i % 3 == 0;
    const double score = std::round(4 * (rng.normal() + (positive ? 1 : 0)));
    s.items.push_back({score, i, positive});
    const int times = weights.empty() ? 1 : weights[i];
    for (int k = 0; k < times; ++k) (positive ? s.positives : s.negatives).push_back(score);
  }
  return s;
}

void expect_as_core(const Ranked& ranked, const Sample& s, std::span<const std::uint16_t> weights) {
  EXPECT_NEAR(ranked.auc(weights), roc_auc(s.positives, s.negatives), 1e-12);
  EXPECT_NEAR(ranked.equal_error_rate(weights), roc_equal_error_rate(s.positives, s.negatives),
              1e-12);
  for (const double rate : {0.0, 0.01, 0.1, 0.5, 1.0}) {
    EXPECT_NEAR(ranked.tpr_at(rate, weights),
                share_above(s.positives, threshold_at(s.negatives, rate)), 1e-12)
        << rate;
  }
}

TEST(Ranked, AgreesWithCoreWithoutWeights) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    const Sample s = sample(seed);
    expect_as_core(Ranked(s.items), s, {});
  }
}

TEST(Ranked, AWeightIsThatManyCopies) {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    Rng rng(seed, "weights");
    std::vector<std::uint16_t> weights(60);
    for (auto& w : weights) w = static_cast<std::uint16_t>(rng.below(4));
    const Sample s = sample(seed, weights);
    expect_as_core(Ranked(s.items), s, weights);
  }
}

TEST(Draws, TakeWholeClustersOfEachClass) {
  std::vector<Draws::Member> members;
  for (std::size_t i = 0; i < 12; ++i) {
    members.push_back({i, i < 6, i < 6 ? "a" + std::to_string(i / 2) : "h" + std::to_string(i)});
  }
  const Draws draws(members, 12, 200, 1);
  ASSERT_TRUE(draws.usable());
  std::set<std::uint16_t> seen;
  for (std::size_t d = 0; d < draws.size(); ++d) {
    const auto w = draws.weights(d);
    int positives = 0, negatives = 0;
    for (std::size_t i = 0; i < 12; ++i) (i < 6 ? positives : negatives) += w[i];
    EXPECT_EQ(positives, 6);  // three clusters of two
    EXPECT_EQ(negatives, 6);
    for (std::size_t i = 0; i < 6; i += 2) EXPECT_EQ(w[i], w[i + 1]);
    seen.insert(w[0]);
  }
  EXPECT_GT(seen.size(), 2U);
}

TEST(Draws, NeedTwoClustersOfEachClass) {
  EXPECT_FALSE(Draws({{0, true, "a"}, {1, false, "b"}, {2, false, "c"}}, 3, 10, 1).usable());
}

TEST(Draws, AnIntervalOverClustersIsWiderThanOneOverClips) {
  // Ten clips a cluster that all agree: ten times as many clips are no more evidence.
  std::vector<Draws::Member> single, clustered;
  std::vector<Ranked::Item> items;
  Rng rng(4, "clusters");
  for (std::size_t i = 0; i < 200; ++i) {
    const bool positive = i < 100;
    static double score = 0;
    if (i % 10 == 0) score = rng.normal() + (positive ? 0.5 : 0);
    items.push_back({score + 1e-6 * static_cast<double>(i), i, positive});
    single.push_back({i, positive, std::to_string(i)});
    clustered.push_back({i, positive, std::to_string(i / 10)});
  }
  const Ranked ranked(items);
  const auto width = [&](const std::vector<Draws::Member>& members) {
    const Draws draws(members, 200, 400, 1);
    std::vector<double> aucs;
    for (std::size_t d = 0; d < draws.size(); ++d) aucs.push_back(ranked.auc(draws.weights(d)));
    const auto interval = middle_95(aucs);
    return interval->second - interval->first;
  };
  EXPECT_GT(width(clustered), 2 * width(single));
}

TEST(Middle95, LeavesATailOfOneInFortyOnEitherSide) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back(999 - i);
  EXPECT_EQ(middle_95(values), std::pair(25.0, 974.0));
  EXPECT_FALSE(middle_95({1, 2, 3}).has_value());
}

}  // namespace
}  // namespace brandiron::experiments
