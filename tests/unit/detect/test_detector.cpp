#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/detect/detector.h"
#include "test_audio.h"

namespace brandiron::detect {
namespace {

namespace fs = std::filesystem;
using testing::pluck_song;
using testing::toy_model;

class DetectorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("brandiron-detector-" + std::to_string(getpid()));
    fs::create_directories(folder_);
    toy_model().save(weights(), true);
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path weights() const { return folder_ / "toy.safetensors"; }

  fs::path folder_;
};

bool has_evidence(const Detection& d, const std::string& kind) {
  return std::any_of(d.evidence.begin(), d.evidence.end(),
                     [&](const Evidence& e) { return e.kind == kind; });
}

void expect_sane(const Detection& d, double duration_s) {
  EXPECT_GE(d.p_ai, 0);
  EXPECT_LE(d.p_ai, 1);
  EXPECT_TRUE(std::isfinite(d.log_likelihood_ratio));
  ASSERT_FALSE(d.segments.empty());
  for (const DetectSegment& s : d.segments) {
    EXPECT_LT(s.start_s, s.end_s);
    EXPECT_LE(s.end_s, duration_s + 1e-9);
    EXPECT_TRUE(s.p_ai >= 0 && s.p_ai <= 1);
  }
  EXPECT_TRUE(has_evidence(d, "spectral-network"));
  EXPECT_TRUE(has_evidence(d, "scope"));
  for (const Evidence& e : d.evidence) EXPECT_EQ(e.text.back(), '.') << e.text;
}

TEST_F(DetectorTest, JudgesAnyRateAndChannelCount) {
  const auto detector = load_detector(weights());
  for (const int rate_hz : {8000, 22050, 44100, 192000}) {
    expect_sane(detector->detect(pluck_song(6, rate_hz, 1, 1, 0.5)), 6);
  }
  expect_sane(detector->detect(pluck_song(6, 44100, 8, 1, 0.5)), 6);
}

TEST_F(DetectorTest, TheSameMusicAtAnotherRateGetsNearlyTheSameScore) {
  const auto detector = load_detector(weights());
  const double a = detector->detect(pluck_song(8, 44100, 1, 1, 0.5)).log_likelihood_ratio;
  const double b = detector->detect(pluck_song(8, 96000, 1, 1, 0.5)).log_likelihood_ratio;
  EXPECT_NEAR(a, b, 0.5);
}

TEST_F(DetectorTest, OneSecondIsEnoughAndLessIsNot) {
  const auto detector = load_detector(weights());
  const Detection d = detector->detect(pluck_song(1.0, 44100, 2, 1, 0.5));
  expect_sane(d, 1.0);
  EXPECT_TRUE(has_evidence(d, "short"));
  EXPECT_THROW(detector->detect(pluck_song(0.5, 44100, 2, 1, 0.5)), Error);
}

TEST_F(DetectorTest, SilenceIsAnErrorAndNotAVerdict) {
  const auto detector = load_detector(weights());
  try {
    detector->detect(AudioBuffer(2, 44100 * 10, 44100));
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(std::string(e.what()).find("silent"), std::string::npos);
  }
}

TEST_F(DetectorTest, SilentStretchesAreLeftOutAndReported) {
  const auto detector = load_detector(weights());
  AudioBuffer audio = pluck_song(6, 16000, 1, 1, 0.5);
  audio.resize_frames(16000 * 20);
  const Detection d = detector->detect(audio);
  expect_sane(d, 20);
  EXPECT_TRUE(has_evidence(d, "silence"));
  EXPECT_LT(d.segments.back().start_s, 6);
}

TEST_F(DetectorTest, TelephoneBandIsReported) {
  const auto detector = load_detector(weights());
  EXPECT_TRUE(has_evidence(detector->detect(pluck_song(12, 4000, 1, 1, 0.5)), "narrow-band"));
}

TEST_F(DetectorTest, PriorMovesThePosteriorButNotTheVerdict) {
  const auto detector = load_detector(weights());
  const AudioBuffer audio = pluck_song(12, 44100, 2, 3, 0.5);
  const Detection even = detector->detect(audio, 0.5), rare = detector->detect(audio, 0.01);
  EXPECT_DOUBLE_EQ(even.log_likelihood_ratio, rare.log_likelihood_ratio);
  EXPECT_EQ(even.verdict, rare.verdict);
  EXPECT_LT(rare.p_ai, even.p_ai);
  EXPECT_NEAR(std::log(rare.p_ai / (1 - rare.p_ai)),
              rare.log_likelihood_ratio + std::log(0.01 / 0.99), 1e-9);
  // "p_ai >= threshold" and the verdict agree under every prior.
  for (const Detection& d : {even, rare}) {
    EXPECT_EQ(d.p_ai >= d.threshold.p_ai, d.verdict == "ai");
  }
  EXPECT_THROW(detector->detect(audio, 0.0), Error);
  EXPECT_THROW(detector->detect(audio, 1.0), Error);
  EXPECT_THROW(detector->detect(audio, std::nan("")), Error);
}

TEST_F(DetectorTest, TheThresholdCarriesItsTrials) {
  const Detection d = load_detector(weights())->detect(pluck_song(6, 44100, 1, 1, 0.5));
  EXPECT_EQ(d.threshold.n, 100);
  EXPECT_GE(d.threshold.fpr, 3.0 / d.threshold.n);
  EXPECT_NEAR(d.threshold.p_ai, 1 / (1 + std::exp(-1.0)), 1e-12);
}

TEST_F(DetectorTest, ThreadsAgree) {
  const auto detector = load_detector(weights());
  const AudioBuffer audio = pluck_song(6, 44100, 1, 1, 0.5);
  const double expected = detector->detect(audio).log_likelihood_ratio;
  std::vector<double> found(3);
  {
    std::vector<std::jthread> threads;
    for (double& x : found) {
      threads.emplace_back([&] { x = detector->detect(audio).log_likelihood_ratio; });
    }
  }
  for (const double x : found) EXPECT_EQ(x, expected);
}

TEST_F(DetectorTest, JsonKeepsTheContract) {
  const auto detector = load_detector(weights());
  const Detection d = detector->detect(pluck_song(12, 44100, 1, 1, 0.5));
  const auto json = nlohmann::json::parse(detection_json("a \"b\".mp3", d));
  EXPECT_EQ(json.at("schema"), "brandiron.detect/1");
  EXPECT_EQ(json.at("file"), "a \"b\".mp3");
  EXPECT_EQ(json.at("segments").size(), d.segments.size());
  EXPECT_EQ(json.at("model").at("sha256").get<std::string>().size(), 64U);
  EXPECT_EQ(json.at("threshold").at("n"), 100);
  EXPECT_TRUE(json.at("evidence").is_array());
  EXPECT_FALSE(nlohmann::json::parse(detection_json("x", d, false)).contains("segments"));
  EXPECT_NO_THROW(nlohmann::json::parse(detection_json("bad \xFF name", d)));
}

TEST_F(DetectorTest, TheCombCanBeLeftOut) {
  const AudioBuffer audio = pluck_song(12, 44100, 1, 1, 0.5);
  const Detection with = load_detector(weights())->detect(audio);
  const Detection without = load_detector(weights(), {.comb = false})->detect(audio);
  EXPECT_TRUE(has_evidence(with, "spectral-comb"));
  EXPECT_TRUE(has_evidence(with, "comb-share"));
  EXPECT_TRUE(has_evidence(with, "stride-lines"));
  EXPECT_TRUE(has_evidence(with, "lines-share"));
  EXPECT_FALSE(has_evidence(without, "spectral-comb"));
  EXPECT_FALSE(has_evidence(without, "comb-share"));
  EXPECT_FALSE(has_evidence(without, "stride-lines"));
  EXPECT_FALSE(has_evidence(without, "lines-share"));
}

TEST_F(DetectorTest, FineGivesACurveOfSecondsAndSpansInside) {
  const auto detector = load_detector(weights(), {.fine = true});
  const Detection d = detector->detect(pluck_song(20, 44100, 1, 1, 0.5));
  ASSERT_GE(d.curve.size(), 19U);
  for (std::size_t i = 0; i < d.curve.size(); ++i) {
    EXPECT_NEAR(d.curve[i].start_s, static_cast<double>(i), 1e-9);
  }
  for (const SyntheticSpan& s : d.spans) {
    EXPECT_LT(s.start_s, s.end_s);
    EXPECT_LE(s.end_s, 20 + 1e-9);
  }
  EXPECT_GT(d.segments.size(),
            load_detector(weights())->detect(pluck_song(20, 44100, 1, 1, 0.5)).segments.size());
}

TEST_F(DetectorTest, WindowsHearAPartAndSayWhere) {
  const auto detector = load_detector(weights(), {.windows = 3});
  const Detection d = detector->detect(pluck_song(100, 44100, 1, 1, 0.5));
  EXPECT_NEAR(d.heard_s, 30, 0.1);
  EXPECT_GT(d.segments.back().start_s, 70);
  EXPECT_LE(d.segments.back().end_s, 100);
  EXPECT_NEAR(detector->detect(pluck_song(12, 44100, 1, 1, 0.5)).heard_s, 12, 0.1);
  EXPECT_THROW(load_detector(weights(), {.fine = true, .windows = 3}), Error);
  EXPECT_THROW(load_detector(weights(), {.windows = -1}), Error);
}

TEST(Verdict, AHumanRecordingThroughADecoderIsNeverCalledAi) {
  Calibration c = toy_model().with_comb;
  EXPECT_EQ(verdict_of({.llr = 5, .resynthesised = -3, .novelty = 0}, c), "ai");
  EXPECT_EQ(verdict_of({.llr = 5, .resynthesised = 2, .novelty = 0}, c), "undecided");
  EXPECT_EQ(verdict_of({.llr = -5, .resynthesised = 2, .novelty = 0}, c), "human");
  EXPECT_EQ(verdict_of({.llr = 0, .resynthesised = 0, .novelty = 0}, c), "undecided");
}

TEST(Verdict, WhatIsUnlikeAllHumanMusicIsNotCalledHuman) {
  const Calibration c = toy_model().with_comb;
  EXPECT_EQ(verdict_of({.llr = -5, .resynthesised = 0, .novelty = 21}, c), "undecided");
}

TEST(Verdict, BoundariesLeaveOutWhatTheRateAllows) {
  std::vector<double> human;
  for (int i = 0; i < 200; ++i) human.push_back(i * 0.01);  // up to 1.99
  const Boundary two = choose_boundary(human, 1, 0.01, 0);
  EXPECT_EQ(two.errors, 2);
  EXPECT_NEAR(two.llr, 1.97, 1e-3);
  EXPECT_GE(two.rate, 3.0 / 200);
  EXPECT_EQ(choose_boundary(human, 1, 0.0, 0).errors, 0);
  EXPECT_NEAR(choose_boundary(human, 1, 0.01, 5).llr, 5, 1e-12);  // never inside the least
  EXPECT_LT(choose_boundary(human, -1, 0.0, 0.5).llr, -0.4);      // the other side
}

TEST_F(DetectorTest, MissingAndForeignWeightsAreModelErrors) {
  const auto code = [](const fs::path& path) {
    try {
      load_detector(path);
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find(path.filename().string()), std::string::npos)
          << e.what();
      return e.code();
    }
    return ErrorCode::kInternal;
  };
  EXPECT_EQ(code(folder_ / "missing.safetensors"), ErrorCode::kModel);
  write_file(folder_ / "text.safetensors", "this is no model at all");
  EXPECT_EQ(code(folder_ / "text.safetensors"), ErrorCode::kModel);
  // A network without a calibration must not judge.
  models::Safetensors bare = toy_model().net.to_tensors();
  models::write_safetensors(folder_ / "bare.safetensors", bare);
  EXPECT_EQ(code(folder_ / "bare.safetensors"), ErrorCode::kModel);
}

TEST(ShippedDetector, LoadsAndKeepsItsPromisesOnSize) {
  const fs::path path = fs::path(BRANDIRON_SOURCE_DIR) / "models/weights/detector.safetensors";
  if (!fs::exists(path)) GTEST_SKIP() << "no shipped weights";
  EXPECT_LT(fs::file_size(path), 4000000U);
  const auto detector = load_detector(path);
  const Detection d = detector->detect(pluck_song(60, 44100, 2, 1, 0.5));
  expect_sane(d, 60);
  EXPECT_GE(d.threshold.fpr, 3.0 / d.threshold.n);
  EXPECT_LT(d.seconds, 10);  // about 1 s alone on a core; the machine may be busy
}

TEST(ShippedDetector, DoesNotAccuseTheDemoRecordings) {
  const fs::path weights = fs::path(BRANDIRON_SOURCE_DIR) / "models/weights/detector.safetensors";
  const fs::path clips =
      fs::path(BRANDIRON_SOURCE_DIR) / "../shared/data/audio/human/fretsonfire-songs-sectoid";
  if (!fs::exists(weights) || !fs::exists(clips)) GTEST_SKIP() << "no weights or no ../shared";
  const auto detector = load_detector(weights);
  int accused = 0, n = 0;
  for (const auto& entry : fs::directory_iterator(clips)) {
    accused += detector->detect(read_audio(entry.path())).verdict == "ai" ? 1 : 0;
    ++n;
  }
  ASSERT_GT(n, 0);
  EXPECT_LE(accused, n / 8) << "of " << n;
}

}  // namespace
}  // namespace brandiron::detect
