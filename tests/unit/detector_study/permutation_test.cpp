#include <gtest/gtest.h>

#include "brandiron/core/rng.h"
#include "detector_study/references.h"
#include "fixtures.h"

namespace brandiron::experiments {
namespace {

/// A study of one detector, "d", that was asked of clean copies only.
class Heard {
 public:
  Heard() { options_.grid = testing::grid(); }

  void add(const std::string& label, const std::string& source, double score) {
    const std::string id = "c" + std::to_string(options_.clips.size());
    options_.clips.push_back(testing::clip(id, label, source));
    results_.scores.push_back({"d", id, "none", score, std::nullopt, {}, ""});
  }

  std::optional<PermutationFigures> permuted() const {
    return summarise_detectors(options_, results_).detectors.at(0).permuted;
  }

 private:
  DetectorStudyOptions options_;
  DetectorResults results_;
};

TEST(PermutedLabels, FourSourcesCanBeDealtInSixWays) {
  Heard heard;
  for (int i = 0; i < 5; ++i) {
    heard.add("human", "a", 1 + 0.01 * i);
    heard.add("human", "b", 2 + 0.01 * i);
    heard.add("ai", "c", 3 + 0.01 * i);
    heard.add("ai", "d", 4 + 0.01 * i);
  }
  const auto found = heard.permuted();
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->by_source);
  EXPECT_EQ(found->units, 4U);
  // An AUC of one, in one of the six: twenty clips, but a chance of a sixth.
  EXPECT_NEAR(*found->p, 1.0 / 6, 0.04);
  EXPECT_NEAR(found->mean_auc, 0.5, 0.05);
  EXPECT_EQ(found->low, 0);
  EXPECT_EQ(found->high, 1);
}

TEST(PermutedLabels, ManySourcesMakeAHighAucUnlikelyByChance) {
  Heard heard;
  for (int s = 0; s < 10; ++s) {
    heard.add("human", "h" + std::to_string(s), s);
    heard.add("ai", "a" + std::to_string(s), s + 8);
  }
  EXPECT_LT(*heard.permuted()->p, 0.01);
}

TEST(PermutedLabels, RecordingsAreDealtWhereAClassHasOneSource) {
  Heard heard;
  for (int i = 0; i < 6; ++i) {
    heard.add("human", "h" + std::to_string(i % 2), i);
    heard.add("ai", "only", i + 0.5);
  }
  const auto found = heard.permuted();
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->by_source);
  EXPECT_EQ(found->units, 12U);
}

TEST(PermutedLabels, NothingIsDealtWithOneRecordingOfAClass) {
  Heard heard;
  heard.add("human", "h", 0);
  heard.add("human", "h", 1);
  heard.add("ai", "a", 2);
  EXPECT_FALSE(heard.permuted());
}

/// Twelve sources that anyone can tell apart, whichever of them are ai.
std::vector<ReferenceExample> telling_sources() {
  std::vector<ReferenceExample> examples;
  Rng rng(3, "telling");
  for (int source = 0; source < 12; ++source) {
    std::vector<float> mark(12, 0.0F);
    for (float& x : mark) x = static_cast<float>(rng.normal());
    for (int i = 0; i < 4; ++i) {
      const std::string name = "s" + std::to_string(source);
      const std::string clip = name + "-" + std::to_string(i);
      std::vector<float> features = mark;
      for (float& x : features) x += static_cast<float>(0.05 * rng.normal());
      examples.push_back({clip, source % 2 == 0 ? "ai" : "human", name, name, clip, features});
    }
  }
  return examples;
}

TEST(PermutedLabels, AReferenceTaughtWithThemLearnsNothing) {
  const auto found = taught_permutation(telling_sources(), {true, 5, 2}, 1);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->deals, 20U);
  EXPECT_FALSE(found->p);
  EXPECT_LT(found->mean_auc, 0.6);
}

TEST(PermutedLabels, TheSameReferenceLearnsWhatItsOwnFoldShows) {
  // The test above could not fail if nothing could be learnt: here each source is in every fold.
  auto examples = telling_sources();
  for (std::size_t i = 0; i < examples.size(); ++i) {
    examples[i].source = examples[i].label + std::to_string(i % 4);
  }
  const auto scores = fold_scores(examples, {true, 4, 2});
  ASSERT_TRUE(scores);
  std::size_t right = 0;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    right += ((*scores)[i] > 0) == (examples[i].label == "ai") ? 1U : 0U;
  }
  EXPECT_GT(right, 45U);
}

}  // namespace
}  // namespace brandiron::experiments
