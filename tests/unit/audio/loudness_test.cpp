#include "brandiron/core/audio/loudness.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/test_audio.h"

namespace brandiron {
namespace {

TEST(Loudness, AStereoKilohertzSineOfMinus23DbfsHasMinus23Lufs) {
  // EBU Tech 3341, case 1.
  const double amplitude = std::pow(10.0, -23.0 / 20.0);
  const Loudness found = measure_loudness(testing::tone(1000.0, 20.0, 48000, amplitude, 2));
  EXPECT_NEAR(found.integrated_lufs, -23.0, 0.1);
  EXPECT_NEAR(found.sample_peak_dbfs, -23.0, 0.01);
  EXPECT_NEAR(found.true_peak_dbtp, -23.0, 0.2);
  EXPECT_NEAR(found.range_lu, 0.0, 0.1);
}

TEST(Loudness, ATruePeakBetweenSamplesIsFound) {
  // A quarter of the rate, 45 degrees off: every sample is 3 dB below the peak.
  AudioBuffer audio(1, 48000, 48000);
  for (std::size_t i = 0; i < audio.num_frames(); ++i) {
    audio.channel(0)[i] = static_cast<float>(
        0.5 * std::sin(1.5707963267948966 * static_cast<double>(i) + 0.785398163));
  }
  const Loudness found = measure_loudness(audio);
  EXPECT_NEAR(found.sample_peak_dbfs, -9.03, 0.02);
  EXPECT_NEAR(found.true_peak_dbtp, -6.02, 0.4);
}

TEST(Loudness, SilenceAndEmptyAudioAreMinusInfinity) {
  for (const std::size_t frames : {0UL, 44100UL}) {
    const Loudness found = measure_loudness(AudioBuffer(2, frames, 44100));
    EXPECT_TRUE(std::isinf(found.integrated_lufs) && found.integrated_lufs < 0);
    EXPECT_TRUE(std::isinf(found.true_peak_dbtp) && found.true_peak_dbtp < 0);
  }
}

TEST(Loudness, OfTheWholeIsTheSameWithoutTruePeaks) {
  const AudioBuffer audio = testing::tone(440.0, 2.0, 44100, 0.3, 2);
  EXPECT_EQ(integrated_loudness(audio), measure_loudness(audio).integrated_lufs);
  EXPECT_EQ(integrated_loudness(AudioBuffer(2, 44100, 44100)),
            measure_loudness(AudioBuffer(2, 44100, 44100)).integrated_lufs);
}

TEST(Loudness, OddRatesAndEightChannelsAreMeasured) {
  EXPECT_TRUE(std::isfinite(measure_loudness(testing::tone(440.0, 1.0, 8000)).integrated_lufs));
  EXPECT_TRUE(
      std::isfinite(measure_loudness(testing::tone(440.0, 1.0, 192000, 0.5, 8)).integrated_lufs));
}

}  // namespace
}  // namespace brandiron
