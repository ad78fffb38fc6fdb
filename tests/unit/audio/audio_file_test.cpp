#include "brandiron/core/audio/audio_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "support/temporary_folder.h"
#include "support/test_audio.h"

namespace brandiron {
namespace {

using testing::TemporaryFolder;

std::string slurp(const std::filesystem::path& path) { return read_file(path); }

std::size_t entries(const std::filesystem::path& folder) {
  const std::filesystem::directory_iterator begin(folder), end;
  return static_cast<std::size_t>(std::distance(begin, end));
}

struct Lossless {
  const char* name;
  SampleFormat sample_format;
  double tolerance;
};

class LosslessFiles : public ::testing::TestWithParam<Lossless> {};

TEST_P(LosslessFiles, ReadBackWhatWasWritten) {
  const TemporaryFolder folder;
  const auto path = folder / GetParam().name;
  const AudioBuffer audio = testing::noise(0.5, 44100, 0.2, 2);
  WriteOptions options;
  options.sample_format = GetParam().sample_format;
  write_audio(path, audio, options);
  const AudioInfo info = probe_audio(path);
  EXPECT_EQ(info.rate_hz, 44100);
  EXPECT_EQ(info.num_channels, 2U);
  EXPECT_EQ(info.num_frames, audio.num_frames());
  EXPECT_EQ(info.format, audio_format_from_path(path));
  const AudioBuffer found = read_audio(path);
  ASSERT_EQ(found.num_frames(), audio.num_frames());
  for (std::size_t i = 0; i < audio.samples().size(); ++i) {
    ASSERT_NEAR(found.samples()[i], audio.samples()[i], GetParam().tolerance);
  }
  const AudioBuffer from_bytes = read_audio_bytes(slurp(path), "bytes");
  EXPECT_EQ(pcm16_sha256(from_bytes), pcm16_sha256(found));
}

INSTANTIATE_TEST_SUITE_P(Formats, LosslessFiles,
                         ::testing::Values(Lossless{"a.wav", SampleFormat::kPcm16, 0.501 / 32768},
                                           Lossless{"a.wav", SampleFormat::kPcm24, 0.501 / 8388608},
                                           Lossless{"a.wav", SampleFormat::kFloat32, 0.0},
                                           Lossless{"a.flac", SampleFormat::kPcm16, 0.501 / 32768},
                                           Lossless{"A.FLAC", SampleFormat::kPcm24,
                                                    0.501 / 8388608}));

TEST(AudioFiles, EveryFormatSurvivesOneSampleRateAndChannelCountOrSaysWhyNot) {
  for (const char* extension : {".wav", ".flac", ".mp3", ".ogg", ".opus"}) {
    for (const int rate_hz : {8000, 22050, 44100, 48000, 192000}) {
      for (const std::size_t channels : {1UL, 2UL, 8UL}) {
        const TemporaryFolder folder;
        const auto path = folder / (std::string("x") + extension);
        const AudioBuffer audio = testing::tone(440.0, 0.1, rate_hz, 0.5, channels);
        const bool mp3 = std::string(extension) == ".mp3";
        const bool possible = !mp3 || (channels <= 2 && rate_hz <= 48000);
        SCOPED_TRACE(path.string() + " " + std::to_string(rate_hz) + " Hz, " +
                     std::to_string(channels) + " channels");
        try {
          write_audio(path, audio);
          EXPECT_TRUE(possible);
          const AudioBuffer found = read_audio(path);
          EXPECT_EQ(found.num_channels(), channels);
          EXPECT_NEAR(found.duration_s(), 0.1, 1e-9);
          EXPECT_NEAR(found.rms(), audio.rms(), 0.1 * audio.rms());
        } catch (const Error& error) {
          EXPECT_FALSE(possible) << error.what();
          EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
          EXPECT_EQ(entries(folder.path()), 0U);
        }
      }
    }
  }
}

TEST(AudioFiles, ARangeIsThatPartOfTheWhole) {
  const TemporaryFolder folder;
  for (const char* name : {"x.wav", "x.flac", "x.mp3", "x.ogg", "x.opus"}) {
    write_audio(folder / name, testing::plucked_music(3.0, 48000));
    const AudioBuffer whole = read_audio(folder / name);
    ReadOptions range;
    range.start_frame = 70001;
    range.max_frames = 20000;
    const AudioBuffer part = read_audio(folder / name, range);
    ASSERT_EQ(part.num_frames(), 20000U) << name;
    EXPECT_GT(testing::snr_db(whole.slice(70001, 20000), part), 60.0) << name;
    range.start_frame = 10'000'000;
    EXPECT_EQ(read_audio(folder / name, range).num_frames(), 0U) << name;
  }
}

TEST(AudioFiles, BlockwiseReadingAndWritingGiveTheWholeFile) {
  const TemporaryFolder folder;
  const AudioBuffer audio = testing::plucked_music(2.0, 44100);
  for (const char* name : {"x.wav", "x.flac", "x.mp3", "x.ogg", "x.opus"}) {
    AudioWriter writer(folder / name, 44100, 2);
    for (std::size_t at = 0; at < audio.num_frames(); at += 7001) {
      writer.write(audio.slice(at, 7001));
    }
    EXPECT_FALSE(std::filesystem::exists(folder / name)) << "visible before finish()";
    writer.finish();
    write_audio(folder / (std::string("whole-") + name), audio);
    const AudioBuffer whole = read_audio(folder / (std::string("whole-") + name));
    AudioReader reader(folder / name);
    EXPECT_EQ(reader.info().num_frames, whole.num_frames());
    AudioBuffer joined(2, 0, reader.info().rate_hz);
    for (AudioBuffer block = reader.read(5003); !block.empty(); block = reader.read(5003)) {
      const std::size_t at = joined.num_frames();
      joined.resize_frames(at + block.num_frames());
      joined.add(block, at);
    }
    EXPECT_EQ(pcm16_sha256(joined), pcm16_sha256(whole)) << name;
  }
}

TEST(AudioFiles, AnAbandonedWriterLeavesNothing) {
  const TemporaryFolder folder;
  {
    AudioWriter writer(folder / "x.flac", 44100, 1);
    writer.write(testing::tone(440.0, 0.5));
  }
  EXPECT_EQ(entries(folder.path()), 0U);
}

TEST(AudioFiles, AnMp3OfVaryingRateThatDoesNotStateItsLengthIsMeasured) {
  const auto encoded = [](double seconds, int kbps) {
    WriteOptions options;
    options.bitrate_kbps = kbps;
    std::string bytes =
        encode_audio(testing::noise(seconds, 44100, 0.2, 1), AudioFormat::kMp3, options);
    for (const char* tag : {"Info", "Xing"}) {
      const std::size_t at = bytes.find(tag);
      if (at != std::string::npos) bytes.replace(at, 4, 4, '\0');
    }
    return bytes;
  };
  const TemporaryFolder folder;
  const auto path = folder / "varying.mp3";
  // The first frames say 32 kbit/s: by that rate the file would last some forty seconds.
  write_file(path, encoded(1.0, 32) + encoded(4.0, 320));
  EXPECT_NEAR(probe_audio(path).duration_s(), 5.0, 0.3);
  ReadOptions late;
  late.start_frame = 3 * 44100;
  late.max_frames = 44100;
  EXPECT_EQ(read_audio(path, late).num_frames(), 44100U);
}

TEST(AudioFiles, TheSameAudioGivesTheSameWavAndFlacAndMp3Bytes) {
  const AudioBuffer audio = testing::plucked_music(1.0);
  for (const auto format : {AudioFormat::kWav, AudioFormat::kFlac, AudioFormat::kMp3}) {
    EXPECT_EQ(sha256_hex(encode_audio(audio, format)), sha256_hex(encode_audio(audio, format)));
  }
  WriteOptions options;
  options.sample_format = SampleFormat::kFloat32;
  const std::string wav = encode_audio(audio, AudioFormat::kWav, options);
  EXPECT_EQ(wav.find("PEAK"), std::string::npos) << "the PEAK chunk holds the time of day";
}

TEST(AudioFiles, EncodedBytesAreTheWrittenFile) {
  const TemporaryFolder folder;
  const AudioBuffer audio = testing::plucked_music(1.0);
  for (const char* name : {"x.wav", "x.flac", "x.mp3"}) {
    write_audio(folder / name, audio);
    EXPECT_EQ(sha256_hex(slurp(folder / name)),
              sha256_hex(encode_audio(audio, audio_format_from_path(name))))
        << name;
  }
}

TEST(AudioFiles, TagsAreWritten) {
  WriteOptions options;
  options.tags = {{"TITLE", "Rust on the Wire"}, {"artist", "Hollow"}};
  for (const auto format : {AudioFormat::kWav, AudioFormat::kFlac, AudioFormat::kMp3,
                            AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    const std::string bytes = encode_audio(testing::tone(440.0, 0.5, 48000), format, options);
    EXPECT_NE(bytes.find("Rust on the Wire"), std::string::npos) << audio_format_extension(format);
  }
}

TEST(AudioFiles, AHigherFlacLevelIsNotLarger) {
  const AudioBuffer audio = testing::plucked_music(3.0);
  WriteOptions fast, small;
  fast.flac_level = 0;
  small.flac_level = 8;
  EXPECT_LT(encode_audio(audio, AudioFormat::kFlac, small).size(),
            encode_audio(audio, AudioFormat::kFlac, fast).size());
}

TEST(Pcm16, RoundsHalfAwayFromZeroAndClipsAtTheLargestIntegers) {
  AudioBuffer audio(1, 11, 44100);
  const float lsb = 1.0F / 32768.0F;
  const float in[11] = {0.0F,  0.5F * lsb, -0.5F * lsb, 1.49F * lsb, -1.5F * lsb,  1.0F,
                        -1.0F, 2.0F,       -2.0F,       32767 * lsb, std::nanf("")};
  const int expected[11] = {0, 1, -1, 1, -2, 32767, -32768, 32767, -32768, 32767, 0};
  std::copy(in, in + 11, audio.channel(0).begin());
  const auto found = quantise_pcm16(audio);
  for (std::size_t i = 0; i < 11; ++i) EXPECT_EQ(found[i], expected[i]) << "sample " << i;
}

// Pairs of channels are quantised eight frames at a time, one channel sample by sample.
TEST(Pcm16, TwoChannelsGiveTheIntegersOfOne) {
  AudioBuffer mono = testing::noise(0.1, 44100, 1.2, 1);
  const float lsb = 1.0F / 32768.0F;
  const float odd[] = {0.5F * lsb,
                       -0.5F * lsb,
                       0.49999997F * lsb,
                       -32767.5F * lsb,
                       32766.5F * lsb,
                       -0.0F,
                       1e-40F,
                       1e38F,
                       -1e38F,
                       std::nanf(""),
                       -std::numeric_limits<float>::infinity(),
                       std::numeric_limits<float>::infinity()};
  std::copy(std::begin(odd), std::end(odd), mono.channel(0).begin() + 3);
  const std::size_t n = mono.num_frames();
  AudioBuffer stereo(2, n, 44100);
  std::copy(mono.channel(0).begin(), mono.channel(0).end(), stereo.channel(0).begin());
  std::reverse_copy(mono.channel(0).begin(), mono.channel(0).end(), stereo.channel(1).begin());
  const auto one = quantise_pcm16(mono), two = quantise_pcm16(stereo);
  ASSERT_EQ(two.size(), 2 * n);
  for (std::size_t i = 0; i < n; ++i) {
    ASSERT_EQ(two[2 * i], one[i]) << "frame " << i;
    ASSERT_EQ(two[2 * i + 1], one[n - 1 - i]) << "frame " << i;
  }
}

TEST(Pcm16, FilesHoldTheIntegersOfQuantisePcm16) {
  const AudioBuffer audio = testing::noise(0.2, 44100, 0.4, 2);
  const auto expected = quantise_pcm16(audio);
  for (const auto format : {AudioFormat::kWav, AudioFormat::kFlac}) {
    const AudioBuffer found = read_audio_bytes(encode_audio(audio, format), "x");
    EXPECT_EQ(quantise_pcm16(found), expected);
    EXPECT_EQ(pcm16_sha256(found), pcm16_sha256(audio));
  }
}

TEST(Pcm16, HashIsOverLittleEndianInterleavedIntegers) {
  AudioBuffer audio(2, 2, 44100);
  audio.channel(0)[0] = 1.0F / 32768.0F;   // 01 00
  audio.channel(1)[0] = -1.0F / 32768.0F;  // ff ff
  audio.channel(0)[1] = 0.5F;              // 00 40
  audio.channel(1)[1] = -1.0F;             // 00 80
  const char bytes[] = {1, 0, '\xff', '\xff', 0, 0x40, 0, '\x80'};
  EXPECT_EQ(pcm16_sha256(audio), sha256_hex(std::string_view(bytes, sizeof bytes)));
}

TEST(AudioFormats, ComeFromExtensionsAndNames) {
  EXPECT_EQ(audio_format_from_path("a/b.WAV"), AudioFormat::kWav);
  EXPECT_EQ(audio_format_from_path("b.opus"), AudioFormat::kOpus);
  EXPECT_EQ(audio_format_from_name("ogg"), AudioFormat::kOggVorbis);
  for (const auto format : {AudioFormat::kWav, AudioFormat::kFlac, AudioFormat::kMp3,
                            AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    EXPECT_EQ(audio_format_from_path(std::string("x") + audio_format_extension(format)), format);
  }
  EXPECT_THROW(audio_format_from_path("x.txt"), Error);
  EXPECT_THROW(audio_format_from_path("x"), Error);
  EXPECT_THROW(audio_format_from_name("aac"), Error);
}

}  // namespace
}  // namespace brandiron
