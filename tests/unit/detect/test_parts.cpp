#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "detect/src/closed_form.h"
#include "detect/src/fit_parts.h"
#include "detect/src/spans.h"
#include "test_audio.h"

namespace brandiron::detect {
namespace {

TEST(LogisticRegression, FindsTheColumnThatDecides) {
  Rng rng(1, "logistic");
  LabelledRows rows;
  for (int i = 0; i < 400; ++i) {
    const double label = i % 2;
    const std::vector<double> row = {rng.normal() + 2 * label, 100 * rng.normal(), 5.0};
    rows.add(row, label, 1);
  }
  const LogisticModel model = fit_logistic(rows, 1e-3);
  EXPECT_GT(model.weights[0], 5 * std::abs(model.weights[1]));
  EXPECT_NEAR(model.weights[2], 0, 1e-6);  // a constant says nothing
  EXPECT_GT(model.logit(std::vector<double>{3, 0, 5}), 1);
  EXPECT_LT(model.logit(std::vector<double>{-1, 0, 5}), -1);
  EXPECT_THROW(model.logit(std::vector<double>{1}), Error);
}

TEST(LogisticRegression, DoesNotMindHowManyThereAreOfEach) {
  Rng rng(2, "logistic");
  LabelledRows rows;
  for (int i = 0; i < 1000; ++i) {
    const double label = i % 20 == 0 ? 1 : 0;
    rows.add(std::vector<double>{rng.normal() + 2 * label}, label, 1);
  }
  // Half way between the classes neither is likelier.
  EXPECT_NEAR(fit_logistic(rows, 1e-4).logit(std::vector<double>{1}), 0, 0.4);
  LabelledRows one;
  one.add(std::vector<double>{1}, 1, 1);
  EXPECT_THROW(fit_logistic(one, 1e-3), Error);
}

TEST(Novelty, IsOneForItsOwnKindAndLargeElsewhere) {
  Rng rng(3, "gaussian");
  std::vector<double> rows;
  for (int i = 0; i < 500; ++i) {
    const double a = rng.normal();
    rows.insert(rows.end(), {a, 0.9 * a + 0.3 * rng.normal(), 10 + 4 * rng.normal()});
  }
  const Gaussian g = fit_gaussian(rows, 3, 0.0);
  double mean = 0;
  for (int i = 0; i < 500; ++i) mean += g.distance(std::span(rows).subspan(3 * i, 3)) / 500;
  EXPECT_NEAR(mean, 1, 0.1);
  EXPECT_GT(g.distance(std::vector<double>{2, -2, 10}), 10);  // against the correlation
  EXPECT_THROW(fit_gaussian(std::vector<double>{1, 2, 3}, 3, 0), Error);
  EXPECT_THROW(g.distance(std::vector<double>{1}), Error);
}

TEST(AttentionPooling, TheTrackIsTheWeightedMeanOfItsSteps) {
  const DetectorModel model = testing::toy_model();
  const AudioBuffer audio = testing::pluck_song(13, 44100, 1, 1, 0.5);
  const AudioFeatures features =
      features_of_canonical(canonical_audio(audio, model.features), model.features);
  const NetworkScores scores = run_network(model.net, features.mel, model.features, 256);
  ASSERT_GE(scores.segment_start_s.size(), 2U);
  // The log odds are no linear function of the logits, but the logits of an answer are.
  std::vector<float> segment(model.features.segment_size());
  double sum = 0, weight = 0;
  for (const std::size_t start : segment_starts(features.mel.num_windows, 256, model.features)) {
    ASSERT_TRUE(cut_segment(features.mel, start, model.features, segment));
    const models::SegmentScores s = model.net.score(segment)[0];
    for (std::size_t j = 0; j < s.attention.size(); ++j) {
      sum += std::exp(s.attention[j]) * s.outputs[j * model.net.config().num_outputs() + 1];
      weight += std::exp(s.attention[j]);
    }
  }
  EXPECT_NEAR(scores.outputs[1], sum / weight, 1e-4);
  double total = 0;
  for (const double p : answer(scores.outputs, kFamily)) total += p;
  EXPECT_NEAR(total, 1, 1e-9);
}

TEST(Families, SharesSumToOneWithAndWithoutCombsAndRareOnesHaveNone) {
  const DetectorModel model = testing::toy_model();
  ClosedForms forms = model.forms;
  const std::size_t width = family_width(forms.combs.size());
  const std::vector<double> zeros(width, 0.0), ones(width, 1.0);
  for (const std::size_t f : {0U, 1U, 2U}) forms.families[f] = {zeros, ones, zeros, -3.0};
  forms.families[1].bias = 3;
  const AudioFeatures features = features_of_canonical(
      canonical_audio(testing::pluck_song(9, 44100, 1, 5, 0.0), model.features), model.features);
  const NetworkScores network =
      run_network(model.net, features.mel, model.features, model.features.segment_windows);
  AudioFeatures without = features;
  without.comb.steps.clear();
  for (const AudioFeatures* heard : std::vector<const AudioFeatures*>{&features, &without}) {
    const std::vector<double> shares = run_branches(network, *heard, forms).families;
    ASSERT_EQ(shares.size(), kFamilies.size());
    EXPECT_NEAR(std::accumulate(shares.begin(), shares.end(), 0.0), 1, 1e-9);
    EXPECT_GT(shares[1], 0.5);
    EXPECT_EQ(shares[5], 0);
  }
  const std::vector<double> alone = run_branches(network, features, model.forms).families;
  EXPECT_EQ(alone, answer(network.outputs, kFamily));  // nothing was learnt of families
  const ClosedForms again = [&] {
    ClosedForms read = ClosedForms::from_json(forms.to_json());
    read.human = forms.human;
    return read;
  }();
  EXPECT_EQ(run_branches(network, features, again).families,
            run_branches(network, features, forms).families);
}

std::vector<StepScore> steps_of(double duration_s, double from_s, double to_s, double noise) {
  Rng rng(4, "steps");
  std::vector<StepScore> steps;
  for (double t = 0; t < duration_s; t += 0.37) {
    const double truth = t >= from_s && t < to_s ? 2.0 : -2.0;
    steps.push_back({t, truth + noise * rng.normal(), 0});
  }
  return steps;
}

TEST(Spans, FindsTheStretchAndItsEdges) {
  const auto spans = spans_of(steps_of(40, 12, 25, 1.0), 40, {1, 0}, 0);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_NEAR(spans[0].start_s, 12, 1);
  EXPECT_NEAR(spans[0].end_s, 25, 1);
  EXPECT_GT(spans[0].p_ai, 0.8);
}

TEST(Spans, HumanMusicHasNoneAndOneSecondIsNotEnough) {
  EXPECT_TRUE(spans_of(steps_of(40, 50, 60, 2.0), 40, {1, 0}, 0).empty());
  EXPECT_TRUE(spans_of(steps_of(40, 12, 13, 0.5), 40, {1, 0}, 0).empty());
  EXPECT_TRUE(spans_of({}, 40, {1, 0}, 0).empty());
}

TEST(Spans, DoubtfulPeopleAreToldFromAMachineByTheChange) {
  std::vector<StepScore> steps = steps_of(40, 12, 25, 0.5);
  for (StepScore& step : steps) step.synthetic += 2.5;  // all of it above even odds
  const auto spans = spans_of(steps, 40, {1, 0}, 0);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_NEAR(spans[0].start_s, 12, 1);
  EXPECT_NEAR(spans[0].end_s, 25, 1);
  // One level alone is synthetic throughout, however it wavers.
  std::vector<StepScore> one = steps_of(40, 0, 40, 1.0);
  const auto whole = spans_of(one, 40, {1, 0}, 0);
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_NEAR(whole[0].end_s - whole[0].start_s, 40, 1);
}

TEST(Spans, TheCurveHasAValueASecond) {
  const auto curve = curve_of(steps_of(40.5, 12, 25, 0.5), 40.5, {1, 0}, 0);
  ASSERT_EQ(curve.size(), 41U);
  EXPECT_GT(curve[18].p_ai, 0.8);
  EXPECT_LT(curve[3].p_ai, 0.2);
  EXPECT_DOUBLE_EQ(curve.back().end_s, 40.5);
}

HeldOut held_out(const std::string& label, int title, double network, double re) {
  HeldOut row{label,    label + std::to_string(title % 3), std::to_string(title), label, {},
              {network}};
  row.scores.network = network;
  row.scores.network_resynthesised = re;
  return row;
}

TEST(Calibration, KeepsDecodedHumanMusicFromBeingCalledAi) {
  Rng rng(5, "calibration");
  std::vector<HeldOut> rows;
  for (int i = 0; i < 120; ++i) {
    rows.push_back(held_out("human", i, -3 + rng.normal(), 0));
    rows.push_back(held_out("ai", i, 3 + rng.normal(), -4 + rng.normal()));
    rows.push_back(held_out("resynthesised", i, 3 + rng.normal(), 4 + rng.normal()));
  }
  std::vector<const HeldOut*> pointers;
  for (const HeldOut& row : rows) pointers.push_back(&row);
  TrainPlan plan;
  const Calibration c = fit_calibration(pointers, plan, false);
  EXPECT_EQ(c.ai.n, 120);
  int accused = 0, found = 0;
  for (const HeldOut& row : rows) {
    const bool ai = verdict_of(judge(row.scores, c, false), c) == "ai";
    if (row.label == "ai") found += ai ? 1 : 0;
    if (row.label != "ai") accused += ai ? 1 : 0;
  }
  EXPECT_GE(found, 114);
  EXPECT_LE(accused, 2);
  EXPECT_EQ(Calibration::from_json(c.to_json()).to_json(), c.to_json());
  EXPECT_THROW(Calibration::from_json("{}"), Error);
}

TEST(Calibration, AFewOfAnotherSystemHaveASayBesideManyOfOurs) {
  // The network knows ours and takes the other system for people; novelty tells that.
  const auto found_at = [](double own_share) {
    Rng rng(5, "kinds");
    std::vector<HeldOut> rows;
    const auto add = [&](const std::string& label, const std::string& kind, int title,
                         double network, double novelty) {
      rows.push_back(held_out(label, title, network + rng.normal(), 0));
      rows.back().kind = kind;
      rows.back().source = kind + std::to_string(title % 3);
      rows.back().scores.novelty = novelty + rng.normal();
    };
    for (int i = 0; i < 200; ++i) add("human", "human", i, -2, 0);
    for (int i = 0; i < 400; ++i) add("ai", kOwnKind, i, 2, 0.5);
    for (int i = 0; i < 12; ++i) add("ai", "another", i, -2, 3);
    std::vector<const HeldOut*> pointers;
    for (const HeldOut& row : rows) pointers.push_back(&row);
    TrainPlan plan;
    plan.fusion_own_share = own_share;
    const Calibration c = fit_calibration(pointers, plan, false);
    std::vector<double> people, others;
    for (const HeldOut& row : rows) {
      const double llr = judge(row.scores, c, false).llr;
      if (row.label == "human") people.push_back(llr);
      if (row.kind == "another") others.push_back(llr);
    }
    return roc_auc(others, people);
  };
  EXPECT_GT(found_at(2), 0.9);
  EXPECT_LT(found_at(100), 0.85);
}

TEST(Calibration, NoveltyCountsNoFurtherThanWhereNothingIsCalledHuman) {
  BranchScores odd;
  odd.novelty = 50;
  EXPECT_EQ(fusion_row(odd, false, 2.5)[1], 2.5);
  EXPECT_EQ(fusion_row(odd, false, 60)[1], 50);
}

}  // namespace
}  // namespace brandiron::detect
