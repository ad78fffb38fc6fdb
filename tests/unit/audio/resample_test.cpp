#include "brandiron/core/audio/resample.h"

#include <gtest/gtest.h>

#include <cmath>

#include "brandiron/core/error.h"
#include "support/test_audio.h"

namespace brandiron {
namespace {

TEST(Resample, KeepsLengthPitchAndLevel) {
  for (const int rate_hz : {8000, 16000, 22050, 48000, 96000, 192000}) {
    const AudioBuffer audio = testing::tone(1000.0, 1.0, 44100, 0.5);
    const AudioBuffer found = resample(audio, rate_hz);
    ASSERT_EQ(found.rate_hz(), rate_hz);
    EXPECT_EQ(found.num_frames(), static_cast<std::size_t>(rate_hz));
    const AudioBuffer expected = testing::tone(1000.0, 1.0, rate_hz, 0.5);
    const std::size_t edge = static_cast<std::size_t>(rate_hz) / 20;
    EXPECT_GT(testing::snr_db(expected.slice(edge, expected.num_frames() - 2 * edge),
                              found.slice(edge, found.num_frames() - 2 * edge)),
              80.0)
        << rate_hz;
  }
}

TEST(Resample, RefusesSillyRatesAndTakesEmptyAudio) {
  EXPECT_THROW(resample(testing::tone(440.0, 0.1), 0), Error);
  EXPECT_THROW(resample(testing::tone(440.0, 0.1), 1000000), Error);
  EXPECT_EQ(resample(AudioBuffer(2, 0, 44100), 48000).num_frames(), 0U);
}

TEST(ChangeSpeed, MovesPitchAndLengthTogether) {
  const AudioBuffer found = change_speed(testing::tone(1000.0, 1.0), 1.25);
  EXPECT_EQ(found.rate_hz(), 44100);
  EXPECT_EQ(found.num_frames(), 55125U);
  const AudioBuffer expected = testing::tone(800.0, 1.25);
  EXPECT_GT(testing::snr_db(expected.slice(4000, 40000), found.slice(4000, 40000)), 70.0);
  EXPECT_THROW(change_speed(found, 0.0), Error);
  EXPECT_THROW(change_speed(found, std::nan("")), Error);
}

}  // namespace
}  // namespace brandiron
