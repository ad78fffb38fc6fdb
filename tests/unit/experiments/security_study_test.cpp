#include "brandiron/experiments/security_study.h"

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

// Noise under plucked strings: dense enough to carry a mark within 12 s.
StudyFile recording(const TemporaryFolder& folder, std::uint64_t seed) {
  const std::string name = "r" + std::to_string(seed);
  AudioBuffer audio = testing::plucked_music(12.0, 44100, 1, seed);
  audio.add(testing::noise(12.0, 44100, 0.05, 1, seed));
  WriteOptions write;
  write.sample_format = SampleFormat::kFloat32;
  write_audio(folder / (name + ".wav"), audio, write);
  return {name, "test", folder / (name + ".wav")};
}

SecurityOptions study(const TemporaryFolder& folder, int recordings,
                      std::vector<std::string> attacks) {
  SecurityOptions options;
  for (int i = 1; i <= recordings; ++i) {
    options.files.push_back(recording(folder, static_cast<std::uint64_t>(i)));
  }
  options.attacks = std::move(attacks);
  options.folder = folder / "out";
  return options;
}

const SecurityRow& row(const std::vector<SecurityRow>& rows, const std::string& setting) {
  for (const SecurityRow& r : rows) {
    if (r.setting == setting) return r;
  }
  throw std::runtime_error("no row " + setting);
}

TEST(SecurityStudy, FindsBothMarksWhereOneLiesOverTheOther) {
  const TemporaryFolder folder;
  const auto rows = summarise_security(run_security_study(study(folder, 1, {"overwrite"})));
  EXPECT_EQ(row(rows, "another key over it: the first mark").first, 1U);
  EXPECT_EQ(row(rows, "another key over it: the second mark").first, 1U);
  // Twice the power of the marks.
  EXPECT_NEAR(row(rows, "one mark").sdr_mean_db -
                  row(rows, "another key over it: the first mark").sdr_mean_db,
              3.0, 1.0);
}

TEST(SecurityStudy, ForgesAndRemovesForWhomeverHasTheOriginal) {
  const TemporaryFolder folder;
  const auto rows = summarise_security(run_security_study(study(folder, 2, {"difference"})));
  const SecurityRow& forged = row(rows, "cells copied to an unmarked recording");
  EXPECT_EQ(forged.n, 2U);
  EXPECT_EQ(forged.first, 2U);
  EXPECT_GT(forged.agreement_mean, 0.8);
  EXPECT_EQ(row(rows, "cells of its own difference taken from it").present, 0U);
  EXPECT_EQ(row(rows, "samples added to an unmarked recording").present, 0U);
}

TEST(SecurityStudy, KnowsMoreSignsTheMoreRecordingsItSees) {
  const TemporaryFolder folder;
  SecurityOptions options = study(folder, 4, {"estimation"});
  options.most_files = 1;
  const auto rows = summarise_security(run_security_study(options));
  const double one = row(rows, "1 recording of one payload: removal, strength 1").agreement_mean;
  const double three = row(rows, "3 recordings of one payload: removal, strength 1").agreement_mean;
  EXPECT_GT(one, 0.52);
  EXPECT_GT(three, one + 0.02);
}

TEST(SecurityStudy, SaysWhatItWasGivenThatIsNone) {
  const TemporaryFolder folder;
  EXPECT_THROW((void)run_security_study(study(folder, 1, {"guessing"})), Error);
  SecurityOptions short_one = study(folder, 0, {});
  write_audio(folder / "s.wav", testing::noise(1.0));
  short_one.files.push_back({"s", "test", folder / "s.wav"});
  EXPECT_THROW((void)run_security_study(short_one), Error);
}

TEST(SecuritySummary, CountsWhatWasRead) {
  std::vector<SecurityTrial> trials(4);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    trials[i].attack = "a";
    trials[i].setting = i < 3 ? "x" : "y";
    trials[i].p = 0.1 * static_cast<double>(i + 1);
    trials[i].read = static_cast<int>(i) + SecurityTrial::kWrong;
    trials[i].present = i != 1;
  }
  const auto rows = summarise_security(trials);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].n, 3U);
  EXPECT_EQ(rows[0].present, 2U);
  EXPECT_EQ(rows[0].wrong, 1U);
  EXPECT_EQ(rows[0].first, 1U);
  EXPECT_EQ(rows[1].other, 1U);
  EXPECT_DOUBLE_EQ(rows[0].p_median, 0.2);
  EXPECT_DOUBLE_EQ(rows[0].p_max, 0.1 * 3);
  const auto json = nlohmann::json::parse(security_json(rows));
  EXPECT_EQ(json.at("schema"), "brandiron.security-study/1");
  EXPECT_EQ(json.at("rows").at(0).at("wrong_payload"), 1);
  EXPECT_NE(security_text(rows).find("0.2"), std::string::npos);
}

}  // namespace
}  // namespace brandiron::experiments
