#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <csignal>
#include <cstring>
#include <functional>
#include <limits>
#include <string>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/parallel.h"
#include "support/temporary_folder.h"
#include "support/test_audio.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BRANDIRON_CLANG_ASAN
#endif
#endif

// What users and adversaries hand to a program that reads audio. Each must end in one clear line.

namespace brandiron {
namespace {

using testing::TemporaryFolder;

void expect_error(ErrorCode code, const std::string& part, const std::function<void()>& act) {
  try {
    act();
    FAIL() << "no error, expected one with \"" << part << "\"";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error_code_name(error.code()), std::string(error_code_name(code))) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_LT(message.size(), 300U) << message;
  }
}

// Through all three doors.
void expect_unreadable(const std::filesystem::path& path, ErrorCode code, const std::string& part) {
  expect_error(code, part, [&] { read_audio(path); });
  expect_error(code, part, [&] { probe_audio(path); });
  expect_error(code, part, [&] { AudioReader reader(path); });
}

std::string wav_bytes(double duration_s = 1.0, SampleFormat format = SampleFormat::kPcm16) {
  WriteOptions options;
  options.sample_format = format;
  return encode_audio(testing::tone(440.0, duration_s), AudioFormat::kWav, options);
}

void set_little32(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
}

TEST(HostileInput, AMissingFileIsAnIoError) {
  const TemporaryFolder folder;
  expect_unreadable(folder / "gone.wav", ErrorCode::kIo, "gone.wav: cannot be read: No such file");
}

TEST(HostileInput, AFolderIsAnIoError) {
  const TemporaryFolder folder;
  expect_unreadable(folder.path(), ErrorCode::kIo, "is a folder");
}

TEST(HostileInput, ADeviceIsAnIoError) {
  expect_unreadable("/dev/null", ErrorCode::kIo, "is not a file");
}

TEST(HostileInput, AnUnreadableFileIsAnIoError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read everything";
  const TemporaryFolder folder;
  write_file(folder / "x.wav", wav_bytes());
  ::chmod((folder / "x.wav").c_str(), 0);
  expect_unreadable(folder / "x.wav", ErrorCode::kIo, "Permission denied");
}

TEST(HostileInput, AnEmptyFileIsAFormatError) {
  const TemporaryFolder folder;
  write_file(folder / "x.wav", "");
  expect_unreadable(folder / "x.wav", ErrorCode::kFormat, "the file is empty");
  expect_error(ErrorCode::kFormat, "the file is empty", [] { read_audio_bytes("", "bytes"); });
}

TEST(HostileInput, TextRenamedToAnAudioExtensionIsAFormatError) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 400; ++i) text += "All work and no play makes Jack a dull boy.\n";
  for (const char* name : {"x.wav", "x.flac", "x.mp3", "x.ogg", "x.opus"}) {
    write_file(folder / name, text);
    expect_unreadable(folder / name, ErrorCode::kFormat, "expected WAV, FLAC, MP3, Ogg Vorbis");
  }
}

TEST(HostileInput, WhatOtherThreadsOpenDoesNotChangeTheReason) {
  const TemporaryFolder folder;
  const auto text = folder / "notes.wav", sound = folder / "sound.wav";
  write_file(text, "no audio");
  write_audio(sound, testing::noise(0.1, 44100, 0.1));
  std::array<std::string, 400> reasons;
  parallel_for(reasons.size(), 4, [&](std::size_t i) {
    if (i % 2 == 1) return static_cast<void>(read_audio(sound));
    try {
      read_audio(text);
    } catch (const Error& error) {
      reasons[i] = error.what();
    }
  });
  for (std::size_t i = 0; i < reasons.size(); i += 2) EXPECT_EQ(reasons[i], reasons[0]);
}

TEST(HostileInput, AnExtensionThatLiesIsForgiven) {
  const TemporaryFolder folder;
  write_file(folder / "x.mp3", wav_bytes());
  EXPECT_EQ(probe_audio(folder / "x.mp3").format, AudioFormat::kWav);
  EXPECT_EQ(read_audio(folder / "x.mp3").num_frames(), 44100U);
}

TEST(HostileInput, AHeaderCutShortIsAFormatErrorInEveryFormat) {
  const TemporaryFolder folder;
  for (const auto format : {AudioFormat::kWav, AudioFormat::kFlac, AudioFormat::kMp3,
                            AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    const std::string bytes = encode_audio(testing::tone(440.0, 1.0, 48000), format);
    for (const std::size_t keep : {1UL, 3UL, 4UL, 11UL, 20UL, 30UL}) {
      const auto path = folder / (std::to_string(keep) + audio_format_extension(format));
      write_file(path, bytes.substr(0, keep));
      SCOPED_TRACE(path.string());
      expect_unreadable(path, ErrorCode::kFormat, path.string());
    }
  }
}

TEST(HostileInput, AWavWithoutItsLastHalfIsCalledTruncated) {
  const TemporaryFolder folder;
  const std::string bytes = wav_bytes();
  write_file(folder / "x.wav", bytes.substr(0, bytes.size() / 2));
  expect_unreadable(folder / "x.wav", ErrorCode::kFormat, "is truncated");
}

TEST(HostileInput, AFlacWithoutItsLastHalfIsCalledTruncated) {
  const TemporaryFolder folder;
  const std::string bytes = encode_audio(testing::noise(2.0), AudioFormat::kFlac);
  write_file(folder / "x.flac", bytes.substr(0, bytes.size() / 2));
  expect_error(ErrorCode::kFormat, "is truncated or damaged",
               [&] { read_audio(folder / "x.flac"); });
  AudioReader reader(folder / "x.flac");
  expect_error(ErrorCode::kFormat, "is truncated or damaged", [&] {
    while (!reader.read(1000).empty()) {
    }
  });
}

TEST(HostileInput, ALossyFileWithoutItsLastHalfGivesWhatIsThere) {
  // Streams that were cut are common and have no exact length to compare with.
  for (const auto format : {AudioFormat::kMp3, AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    const std::string bytes = encode_audio(testing::noise(4.0, 48000), format);
    const AudioBuffer found = read_audio_bytes(bytes.substr(0, bytes.size() / 2), "half");
    EXPECT_NEAR(found.duration_s(), 2.0, 1.1) << audio_format_extension(format);
  }
}

TEST(HostileInput, AHeaderThatPromisesThreeHoursForOneSecondIsRefused) {
  std::string bytes = wav_bytes();
  const std::uint32_t lie = 3U * 3600U * 88200U;
  set_little32(bytes, bytes.find("data") + 4, lie);
  set_little32(bytes, 4, lie + 36);
  expect_error(ErrorCode::kFormat, "is truncated: its header promises 952560000 bytes",
               [&] { read_audio_bytes(bytes, "liar.wav"); });
}

TEST(HostileInput, AWavWrittenToAPipeHasNoLengthAndIsReadToItsEnd) {
  std::string bytes = wav_bytes();
  set_little32(bytes, bytes.find("data") + 4, 0xFFFFFFFFU);
  set_little32(bytes, 4, 0xFFFFFFFFU);
  EXPECT_EQ(read_audio_bytes(bytes, "pipe.wav").num_frames(), 44100U);
}

TEST(HostileInput, AWavWithNoSamplesIsAFormatError) {
  std::string bytes = wav_bytes();
  set_little32(bytes, bytes.find("data") + 4, 0);
  bytes.resize(bytes.find("data") + 8);
  expect_error(ErrorCode::kFormat, "length is zero", [&] { read_audio_bytes(bytes, "none.wav"); });
}

TEST(HostileInput, NanSamplesAreAFormatErrorUnlessAsked) {
  std::string bytes = wav_bytes(0.1, SampleFormat::kFloat32);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bytes.data() + bytes.find("data") + 8 + 4 * 1234, &nan, 4);
  expect_error(ErrorCode::kFormat, "not a finite number (channel 0, frame 1234)",
               [&] { read_audio_bytes(bytes, "nan.wav"); });
  ReadOptions options;
  options.reject_non_finite = false;
  EXPECT_TRUE(read_audio_bytes(bytes, "nan.wav", options).has_non_finite());
  const TemporaryFolder folder;
  write_file(folder / "nan.wav", bytes);
  AudioReader reader(folder / "nan.wav");
  expect_error(ErrorCode::kFormat, "not a finite number", [&] { reader.read(4410); });
}

TEST(HostileInput, InfiniteSamplesAreNotWritten) {
  AudioBuffer audio = testing::tone(440.0, 0.1);
  audio.channel(0)[7] = std::numeric_limits<float>::infinity();
  const TemporaryFolder folder;
  expect_error(ErrorCode::kInvalidArgument, "not finite",
               [&] { write_audio(folder / "x.wav", audio); });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(HostileInput, AFileLongerThanAllowedIsRefusedBeforeItIsRead) {
  const std::string bytes = wav_bytes(2.0);
  ReadOptions options;
  options.max_duration_s = 1.5;
  expect_error(ErrorCode::kFormat, "lasts 2.0 s, expected at most 1.5 s",
               [&] { read_audio_bytes(bytes, "long.wav", options); });
  options.max_frames = 44100;
  EXPECT_EQ(read_audio_bytes(bytes, "long.wav", options).num_frames(), 44100U);
}

TEST(HostileInput, ThreeHoursAreWrittenAndReadInLittleMemory) {
  const TemporaryFolder folder;
  constexpr std::size_t kFrames = 3UL * 3600UL * 8000UL;
  const AudioBuffer minute = testing::tone(440.0, 60.0, 8000);
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  WriteOptions options;
  options.flac_level = 0;
  AudioWriter writer(folder / "long.flac", 8000, 1, options);
  for (std::size_t done = 0; done < kFrames; done += minute.num_frames()) writer.write(minute);
  writer.finish();
  AudioReader reader(folder / "long.flac");
  EXPECT_EQ(reader.info().num_frames, kFrames);
  std::size_t frames = 0;
  for (AudioBuffer b = reader.read(65536); !b.empty(); b = reader.read(65536)) {
    frames += b.num_frames();
  }
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(frames, kFrames);
#if !defined(__SANITIZE_ADDRESS__) && !defined(BRANDIRON_CLANG_ASAN)  // which keeps freed memory
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 * 1024) << "kB";
#endif
}

TEST(HostileInput, ThreeHoursOfSilenceInAFewBytesStillReadWithinTheLimitOnly) {
  // A FLAC of digital silence packs thousands of samples a byte: the header alone gets no memory.
  AudioBuffer silence(1, 8000UL * 600UL, 8000);
  const std::string bytes = encode_audio(silence, AudioFormat::kFlac);
  ReadOptions options;
  options.max_duration_s = 300;
  expect_error(ErrorCode::kFormat, "lasts 600.0 s", [&] { read_audio_bytes(bytes, "x", options); });
  EXPECT_EQ(read_audio_bytes(bytes, "x").num_frames(), silence.num_frames());
}

TEST(HostileInput, AllZerosAndATenthOfASecondAreOrdinaryAudio) {
  for (const auto format : {AudioFormat::kWav, AudioFormat::kFlac, AudioFormat::kMp3,
                            AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    const AudioBuffer zeros(2, 4800, 48000);
    const AudioBuffer found = read_audio_bytes(encode_audio(zeros, format), "zeros");
    EXPECT_EQ(found.num_frames(), 4800U) << audio_format_extension(format);
    EXPECT_LT(found.peak(), 1e-3F);
  }
}

TEST(HostileInput, ContainersThatWeDoNotReadAreNamed) {
  // A minimal AU file: libsndfile knows it, we do not offer it.
  std::string au(".snd\0\0\0\x18\0\0\0\x08\0\0\0\x03\0\0\x1f\x40\0\0\0\x01", 24);
  au += std::string(8, '\0');
  expect_error(ErrorCode::kFormat, "AU", [&] { read_audio_bytes(au, "x.au"); });
}

TEST(HostileOutput, AnExistingFileIsKeptUnlessOverwriteIsAsked) {
  const TemporaryFolder folder;
  write_file(folder / "x.wav", "precious");
  expect_error(ErrorCode::kOutput, "exists already",
               [&] { write_audio(folder / "x.wav", testing::tone(440.0, 0.1)); });
  EXPECT_EQ(read_file(folder / "x.wav"), "precious");
  WriteOptions options;
  options.overwrite = true;
  write_audio(folder / "x.wav", testing::tone(440.0, 0.1), options);
  EXPECT_EQ(probe_audio(folder / "x.wav").num_frames, 4410U);
}

TEST(HostileOutput, AMissingFolderIsAnOutputError) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::kOutput, "no folder",
               [&] { write_audio(folder / "no/such/x.wav", testing::tone(440.0, 0.1)); });
}

TEST(HostileOutput, AFolderInTheWayIsAnOutputError) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "x.wav");
  WriteOptions options;
  options.overwrite = true;
  expect_error(ErrorCode::kOutput, "x.wav",
               [&] { write_audio(folder / "x.wav", testing::tone(440.0, 0.1), options); });
}

TEST(HostileOutput, AFolderWithoutPermissionIsAnOutputError) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  const TemporaryFolder folder;
  ::chmod(folder.path().c_str(), 0500);
  expect_error(ErrorCode::kOutput, "Permission denied",
               [&] { write_audio(folder / "x.wav", testing::tone(440.0, 0.1)); });
  ::chmod(folder.path().c_str(), 0700);
}

TEST(HostileOutput, AnUnknownExtensionIsAnInvalidArgument) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::kInvalidArgument, "expected .wav, .flac, .mp3, .ogg or .opus",
               [&] { write_audio(folder / "x.aiff", testing::tone(440.0, 0.1)); });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(HostileOutput, NothingToWriteIsAnInvalidArgument) {
  const TemporaryFolder folder;
  expect_error(ErrorCode::kInvalidArgument, "no audio to write",
               [&] { write_audio(folder / "x.wav", AudioBuffer(1, 0, 44100)); });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(HostileOutput, FloatsInFlacAndOddMp3RatesAreUnsupported) {
  const TemporaryFolder folder;
  WriteOptions options;
  options.sample_format = SampleFormat::kFloat32;
  expect_error(ErrorCode::kUnsupported, "FLAC holds no float",
               [&] { write_audio(folder / "x.flac", testing::tone(440.0, 0.1), options); });
  expect_error(ErrorCode::kUnsupported, "resample first",
               [&] { write_audio(folder / "x.mp3", testing::tone(440.0, 0.1, 96000)); });
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(HostileOutput, AFileSizeLimitIsAnOutputErrorInEveryFormat) {
  // Stands for a full disk where no disk can be filled: writing beyond the limit fails like one.
  const TemporaryFolder folder;
  rlimit old{};
  getrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, SIG_IGN);
  const AudioBuffer audio = testing::noise(4.0, 48000, 0.2, 2);
  for (const char* name : {"x.wav", "x.flac", "x.mp3", "x.ogg", "x.opus"}) {
    rlimit small = old;
    small.rlim_cur = 20000;
    setrlimit(RLIMIT_FSIZE, &small);
    expect_error(ErrorCode::kOutput, "cannot be written: File too large",
                 [&] { write_audio(folder / name, audio); });
    setrlimit(RLIMIT_FSIZE, &old);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << name;
  }
  std::signal(SIGXFSZ, SIG_DFL);
}

TEST(HostileOutput, AFullDiskIsAnOutputErrorAndLeavesNothing) {
  const TemporaryFolder folder;
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "a tiny tmpfs cannot be mounted here";
  }
  const AudioBuffer audio = testing::noise(4.0, 48000, 0.2, 2);
  for (const char* name : {"x.wav", "x.flac", "x.mp3", "x.ogg", "x.opus"}) {
    expect_error(ErrorCode::kOutput, "No space left on device",
                 [&] { write_audio(folder / name, audio); });
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << name;
  }
  ::umount(folder.path().c_str());
}

}  // namespace
}  // namespace brandiron
