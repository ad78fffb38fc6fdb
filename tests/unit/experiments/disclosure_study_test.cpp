#include "brandiron/experiments/disclosure_study.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "support/temporary_folder.h"
#include "support/test_audio.h"

namespace brandiron::experiments {
namespace {

using brandiron::testing::TemporaryFolder;
namespace testing = brandiron::testing;

DisclosureStudyOptions study(const TemporaryFolder& folder, int recordings) {
  DisclosureStudyOptions options;
  for (int i = 1; i <= recordings; ++i) {
    const std::string name = "r" + std::to_string(i);
    const auto seed = static_cast<std::uint64_t>(i);
    AudioBuffer audio = testing::plucked_music(16.0, 44100, 1, seed);
    audio.add(testing::noise(16.0, 44100, 0.05, 1, seed));
    write_audio(folder / (name + ".flac"), audio);
    options.files.push_back({name, "test", folder / (name + ".flac")});
  }
  options.excerpt_s = 15;
  options.observed = 1;
  options.folder = folder / "out";
  return options;
}

const DisclosureRow& row(const std::vector<DisclosureRow>& rows, const std::string& setting) {
  for (const DisclosureRow& r : rows) {
    if (r.setting == setting) return r;
  }
  throw std::runtime_error("no row " + setting);
}

TEST(DisclosureStudy, RecoversManifestsAndFlagsCopiedMarks) {
  const TemporaryFolder folder;
  DisclosureStudyOptions options = study(folder, 2);
  options.parts = {"genuine", "copied", "others"};
  options.jobs = 2;
  const DisclosureResults results = run_disclosure_study(options);
  const auto rows = summarise_disclosure(results.trials);
  const DisclosureRow& gain = row(rows, "gain(-9)");
  EXPECT_EQ(gain.n, 2U);
  EXPECT_EQ(gain.payload, 2U);
  EXPECT_EQ(gain.confirmed, 2U);
  EXPECT_EQ(gain.recovered, 2U);
  EXPECT_EQ(gain.by_audio, 2U);
  const DisclosureRow& copied = row(rows, "cells of the difference");
  EXPECT_EQ(copied.n, 1U);
  EXPECT_EQ(copied.payload, 1U);
  EXPECT_EQ(copied.copied, 1U);
  EXPECT_EQ(copied.recovered, 0U);
  EXPECT_EQ(row(rows, "mp3(64)").part, "genuine");
  EXPECT_GT(results.costs.fingerprint_bytes, 1000);
  EXPECT_LT(results.costs.fingerprint_bytes, 4000);
  EXPECT_TRUE(std::filesystem::exists(options.folder / "trials.jsonl"));
  // A study is not overwritten unasked.
  EXPECT_THROW((void)run_disclosure_study(options), Error);
}

TEST(DisclosureStudy, RefusesPartsAndMaterialThatItCannotUse) {
  const TemporaryFolder folder;
  DisclosureStudyOptions options = study(folder, 2);
  options.parts = {"guessing"};
  EXPECT_THROW((void)run_disclosure_study(options), Error);
  options.parts = {};
  options.excerpt_s = 40;
  EXPECT_THROW((void)run_disclosure_study(options), Error);
}

TEST(DisclosureSummary, CountsBindingsAndErrors) {
  std::vector<DisclosureTrial> trials(3);
  const std::vector<std::string> bindings{"confirmed", "copied", "unchecked"};
  for (std::size_t i = 0; i < trials.size(); ++i) {
    trials[i].part = "genuine";
    trials[i].setting = i < 2 ? "x" : "y";
    trials[i].binding = bindings[i];
    trials[i].payload = true;
    trials[i].recovered = i == 0;
    trials[i].bit_error_rate = 0.1 * static_cast<double>(i + 1);
  }
  const auto rows = summarise_disclosure(trials);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].n, 2U);
  EXPECT_EQ(rows[0].confirmed, 1U);
  EXPECT_EQ(rows[0].copied, 1U);
  EXPECT_EQ(rows[0].recovered, 1U);
  EXPECT_EQ(rows[1].unchecked, 1U);
  EXPECT_DOUBLE_EQ(rows[0].error_max, 0.2);
  const auto json = nlohmann::json::parse(disclosure_json(rows, {}));
  EXPECT_EQ(json.at("schema"), "brandiron.disclosure-study/1");
  EXPECT_EQ(json.at("rows").at(0).at("copied"), 1);
  EXPECT_NE(disclosure_text(rows, {}).find("genuine"), std::string::npos);
}

}  // namespace
}  // namespace brandiron::experiments
