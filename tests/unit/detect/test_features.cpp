#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "brandiron/core/error.h"
#include "test_audio.h"

namespace brandiron::detect {
namespace {

using testing::pluck_song;

double mean_difference_db(const LogMel& a, const LogMel& b) {
  double sum = 0;
  const std::size_t n = std::min(a.db.size(), b.db.size());
  for (std::size_t i = 0; i < n; ++i) sum += std::abs(a.db[i] - b.db[i]);
  return sum / static_cast<double>(n);
}

TEST(Features, AreTheSameToTheBitEveryTime) {
  const AudioBuffer audio = pluck_song(6, 44100, 2, 1, 0.5);
  EXPECT_EQ(log_mel(audio, {}).db, log_mel(audio, {}).db);
}

TEST(Features, DoNotKnowTheLevelOrTheNumberOfChannels) {
  const AudioBuffer mono = pluck_song(6, 44100, 1, 1, 0.5);
  AudioBuffer quiet = mono;
  quiet.apply_gain(0.05F);
  AudioBuffer wide(8, mono.num_frames(), mono.rate_hz());
  wide.add(mono);
  const LogMel reference = log_mel(mono, {});
  EXPECT_LT(mean_difference_db(reference, log_mel(quiet, {})), 0.02);
  EXPECT_LT(mean_difference_db(reference, log_mel(wide, {})), 0.02);
}

TEST(Features, HearAToneAtItsLevelInItsBand) {
  AudioBuffer audio(1, 16000 * 5, 16000);
  for (std::size_t i = 0; i < audio.num_frames(); ++i) {
    audio.channel(0)[i] = static_cast<float>(
        0.1 * std::sin(2 * std::numbers::pi * 1000.0 * static_cast<double>(i) / 16000));
  }
  const FeatureConfig config;
  const LogMel mel = log_mel(audio, config);
  EXPECT_EQ(mel.num_mels, 80U);
  EXPECT_EQ(mel.num_windows, (80000U - 1024) / 320 + 1);
  const auto row = mel.window(mel.num_windows / 2);
  const auto top = std::max_element(row.begin(), row.end());
  EXPECT_NEAR(*top, -23, 4);  // a 1 kHz tone at -23 LUFS
  EXPECT_LT(row[0], -60);
  EXPECT_GE(*std::min_element(mel.db.begin(), mel.db.end()), -80.0F);
}

TEST(Features, BlocksLeaveNoSeams) {
  // 60 s spans two blocks of windows; a shifted copy puts the seam elsewhere.
  const AudioBuffer audio = pluck_song(60, 16000, 1, 2, 0.5);
  const FeatureConfig config;
  const LogMel whole = log_mel(audio, config);
  const LogMel shifted = log_mel(audio.slice(320 * 40, audio.num_frames()), config);
  double worst = 0;
  for (std::size_t t = 2000; t < 2100; ++t) {
    for (std::size_t m = 0; m < 80; ++m) {
      worst = std::max(
          worst, std::abs(static_cast<double>(whole.window(t)[m] - shifted.window(t - 40)[m])));
    }
  }
  EXPECT_LT(worst, 0.5);  // loudness of the excerpt differs by a little, nothing else
}

TEST(Features, SegmentsCoverTheRecording) {
  const FeatureConfig config;
  EXPECT_EQ(segment_starts(10, config), (std::vector<std::size_t>{0}));
  EXPECT_EQ(segment_starts(250, config), (std::vector<std::size_t>{0}));
  EXPECT_EQ(segment_starts(375, config), (std::vector<std::size_t>{0, 125}));
  EXPECT_EQ(segment_starts(460, config), (std::vector<std::size_t>{0, 125, 210}));
  for (std::size_t n = 250; n < 1500; n += 7) {
    const auto starts = segment_starts(n, config);
    EXPECT_LE(starts.back() + 250, n);
    EXPECT_LE(n - starts.back() - 250, 50U) << "more than a second left out of " << n;
  }
}

TEST(Features, ASegmentForgetsEqualisation) {
  const FeatureConfig config;
  LogMel mel = log_mel(pluck_song(6, 16000, 1, 3, 0.5), config);
  LogMel tilted = mel;
  for (std::size_t t = 0; t < mel.num_windows; ++t) {
    for (std::size_t m = 0; m < 80; ++m) tilted.db[t * 80 + m] += 0.1F * static_cast<float>(m);
  }
  std::vector<float> a(config.segment_size()), b(config.segment_size());
  ASSERT_TRUE(cut_segment(mel, 0, config, a));
  ASSERT_TRUE(cut_segment(tilted, 0, config, b));
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-3);
}

TEST(Features, ASilentSegmentSaysSo) {
  const FeatureConfig config;
  LogMel mel;
  mel.num_mels = 80;
  mel.num_windows = 300;
  mel.db.assign(300 * 80, -79.0F);
  std::vector<float> segment(config.segment_size(), 5.0F);
  EXPECT_FALSE(cut_segment(mel, 0, config, segment));
  EXPECT_EQ(segment[100], 0.0F);
}

TEST(Features, ShortSilentAndBrokenAudioIsRefused) {
  const FeatureConfig config;
  EXPECT_THROW(log_mel(pluck_song(0.9, 44100, 1, 1, 0), config), Error);
  EXPECT_THROW(log_mel(AudioBuffer(2, 441000, 44100), config), Error);
  AudioBuffer broken = pluck_song(3, 44100, 1, 1, 0);
  broken.channel(0)[1000] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(log_mel(broken, config), Error);
  EXPECT_THROW(log_mel(AudioBuffer(), config), Error);
}

TEST(Features, OppositePhaseDoesNotCancelTheMusic) {
  const AudioBuffer mono = pluck_song(4, 44100, 1, 1, 0.5);
  AudioBuffer opposed(2, mono.num_frames(), mono.rate_hz());
  for (std::size_t i = 0; i < mono.num_frames(); ++i) {
    opposed.channel(0)[i] = mono.channel(0)[i];
    opposed.channel(1)[i] = -mono.channel(0)[i];
  }
  EXPECT_LT(mean_difference_db(log_mel(mono, {}), log_mel(opposed, {})), 0.02);
}

TEST(Features, BandwidthIsSeen) {
  const FeatureConfig config;
  EXPECT_LT(bandwidth_hz(log_mel(pluck_song(5, 4000, 1, 4, 0.5), config), config), 2600);
  AudioBuffer noise(1, 80000, 16000);
  Rng rng(1, "noise");
  for (float& x : noise.samples()) x = static_cast<float>(0.1 * rng.normal());
  EXPECT_EQ(bandwidth_hz(log_mel(noise, config), config), 7000);
}

TEST(Features, ConfigurationTravelsAsText) {
  FeatureConfig config;
  config.high_hz = 6500;
  EXPECT_EQ(FeatureConfig::from_json(config.to_json()).to_json(), config.to_json());
  EXPECT_THROW(FeatureConfig::from_json("{}"), Error);
  config.segment_windows = 1U << 30U;
  EXPECT_THROW(FeatureConfig::from_json(config.to_json()), Error);
}

}  // namespace
}  // namespace brandiron::detect
