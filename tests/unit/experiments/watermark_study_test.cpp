#include "brandiron/experiments/watermark_study.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>

#include "brandiron/core/audio/effects.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "experiments/src/process/child_process.h"
#include "experiments/src/watermark_study/chain.h"
#include "experiments/src/watermark_study/records.h"
#include "experiments/src/watermark_study/statistics.h"
#include "support/temporary_folder.h"

namespace brandiron::experiments {
namespace {

using brandiron::testing::TemporaryFolder;
using ByFile = std::map<std::string, std::vector<double>>;

TEST(ClusteredEstimate, CountsFilesAndNotReadingsWhereAllAgree) {
  const Estimate one_file = clustered_estimate({{"a", std::vector<double>(100, 1.0)}}, true);
  EXPECT_EQ(one_file.method, "wilson");
  EXPECT_EQ(one_file.n, 100U);
  EXPECT_NEAR(one_file.low, 0.2065, 0.001);  // Wilson, 1 of 1
  ByFile ten;
  for (int i = 0; i < 10; ++i) ten[std::to_string(i)] = {1, 1, 1};
  EXPECT_NEAR(clustered_estimate(ten, true).low, 0.7225, 0.001);  // 10 of 10
}

TEST(ClusteredEstimate, IsWiderWhenReadingsOfAFileGoTogether) {
  ByFile together, apart;
  for (int i = 0; i < 20; ++i) {
    const double file = i % 2;
    together[std::to_string(i)] = {file, file, file, file};
    apart[std::to_string(i)] = {0, 1, file, 1 - file};
  }
  const Estimate a = clustered_estimate(together, true);
  EXPECT_NEAR(a.value, 0.5, 1e-12);
  EXPECT_EQ(a.method, "bootstrap");
  EXPECT_NEAR(a.high - a.low, 2 * 1.96 * 0.5 / std::sqrt(20.0), 0.06);
  // Every file has the share 0.5: nothing is left to vary, and Wilson's interval of 20 stands.
  EXPECT_EQ(clustered_estimate(apart, true).method, "wilson");
}

TEST(ClusteredEstimate, IsTheSameEveryTime) {
  const ByFile data = {{"a", {1, 0}}, {"b", {1, 1}}, {"c", {0, 0}}};
  EXPECT_EQ(clustered_estimate(data, true).low, clustered_estimate(data, true).low);
}

TEST(Wilson, AgreesWithItsTable) {
  const Interval none = wilson(0, 10);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.2775, 0.0005);
  const Interval half = wilson(5, 10);
  EXPECT_NEAR(half.low, 0.2366, 0.0005);
  EXPECT_NEAR(half.high, 0.7634, 0.0005);
}

TEST(DetCurve, FallsInMissesAsFalsePositivesRise) {
  const auto curve = det_curve({5, 6, 7, 1}, {0, 1, 2});
  ASSERT_FALSE(curve.empty());
  EXPECT_EQ(curve.front().false_positive, 0);
  EXPECT_EQ(curve.back().miss, 0);
  for (std::size_t i = 1; i < curve.size(); ++i) {
    EXPECT_LE(curve[i].miss, curve[i - 1].miss);
    EXPECT_GE(curve[i].false_positive, curve[i - 1].false_positive);
  }
  // Three of four marked lie above every unmarked one.
  EXPECT_EQ(curve[2].false_positive, 0);
  EXPECT_NEAR(curve[2].miss, 0.25, 1e-12);
}

TEST(AttackGrid, OfTheIssueHoldsItsRowsAndTargets) {
  const AttackGrid grid = read_attack_grid("issue");
  std::set<std::string> ids;
  for (const AttackRow& row : grid.rows) ids.insert(row.id);
  for (const char* id : {"none", "mp3-48", "aac-64", "opus-16", "tempo-1.10", "pitch-2", "wow",
                         "drop-0.1", "song-over", "mel-40", "air", "5s", "two-random"}) {
    EXPECT_TRUE(ids.contains(id)) << id;
  }
  for (const AttackRow& row : grid.rows) {
    EXPECT_TRUE(row.target_exact || row.target_present) << row.id;
    EXPECT_EQ(row.p_threshold, row.id == "5s" ? 1e-6 : 1e-9) << row.id;
  }
}

TEST(AttackGrid, SaysWhichRowHoldsAChainThatIsNone) {
  const TemporaryFolder folder;
  write_file(folder / "g.toml",
             "schema = \"brandiron.attack-grid/1\"\nname = \"x\"\n[[row]]\nid = \"a\"\nchain = "
             "\"mp4(1)\"\n");
  try {
    (void)read_attack_grid((folder / "g.toml").string());
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConfig);
    EXPECT_NE(std::string(error.what()).find("mp4"), std::string::npos) << error.what();
  }
}

TEST(AttackGrid, RefusesTheSameIdTwice) {
  const TemporaryFolder folder;
  const std::string row = "[[row]]\nid = \"a\"\nchain = \"none\"\n";
  write_file(folder / "g.toml", "schema = \"brandiron.attack-grid/1\"\nname = \"x\"\n" + row + row);
  EXPECT_THROW((void)read_attack_grid((folder / "g.toml").string()), Error);
}

TEST(DrawnChains, AreTwoDifferentRowsOfThePoolForEachSeed) {
  const AttackGrid grid = read_attack_grid("issue");
  const AttackRow& row = grid.rows.back();
  ASSERT_EQ(row.id, "two-random");
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto drawn = draw_chains(grid, row, Rng(seed));
    ASSERT_EQ(drawn.size(), 2U);
    EXPECT_NE(drawn[0], drawn[1]);
    EXPECT_EQ(drawn, draw_chains(grid, row, Rng(seed)));
    EXPECT_NO_THROW((void)EffectChain::parse(fill_chain(row.chain, "o.wav", drawn)));
    seen.insert(drawn.begin(), drawn.end());
  }
  EXPECT_GT(seen.size(), 25U);
  EXPECT_FALSE(seen.contains("none"));
}

TEST(ChildProcess, ReportsOutputStatusAndCpuTime) {
  const ChildResult result = run_child(split_words("sh -c \"echo one; exit 3\""));
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.output, "one\n");
  EXPECT_GE(result.cpu_s, 0);
  EXPECT_THROW((void)run_child({"brandiron-no-such-program"}), Error);
}

TEST(StudyTool, IsReadFromItsText) {
  const StudyTool tool = parse_study_tool("x=mark {in} {out} -p {payload};read {in};^ok {payload}");
  EXPECT_EQ(tool.name, "x");
  EXPECT_EQ(tool.embed, "mark {in} {out} -p {payload}");
  EXPECT_EQ(tool.verify, "read {in}");
  EXPECT_EQ(tool.success, "^ok {payload}");
  EXPECT_EQ(parse_study_tool("audiowmark").payload_bits, 128U);
  for (const char* bad : {"x", "x=mark {in} {out}", "x=mark {in};read {in}", "=a {in} {out};b {in}",
                          "x=mark {in} {out};read"}) {
    EXPECT_THROW((void)parse_study_tool(bad), Error) << bad;
  }
}

TEST(ResultLog, KeepsWhatWasMeasuredAndDropsATornLine) {
  const TemporaryFolder folder;
  StudyOptions options;
  options.folder = folder.path();
  const std::string header =
      R"({"schema":"brandiron.watermark-study/1","grid":"g","seed":1,"excerpt_s":60.0})";
  TrialResult trial;
  trial.tool = "brandiron";
  trial.file = "a \"quoted\" file";
  trial.row = "none";
  trial.p = 1.25e-77;
  trial.exact = true;
  { ResultLog(options, header).append(trial_line(trial)); }
  std::ofstream(folder / kResultsFile, std::ios::app) << R"({"kind":"trial","tool":"bra)";
  options.resume = true;
  ResultLog log(options, header);
  EXPECT_TRUE(log.has(trial_id(trial)));
  trial.repeat = 1;
  EXPECT_FALSE(log.has(trial_id(trial)));
  log.append(trial_line(trial));
  const StudyResults results = read_study_results(folder.path());
  ASSERT_EQ(results.trials.size(), 2U);
  EXPECT_EQ(results.trials[0].p, 1.25e-77);
  EXPECT_EQ(results.trials[0].file, trial.file);
  EXPECT_TRUE(results.trials[0].exact);
  EXPECT_EQ(results.trials[1].repeat, 1);
}

TEST(ResultLog, RefusesToMixRunsOfDifferentSeeds) {
  const TemporaryFolder folder;
  StudyOptions options;
  options.folder = folder.path();
  { ResultLog(options, R"({"schema":"brandiron.watermark-study/1","grid":"g","seed":1})"); }
  EXPECT_THROW(ResultLog(options, "{}"), Error);  // exists
  options.resume = true;
  EXPECT_THROW(
      ResultLog(options, R"({"schema":"brandiron.watermark-study/1","grid":"g","seed":2})"), Error);
}

StudyResults results_of(int files, int exact_files) {
  StudyResults results;
  results.header_json = R"({"schema":"brandiron.watermark-study/1","grid":"g"})";
  for (int i = 0; i < files; ++i) {
    TrialResult t;
    t.tool = "brandiron";
    t.file = std::to_string(i);
    t.row = "none";
    t.exact = t.present = i < exact_files;
    t.wrong = i == exact_files;
    t.p = t.exact ? 1e-20 : 0.5;
    t.duration_s = 60;
    t.cpu_s = 0.5;
    results.trials.push_back(t);
    t.negative = "twin";
    t.exact = t.present = t.wrong = false;
    t.p = i == 0 ? 0.05 : 1;
    results.trials.push_back(t);
  }
  return results;
}

TEST(StudySummary, ReachesATargetByTheShareMeasured) {
  AttackGrid grid;
  AttackRow row;
  row.id = "none";
  row.title = "none";
  row.target_exact = 0.95;
  grid.rows = {row};
  EXPECT_TRUE(summarise_study(results_of(20, 19), grid).rows.at(0).reached);
  const StudySummary missed = summarise_study(results_of(20, 18), grid);
  EXPECT_FALSE(missed.rows.at(0).reached);
  EXPECT_EQ(missed.rows.at(0).wrong, 1U);
  EXPECT_NE(study_text(missed).find("NOT REACHED"), std::string::npos);
  ASSERT_EQ(missed.negatives.size(), 1U);
  EXPECT_EQ(missed.negatives[0].n, 20U);
  EXPECT_EQ(missed.negatives[0].below.at(0.1), 1U);
  EXPECT_EQ(missed.negatives[0].below.at(0.01), 0U);
  EXPECT_NE(study_page(missed, results_of(20, 18), "").find("0 of 1"), std::string::npos);
}

}  // namespace
}  // namespace brandiron::experiments
