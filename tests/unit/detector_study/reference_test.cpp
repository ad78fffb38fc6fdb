#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "brandiron/core/classification.h"
#include "brandiron/core/error.h"
#include "detector_study/fourier.h"
#include "detector_study/logistic.h"
#include "detector_study/references.h"
#include "fixtures.h"

namespace brandiron::experiments {
namespace {

using testing::take;

TEST(QuadraticSpline, GivesBackAQuadraticAndMeetsEveryPoint) {
  const std::vector<double> x = {0, 1, 4, 6, 7, 11, 15}, bumpy = {0, 3, -1, 2, 2, 5, -4};
  std::vector<double> y;
  for (const double v : x) y.push_back(0.5 * v * v - 3 * v + 2);
  const auto smooth = quadratic_spline(x, y, 16);
  for (std::size_t i = 0; i < 16; ++i) {
    const auto v = static_cast<double>(i);
    EXPECT_NEAR(smooth[i], 0.5 * v * v - 3 * v + 2, 1e-9) << i;
  }
  const auto through = quadratic_spline(x, bumpy, 16);
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_NEAR(through[static_cast<std::size_t>(x[i])], bumpy[i], 1e-9);
  }
}

TEST(LowerHull, PassesUnderPeaksAndAlongTheFloor) {
  std::vector<double> curve(100, 0.0);
  for (std::size_t i = 5; i < 100; i += 20) curve[i] = 10;
  for (std::size_t i = 0; i < 100; ++i) curve[i] += 0.1 * static_cast<double>(i);
  const auto hull = lower_hull(curve, 10);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_NEAR(hull[i], 0.1 * static_cast<double>(i), 0.2) << i;
  }
}

TEST(FourierFeatures, ShowAPlantedCombAndOnlyIt) {
  const auto plain = fourier_features(take(4, 3, 0)), comb = fourier_features(take(4, 3, 1102.5));
  ASSERT_EQ(comb.size(), kNumFourier);
  const double bin_hz = 44100.0 / 16384;
  for (double hz = 5512.5; hz < 16000; hz += 1102.5) {
    const auto at = static_cast<std::size_t>(std::lround(hz / bin_hz)) - 1858;
    EXPECT_GT(comb[at], 0.8) << hz;
    EXPECT_LT(plain[at], 0.8) << hz;
  }
  double off = 0;
  for (const float x : comb) off += x;
  EXPECT_LT(off / static_cast<double>(comb.size()), 0.35);
}

TEST(FourierFeatures, AreNoughtForSilenceAndRefuseAnotherRate) {
  for (const float x : fourier_features(AudioBuffer(1, 44100, 44100))) EXPECT_EQ(x, 0);
  EXPECT_THROW(fourier_features(AudioBuffer(1, 16000, 16000)), Error);
}

TEST(FourierFeatures, SurviveTheirFile) {
  const testing::TemporaryFolder folder;
  const auto features = fourier_features(take(1, 3, 700));
  write_features(folder / "f.u16", features);
  const auto read = read_features(folder / "f.u16");
  ASSERT_EQ(read.size(), features.size());
  for (std::size_t i = 0; i < read.size(); ++i) EXPECT_NEAR(read[i], features[i], 1e-5);
}

// The objective as it is written in the header.
double objective(const std::vector<std::vector<float>>& rows, const std::vector<bool>& positive,
                 const LogisticModel& m) {
  double loss = 0;
  for (const double w : m.weights) loss += 0.5 * w * w;
  double yes = 0;
  for (const bool p : positive) yes += p;
  const auto all = static_cast<double>(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double margin = (positive[i] ? 1 : -1) * m.logit(rows[i]);
    loss += all / (2 * (positive[i] ? yes : all - yes)) * std::log1p(std::exp(-margin));
  }
  return loss;
}

TEST(Logistic, NoStepLeadsLower) {
  Rng rng(1, "rows");
  std::vector<std::vector<float>> rows;
  std::vector<bool> positive;
  for (int i = 0; i < 40; ++i) {
    positive.push_back(i < 10);
    rows.emplace_back();
    for (int k = 0; k < 3; ++k) {
      rows.back().push_back(static_cast<float>(rng.normal() + (i < 10 ? 0.7 : 0)));
    }
  }
  const LogisticModel best = fit_logistic({rows.begin(), rows.end()}, positive);
  const double least = objective(rows, positive, best);
  for (std::size_t k = 0; k <= 3; ++k) {
    for (const double step : {-1e-3, 1e-3}) {
      LogisticModel other = best;
      (k < 3 ? other.weights[k] : other.bias) += step;
      EXPECT_GT(objective(rows, positive, other), least) << k;
    }
  }
}

TEST(Logistic, IsSymmetricAndFiniteWhereClassesPart) {
  const std::vector<std::vector<float>> rows = {{-1}, {1}};
  const LogisticModel m = fit_logistic({rows.begin(), rows.end()}, {false, true});
  EXPECT_NEAR(m.bias, 0, 1e-6);
  // w = 2 sigmoid(-w) has one solution.
  EXPECT_NEAR(m.weights[0], 2 / (1 + std::exp(m.weights[0])), 1e-4);
  EXPECT_THROW(fit_logistic({rows.begin(), rows.end()}, {true, true}), Error);
}

std::vector<ReferenceExample> examples(int each, double comb_hz) {
  std::vector<ReferenceExample> list;
  std::uint64_t seed = 100;
  for (const char* source : {"ai-a", "ai-b", "human-a", "human-b", "human-c"}) {
    const std::string name = source, label = name.substr(0, name.find('-'));
    for (int i = 0; i < each; ++i) {
      const std::string id = name + std::to_string(i);
      list.push_back({id, label, name, name, id,
                      fourier_features(take(2, ++seed, label == "ai" ? comb_hz : 0))});
    }
  }
  return list;
}

double cross_validated_auc(const std::vector<ReferenceExample>& list) {
  const FoldPlan plan = plan_folds(list, 2);
  std::vector<double> ai, human;
  for (int fold = 0; fold < plan.folds; ++fold) {
    const auto model = train_fold_model(list, training_set(list, plan, fold, ""), false);
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (plan.fold[i] != fold) continue;
      (list[i].label == "ai" ? ai : human).push_back(model->logit(list[i].features));
    }
  }
  return roc_auc(ai, human);
}

TEST(FourierReference, FindsACombInSourcesItNeverHeardAndNothingWhereThereIsNone) {
  EXPECT_GE(cross_validated_auc(examples(4, 86.1328125)), 0.99);
  EXPECT_LT(cross_validated_auc(examples(4, 0)), 0.9);
}

TEST(FourierReference, LeavesOutAGroupAndStillKnowsItsComb) {
  const auto list = examples(4, 86.1328125);
  const auto found = leave_groups_out(list, plan_folds(list, 2), false, 2);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_GE(found.at("ai-a").auc, 0.99);
  EXPECT_GE(found.at("ai-b").tpr, 0.75);
}

TEST(Folds, KeepSourcesWholeAndModelsBlind) {
  std::vector<ReferenceExample> list;
  for (int i = 0; i < 30; ++i) {
    const std::string label = i % 2 == 0 ? "ai" : "human";
    list.push_back(
        {std::to_string(i), label, label + std::to_string(i % 7), label, std::to_string(i), {}});
  }
  list.push_back({"resynthesis of 3", "resynthesised", "decoder", "decoder", "3", {}});
  const FoldPlan plan = plan_folds(list, 3);
  std::map<std::string, std::set<int>> folds;
  for (int i = 0; i < 30; ++i)
    folds[list[static_cast<std::size_t>(i)].source].insert(plan.fold[static_cast<std::size_t>(i)]);
  for (const auto& [source, in] : folds) EXPECT_EQ(in.size(), 1U) << source;
  EXPECT_EQ(plan.fold[30], plan.fold[3]);
  for (int fold = 0; fold < plan.folds; ++fold) {
    for (const std::size_t i : training_set(list, plan, fold, "")) {
      EXPECT_NE(plan.fold[i], fold);
      EXPECT_NE(list[i].label, "resynthesised");
    }
  }
}

TEST(Folds, NothingOfARecordingIsLearntThatIsScored) {
  std::vector<ReferenceExample> list = {{"song", "ai", "p", "g / a", "song", {}},
                                        {"twin", "ai", "q", "g / b", "song", {}},
                                        {"h", "human", "r", "r", "h", {}},
                                        {"i", "human", "s", "s", "i", {}}};
  const FoldPlan plan = plan_folds(list, 2);
  ASSERT_NE(plan.fold[0], plan.fold[1]);
  for (const std::size_t i : training_set(list, plan, plan.fold[0], "")) EXPECT_NE(i, 1U);
}

TEST(Folds, OneSourceIsDealtByRecordings) {
  std::vector<ReferenceExample> list;
  for (int i = 0; i < 6; ++i) {
    list.push_back({std::to_string(i),
                    i < 3 ? "ai" : "human",
                    i < 3 ? "one" : std::to_string(i),
                    "g",
                    std::to_string(i),
                    {}});
  }
  const FoldPlan plan = plan_folds(list, 3);
  EXPECT_FALSE(plan.ai_by_source);
  EXPECT_TRUE(plan.human_by_source);
  EXPECT_EQ(std::set<int>({plan.fold[0], plan.fold[1], plan.fold[2]}).size(), 3U);
}

}  // namespace
}  // namespace brandiron::experiments
