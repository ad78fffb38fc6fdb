#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/table.h"
#include "detector_study/fourier.h"
#include "fixtures.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

/// Hears how much the planted comb stands out; counts what it is asked.
class CombDetector final : public StudiedDetector {
 public:
  explicit CombDetector(std::string name = "comb") : name_(std::move(name)) {}
  std::string name() const override { return name_; }
  std::string identity() const override { return "comb 1"; }
  Hearing hear(const std::vector<fs::path>& files) const override {
    Hearing hearing;
    for (const fs::path& file : files) {
      ++asked;
      names.insert(file.stem().string());
      if (asked > dies_after) throw Error(ErrorCode::kOutput, "stopped by the test");
      const auto features = fourier_features(read_audio(file));
      HeardScore heard;
      for (int k = 5; k < 14; ++k) {
        heard.score +=
            features[static_cast<std::size_t>(std::lround(1102.5 * k / 2.691650390625)) - 1858];
      }
      heard.p = heard.score / 9;
      hearing.scores.push_back(heard);
    }
    hearing.wall_s = hearing.cpu_s = 0.01;
    return hearing;
  }
  mutable int asked = 0;
  mutable std::set<std::string> names;
  int dies_after = 1000000;

 private:
  std::string name_;
};

DetectorStudyOptions study(const TemporaryFolder& folder, std::shared_ptr<const CombDetector> d) {
  DetectorStudyOptions options;
  options.clips = testing::material(folder, 3);
  options.grid = testing::grid(
      {testing::row("noise", "noise(snr_db=30)"), testing::row("inverted", "polarity", "same")});
  options.detectors = {std::move(d)};
  options.folder = folder / "out";
  options.jobs = 2;
  return options;
}

std::string csv_of(const DetectorStudyOptions& options) {
  DetectorResults results = read_detector_results(options.folder);
  add_reference_scores(options, results);
  return detector_scores_csv(options, results);
}

DetectorFigures figures(const DetectorSummary& summary, const std::string& name) {
  for (const DetectorFigures& d : summary.detectors) {
    if (d.name == name) return d;
  }
  throw std::runtime_error("no detector " + name);
}

TEST(DetectorStudy, HearsEveryCopyOnceAndSaysWhatItIsWorth) {
  const TemporaryFolder folder;
  const auto detector = std::make_shared<CombDetector>();
  const auto options = study(folder, detector);
  EXPECT_TRUE(run_detector_study(options).empty());
  EXPECT_EQ(detector->asked, 36);
  EXPECT_EQ(detector->names.size(), 36U);
  DetectorResults results = read_detector_results(options.folder);
  add_reference_scores(options, results);
  const DetectorSummary summary = summarise_detectors(options, results);
  const DetectorFigures comb = figures(summary, "comb");
  EXPECT_EQ(comb.num_ai, 6U);
  EXPECT_EQ(comb.num_human, 6U);
  EXPECT_DOUBLE_EQ(comb.auc.value, 1);
  ASSERT_TRUE(comb.auc.by_recording && comb.auc.by_source);
  EXPECT_LT(comb.auc.by_recording->first, 0.7);  // six of six prove little, two of two less
  EXPECT_LT(comb.auc.by_source->first, comb.auc.by_recording->first);
  EXPECT_FALSE(comb.rates[0].supported);
  EXPECT_TRUE(comb.nested);
  EXPECT_DOUBLE_EQ(comb.nested_tpr, 1);
  EXPECT_TRUE(comb.ece.has_value());
  ASSERT_EQ(comb.rows.size(), 3U);
  EXPECT_EQ(comb.rows[0].row, "none");
  EXPECT_LT(comb.rows[2].drift_max, 0.01);  // polarity
  ASSERT_EQ(comb.groups.size(), 2U);
  EXPECT_EQ(comb.groups[0].auc_by_source.size(), 2U);
  EXPECT_GE(figures(summary, "fourier").auc.value, 0.9);
  EXPECT_TRUE(figures(summary, "fourier").groups[0].left_out_auc.has_value());
  EXPECT_LT(figures(summary, "random").auc.value, 0.95);
  EXPECT_NEAR(comb.realtime_cpu, 36 * 1.5 / (0.01 * static_cast<double>(results.batches.size())),
              1);
}

TEST(DetectorStudy, GoesOnWhereItStoppedAndEndsTheSame) {
  const TemporaryFolder folder;
  const auto whole = std::make_shared<CombDetector>();
  auto options = study(folder, whole);
  run_detector_study(options);
  const std::string expected = csv_of(options);

  const auto dying = std::make_shared<CombDetector>();
  dying->dies_after = 12;
  options.detectors = {dying};
  options.folder = folder / "again";
  EXPECT_THROW(run_detector_study(options), Error);
  // A torn line, as a kill leaves it.
  std::string torn = read_file(options.folder / kDetectorRecords);
  write_file(options.folder / kDetectorRecords, torn + "{\"kind\":\"sco", true);
  EXPECT_THROW(run_detector_study(options), Error);  // neither --resume nor --overwrite
  const auto rest = std::make_shared<CombDetector>();
  options.detectors = {rest};
  options.resume = true;
  run_detector_study(options);
  EXPECT_LT(rest->asked, 36);
  EXPECT_EQ(csv_of(options), expected);
}

TEST(DetectorStudy, MoreDetectorsMayJoinAndOtherSettingsMayNot) {
  const TemporaryFolder folder;
  auto options = study(folder, std::make_shared<CombDetector>());
  run_detector_study(options);
  const auto second = std::make_shared<CombDetector>("second");
  options.detectors.push_back(second);
  options.resume = true;
  run_detector_study(options);
  EXPECT_EQ(second->asked, 36);
  options.seed = 2;
  try {
    run_detector_study(options);
    FAIL() << "went on with another seed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfig);
    EXPECT_NE(std::string(error.what()).find("seed"), std::string::npos);
  }
}

class Failing final : public StudiedDetector {
 public:
  std::string name() const override { return "failing"; }
  std::string identity() const override { return ""; }
  Hearing hear(const std::vector<fs::path>&) const override {
    ++asked;
    Hearing hearing;
    hearing.failure = "ended with status 1";
    return hearing;
  }
  mutable int asked = 0;
};

TEST(DetectorStudy, AFailingDetectorStopsAloneAndIsNamed) {
  const TemporaryFolder folder;
  const auto comb = std::make_shared<CombDetector>();
  const auto failing = std::make_shared<Failing>();
  auto options = study(folder, comb);
  options.detectors = {failing, comb};
  const auto left_out = run_detector_study(options);
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_NE(left_out[0].find("failing: ended with status 1"), std::string::npos);
  EXPECT_EQ(failing->asked, 1);
  EXPECT_EQ(comb->asked, 36);
  DetectorResults results = read_detector_results(options.folder);
  add_reference_scores(options, results);
  const DetectorSummary summary = summarise_detectors(options, results);
  EXPECT_EQ(figures(summary, "failing").failure, "ended with status 1");
  EXPECT_NE(detector_text(summary).find("FAILED"), std::string::npos);
  EXPECT_NE(detector_page(options, summary, results).find("ended with status 1"),
            std::string::npos);
}

TEST(DetectorStudy, AnUnreadableFileIsNamedOnceAndLeftOut) {
  const TemporaryFolder folder;
  auto options = study(folder, std::make_shared<CombDetector>());
  write_file(options.clips[2].file, "no audio", true);
  const auto left_out = run_detector_study(options);
  ASSERT_EQ(left_out.size(), 1U);
  EXPECT_NE(left_out[0].find(options.clips[2].id), std::string::npos);
  DetectorResults results = read_detector_results(options.folder);
  add_reference_scores(options, results);
  EXPECT_EQ(figures(summarise_detectors(options, results), "comb").num_ai, 5U);
}

TEST(DetectorStudy, TakesScoresFromAFile) {
  const TemporaryFolder folder;
  auto options = study(folder, std::make_shared<CombDetector>());
  std::string csv = "id,score\nstranger,1\n";
  for (const DetectorClip& c : options.clips) csv += c.id + (c.label == "ai" ? ",2\n" : ",-2\n");
  write_file(folder / "s.csv", csv);
  options.score_files = {{"theirs", folder / "s.csv"}};
  run_detector_study(options);
  DetectorResults results = read_detector_results(options.folder);
  const DetectorFigures theirs = figures(summarise_detectors(options, results), "theirs");
  EXPECT_DOUBLE_EQ(theirs.auc.value, 1);
  EXPECT_EQ(theirs.rows.size(), 1U);
  EXPECT_FALSE(theirs.ece.has_value());  // -2 and 2 are no probabilities
}

TEST(DetectorStudy, TwoDetectorsOfOneNameAreRefused) {
  const TemporaryFolder folder;
  auto options = study(folder, std::make_shared<CombDetector>());
  options.detectors.push_back(std::make_shared<CombDetector>("random"));
  EXPECT_THROW(run_detector_study(options), Error);
}

// Figures of results that are written down here -------------------------------------------------

DetectorScore scored(const std::string& clip, double score, const std::string& row = "none") {
  return {"d", clip, row, score, std::nullopt, {}, ""};
}

TEST(DetectorFiguresByHand, NestedRatesComeFromTheOtherSources) {
  DetectorStudyOptions options;
  options.grid = testing::grid();
  DetectorResults results;
  const auto add = [&](const std::string& id, const std::string& label, const std::string& source,
                       double score) {
    options.clips.push_back(testing::clip(id, label, source));
    results.scores.push_back(scored(id, score));
  };
  add("h1", "human", "quiet", 0.1);
  add("h2", "human", "quiet", 0.2);
  add("h3", "human", "loud", 0.3);
  add("h4", "human", "loud", 0.9);
  add("a1", "ai", "g", 0.25);
  add("a2", "ai", "g", 0.95);
  const DetectorSummary summary = summarise_detectors(options, results);
  const DetectorFigures d = figures(summary, "d");
  // Fitted on quiet (0.2): both of loud are flagged. Fitted on loud (0.9): none of quiet.
  ASSERT_EQ(d.sources.size(), 2U);
  EXPECT_EQ(d.sources[0].source, "loud");
  EXPECT_DOUBLE_EQ(d.sources[0].fpr, 1);
  EXPECT_DOUBLE_EQ(d.sources[1].fpr, 0);
  EXPECT_DOUBLE_EQ(d.nested_fpr, 0.5);
  EXPECT_DOUBLE_EQ(d.nested_tpr, 0.75);  // both above 0.2, one above 0.9
  EXPECT_NEAR(d.precision, 0.75 * 0.44 / (0.75 * 0.44 + 0.5 * 0.56), 1e-12);
  EXPECT_DOUBLE_EQ(d.auc.value, 0.75);  // 0.25 beats two of four, 0.95 all
  EXPECT_DOUBLE_EQ(d.groups[0].auc_by_source.at("quiet"), 1);
  EXPECT_DOUBLE_EQ(d.groups[0].auc_by_source.at("loud"), 0.5);
}

TEST(DetectorFiguresByHand, OtherLabelsAreReportedAndNotJudged) {
  DetectorStudyOptions options;
  options.grid = testing::grid();
  DetectorResults results;
  for (const auto& [id, label, score] :
       std::vector<std::tuple<std::string, std::string, double>>{{"h1", "human", 0.1},
                                                                 {"h2", "human", 0.4},
                                                                 {"a", "ai", 0.8},
                                                                 {"r1", "resynthesised", 0.9},
                                                                 {"r2", "resynthesised", 0.2}}) {
    options.clips.push_back(testing::clip(id, label, label));
    results.scores.push_back(scored(id, score));
  }
  const DetectorSummary summary = summarise_detectors(options, results);
  const DetectorFigures d = figures(summary, "d");
  EXPECT_DOUBLE_EQ(d.auc.value, 1);
  ASSERT_EQ(d.labels.size(), 1U);
  EXPECT_EQ(d.labels[0].flagged, 1U);
  EXPECT_DOUBLE_EQ(d.labels[0].auc_over_human, 0.75);
  EXPECT_NEAR(d.labels[0].mean_p, 0.55, 1e-12);  // scores in [0, 1] are taken for probabilities
}

TEST(DetectorFiguresByHand, PeopleMadeAgainByAMachineAreARowAndNoAttack) {
  DetectorStudyOptions options;
  options.grid = testing::grid();
  options.grid.rows.clear();
  for (const char* kind : {"attack", "resynthesis"}) {
    DetectorRow row;
    row.id = row.title = row.kind = kind;
    if (row.kind == "resynthesis") row.labels = {"human"};
    options.grid.rows.push_back(row);
  }
  DetectorResults results;
  const auto add = [&](const std::string& id, const std::string& label, double clean,
                       double attacked) {
    options.clips.push_back(testing::clip(id, label, label));
    results.scores.push_back(scored(id, clean));
    results.scores.push_back(scored(id, attacked, "attack"));
  };
  add("h", "human", 0.1, 0.2);
  add("a", "ai", 0.8, 0.7);
  results.scores.push_back(scored("h", 0.9, "resynthesis"));
  const DetectorSummary summary = summarise_detectors(options, results);
  const DetectorFigures d = figures(summary, "d");
  ASSERT_EQ(d.rows.size(), 3U);
  EXPECT_DOUBLE_EQ(d.rows[2].auc.value, 0);  // against ai as it is
  EXPECT_DOUBLE_EQ(d.rows[2].fixed_fpr, 1);
  EXPECT_DOUBLE_EQ(d.worst_auc.value, 1);
  EXPECT_DOUBLE_EQ(d.mean_auc.value, 1);
}

TEST(DetectorFiguresByHand, MarkedTwinsOfTheManifestAreComparedInPairs) {
  DetectorStudyOptions options;
  options.grid = testing::grid();
  DetectorResults results;
  for (int i = 0; i < 4; ++i) {
    DetectorClip song = testing::clip("s" + std::to_string(i), "ai", "p");
    song.marked = true;
    DetectorClip twin = testing::clip("t" + std::to_string(i), "ai", "p");
    twin.parent_id = song.id;
    results.scores.push_back(scored(song.id, 0.5 + 0.01 * i));
    results.scores.push_back(scored(twin.id, 0.4 + 0.01 * i));
    options.clips.push_back(song);
    options.clips.push_back(twin);
  }
  options.clips.push_back(testing::clip("h", "human", "q"));
  results.scores.push_back(scored("h", 0));
  const DetectorSummary summary = summarise_detectors(options, results);
  const DetectorFigures d = figures(summary, "d");
  ASSERT_EQ(d.marks.size(), 1U);
  EXPECT_EQ(d.marks[0].pairs, 4U);
  EXPECT_DOUBLE_EQ(d.marks[0].auc.value, 1);
  EXPECT_NEAR(d.marks[0].mean_change, 0.1, 1e-12);
}

TEST(DetectorFiguresByHand, BoundariesLieWhereTheCurveCrosses) {
  DetectorStudyOptions options;
  options.grid = testing::grid();
  DetectorClip hybrid = testing::clip("x", "mixed", "mix");
  hybrid.spans = {{0, 10, false}, {10, 20, true}};
  options.clips = {hybrid, testing::clip("h", "human", "q"), testing::clip("a", "ai", "r")};
  DetectorResults results;
  DetectorCopy copy;
  copy.clip = "x";
  copy.row = "none";
  copy.duration_s = 20;
  results.copies = {copy};
  DetectorScore score = scored("x", 0.5);
  // Centres at 2.5, 7.5, 12.5, 17.5; crosses 0.5 half-way between 7.5 and 12.5 + 1 s.
  score.segments = {{0, 5, 0.1}, {5, 10, 0.2}, {10, 15, 0.7}, {15, 20, 0.9}};
  results.scores = {score, scored("h", 0), scored("a", 1)};
  const DetectorSummary summary = summarise_detectors(options, results);
  const DetectorFigures d = figures(summary, "d");
  ASSERT_TRUE(d.segments.has_value());
  EXPECT_DOUBLE_EQ(d.segments->auc, 1);
  EXPECT_EQ(d.segments->boundaries, 1U);
  EXPECT_EQ(d.segments->missed, 0U);
  EXPECT_NEAR(*d.segments->boundary_error_s, 0.5, 1e-9);  // 7.5 + 5 * 0.3 / 0.5 = 10.5
}

TEST(DetectorTables, HoldEveryScoreAndReadBack) {
  const TemporaryFolder folder;
  auto options = study(folder, std::make_shared<CombDetector>());
  options.clips[0].recording = "a \"title\", with a comma";
  run_detector_study(options);
  DetectorResults results = read_detector_results(options.folder);
  add_reference_scores(options, results);
  const Table table = parse_csv(detector_scores_csv(options, results), "scores.csv");
  EXPECT_EQ(table.rows.size(), results.scores.size());
  std::set<std::string> detectors, recordings;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    detectors.insert(table.at(i, "detector"));
    recordings.insert(table.at(i, "recording"));
  }
  EXPECT_TRUE(detectors.contains("comb") && detectors.contains("fourier") &&
              detectors.contains("random") && detectors.contains("content-free"));
  EXPECT_TRUE(recordings.contains("a \"title\", with a comma"));
  const auto json = nlohmann::json::parse(detector_json(summarise_detectors(options, results)));
  EXPECT_EQ(json.at("schema"), "brandiron.detector-study/1");
}

}  // namespace
}  // namespace brandiron::experiments
