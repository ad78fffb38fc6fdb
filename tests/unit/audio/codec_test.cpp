#include "brandiron/core/audio/codec.h"

#include <gtest/gtest.h>

#include <string>

#include "brandiron/core/error.h"
#include "support/test_audio.h"

namespace brandiron {
namespace {

std::string encoded(const AudioBuffer& audio, AudioFormat format, int bitrate_kbps) {
  WriteOptions options;
  options.bitrate_kbps = bitrate_kbps;
  return encode_audio(audio, format, options);
}

double kbps(const std::string& bytes, const AudioBuffer& audio) {
  return static_cast<double>(bytes.size()) * 8.0 / audio.duration_s() / 1000.0;
}

TEST(Mp3, FilesHaveTheConstantBitRateThatWasAsked) {
  const AudioBuffer audio = testing::plucked_music(8.0);
  for (const int asked : {32, 48, 64, 96, 128, 192, 256, 320}) {
    EXPECT_NEAR(kbps(encoded(audio, AudioFormat::kMp3, asked), audio), asked, 0.015 * asked)
        << asked << " kbit/s";
  }
}

TEST(Mp3, LowSampleRatesAlsoGetTheirBitRate) {
  const AudioBuffer audio = testing::plucked_music(8.0, 22050, 1);
  for (const int asked : {24, 32, 64, 128}) {
    EXPECT_NEAR(kbps(encoded(audio, AudioFormat::kMp3, asked), audio), asked, 0.015 * asked + 0.5)
        << asked << " kbit/s";
  }
}

TEST(Opus, FilesComeCloseToTheBitRateThatWasAsked) {
  const AudioBuffer audio = testing::plucked_music(8.0, 48000);
  for (const int asked : {24, 64, 128, 256}) {
    EXPECT_NEAR(kbps(encoded(audio, AudioFormat::kOpus, asked), audio), asked, 0.10 * asked)
        << asked << " kbit/s";
  }
}

TEST(Vorbis, MoreBitRateGivesALargerFileWithinTheCodecsHabits) {
  // Vorbis here is a quality scale: the rate is nominal and this music is easier than average.
  const AudioBuffer audio = testing::plucked_music(8.0);
  double last = 0.0;
  for (const int asked : {64, 96, 128, 192, 256, 320}) {
    const double found = kbps(encoded(audio, AudioFormat::kOggVorbis, asked), audio);
    EXPECT_GT(found, last);
    EXPECT_GT(found, 0.5 * asked);
    EXPECT_LT(found, 1.3 * asked);
    last = found;
  }
}

struct RoundTrip {
  AudioFormat format;
  int bitrate_kbps, rate_hz;
  std::size_t num_channels;
};

class RoundTrips : public ::testing::TestWithParam<RoundTrip> {};

TEST_P(RoundTrips, KeepRateChannelsLengthAndTime) {
  const RoundTrip p = GetParam();
  const AudioBuffer audio =
      testing::plucked_music(1.37, p.rate_hz, p.num_channels, static_cast<unsigned>(p.rate_hz));
  const AudioBuffer found = codec_round_trip(audio, p.format, p.bitrate_kbps);
  EXPECT_EQ(found.rate_hz(), audio.rate_hz());
  EXPECT_EQ(found.num_channels(), audio.num_channels());
  EXPECT_EQ(found.num_frames(), audio.num_frames());
  EXPECT_FALSE(found.has_non_finite());
  EXPECT_EQ(testing::best_lag(audio, found, 1500), 0);
  EXPECT_GT(testing::snr_db(audio, found), 1.5);
  EXPECT_LT(testing::snr_db(audio, found), 90.0);
}

INSTANTIATE_TEST_SUITE_P(CodecsAndRates, RoundTrips,
                         ::testing::Values(RoundTrip{AudioFormat::kMp3, 32, 44100, 2},
                                           RoundTrip{AudioFormat::kMp3, 128, 44100, 2},
                                           RoundTrip{AudioFormat::kMp3, 32, 22050, 1},
                                           RoundTrip{AudioFormat::kMp3, 64, 8000, 1},
                                           RoundTrip{AudioFormat::kMp3, 128, 96000, 2},
                                           RoundTrip{AudioFormat::kMp3, 128, 44100, 5},
                                           RoundTrip{AudioFormat::kOpus, 64, 44100, 2},
                                           RoundTrip{AudioFormat::kOpus, 32, 16000, 1},
                                           RoundTrip{AudioFormat::kOpus, 128, 192000, 2},
                                           RoundTrip{AudioFormat::kOggVorbis, 96, 44100, 2},
                                           RoundTrip{AudioFormat::kOggVorbis, 96, 48000, 6},
                                           RoundTrip{AudioFormat::kFlac, 0, 44100, 2}));

TEST(CodecRoundTrip, SurvivesATenthOfASecondAndASingleSample) {
  for (const auto format : {AudioFormat::kMp3, AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    for (const std::size_t frames : {4410UL, 1UL}) {
      AudioBuffer audio = testing::tone(440.0, 0.1);
      audio.resize_frames(frames);
      const AudioBuffer found = codec_round_trip(audio, format, 128);
      EXPECT_EQ(found.num_frames(), frames);
    }
  }
}

TEST(CodecRoundTrip, SilenceStaysNearlySilent) {
  const AudioBuffer silence(2, 44100, 44100);
  for (const auto format : {AudioFormat::kMp3, AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    EXPECT_LT(codec_round_trip(silence, format, 128).peak(), 1e-3F);
  }
}

TEST(CodecRoundTrip, GivesTheSameSamplesTwice) {
  const AudioBuffer audio = testing::plucked_music(1.0);
  for (const auto format : {AudioFormat::kMp3, AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    const AudioBuffer a = codec_round_trip(audio, format, 96);
    const AudioBuffer b = codec_round_trip(audio, format, 96);
    EXPECT_TRUE(std::equal(a.samples().begin(), a.samples().end(), b.samples().begin()));
  }
}

TEST(CodecRoundTrip, RefusesEmptyAudio) {
  try {
    codec_round_trip(AudioBuffer(1, 0, 44100), AudioFormat::kMp3, 128);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace brandiron
