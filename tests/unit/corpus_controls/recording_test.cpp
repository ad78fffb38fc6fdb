#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/recording_pool.h"
#include "tests/support/temporary_folder.h"

namespace brandiron::experiments {
namespace {

constexpr int kRate = 44100;

/// A voice-like tone with six harmonics.
void add_tone(AudioBuffer& audio, double start_s, double seconds, int pitch) {
  const double hz = 440 * std::pow(2.0, (pitch - 69) / 12.0);
  const auto from = static_cast<std::size_t>(start_s * audio.rate_hz());
  const auto n = static_cast<std::size_t>(seconds * audio.rate_hz());
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    for (std::size_t i = 0; i < n && from + i < audio.num_frames(); ++i) {
      double x = 0;
      for (int h = 1; h <= 6; ++h) {
        x += std::sin(2 * M_PI * hz * h * static_cast<double>(i) / audio.rate_hz()) / h;
      }
      audio.channel(c)[from + i] += static_cast<float>(0.1 * x);
    }
  }
}

AudioBuffer sing(const std::vector<int>& pitches) {
  AudioBuffer audio(1, static_cast<std::size_t>(0.5 * kRate * static_cast<double>(pitches.size())),
                    kRate);
  for (std::size_t i = 0; i < pitches.size(); ++i)
    add_tone(audio, 0.5 * static_cast<double>(i), 0.5, pitches[i]);
  return audio;
}

TEST(EstimateKey, FindsTheKeyOfATuneInEveryTransposition) {
  const std::vector<int> major = {60, 62, 64, 65, 67, 67, 69, 65, 64, 62, 60, 60, 67, 64, 60, 60};
  const std::vector<int> minor = {57, 59, 60, 62, 64, 64, 65, 64, 62, 60, 59, 57, 64, 60, 57, 57};
  for (int move = 0; move < 12; move += 5) {
    std::vector<int> up = major, down = minor;
    for (int& p : up) p += move;
    for (int& p : down) p += move;
    EXPECT_EQ(estimate_key(sing(up)).tonic_pc, move % 12);
    EXPECT_FALSE(estimate_key(sing(up)).minor);
    EXPECT_EQ(estimate_key(sing(down)).tonic_pc, (9 + move) % 12);
    EXPECT_TRUE(estimate_key(sing(down)).minor);
  }
  EXPECT_THROW(estimate_key(AudioBuffer(1, 1000, kRate)), Error);
}

TEST(MasterRecording, ReachesTheLoudnessAndPeakOfASong) {
  for (const float gain : {0.05F, 0.9F}) {
    AudioBuffer recording = sing({60, 64, 67, 72, 67, 64, 60, 55, 60, 64, 67, 72, 67, 64, 60, 55});
    recording.apply_gain(gain);
    gen::MixOptions options;
    options.target_lufs = -14;
    const AudioBuffer master = master_recording(recording, options, 0.5, 6);
    EXPECT_EQ(master.num_channels(), 2u);
    EXPECT_EQ(master.num_frames(), static_cast<std::size_t>(6 * kRate));
    const Loudness loudness = measure_loudness(master);
    EXPECT_NEAR(loudness.integrated_lufs, -14, 0.7);
    EXPECT_LE(loudness.true_peak_dbtp, options.true_peak_dbtp + 0.1);
  }
  EXPECT_THROW(master_recording(sing({60}), {}, 2, 1), Error);
}

TEST(RecordingPool, TakesWhatMayBePassedOnAndSaysWhyNotTheRest) {
  for (const char* yes : {"CC0 1.0", "CC BY 4.0 (vocadito)", "CC-BY-SA-3.0", "CC BY 3.0/4.0",
                          "public-domain", "Public Domain", "MIT/Expat-style"}) {
    EXPECT_TRUE(may_be_adapted(yes)) << yes;
  }
  for (const char* no :
       {"CC BY-NC 4.0", "CC-BY-ND-4.0", "GPL-2+", "GPL-3 or CC-BY-3.0", "", "no licence statement",
        "CC BY 3.0 (or maybe CC BY-NC... feel free to ask)"}) {
    EXPECT_FALSE(may_be_adapted(no)) << no;
  }
  const testing::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "singing");
  write_audio(folder.path() / "singing" / "a.wav", sing({60, 62}));
  write_file(folder.path() / "manifest.tsv",
             "file\tlabel\tsource\ttitle\tauthor\tlicence\tseconds\n"
             "singing/a.wav\thuman_singing_acappella\tme\tA\tAnn\tCC0 1.0\t1.0\n"
             "singing/b.wav\thuman_singing_acappella\tme\tB\tBob\tCC BY-NC 4.0\t1.0\n"
             "singing/c.wav\thuman_singing_acappella\tme\tC\tCid\tCC0 1.0\t1.0\n"
             "other/d.wav\thuman_singing_acappella\tme\tD\tDee\tCC0 1.0\t1.0\n"
             "singing/e.wav\tai\tme\tE\tEve\tCC0 1.0\t1.0\n");
  const RecordingPool pool = read_recording_pool(folder.path() / "singing", RecordingKind::kVoice);
  ASSERT_EQ(pool.usable.size(), 1u);
  EXPECT_EQ(pool.usable[0].name, "singing/a.wav");
  EXPECT_EQ(pool.usable[0].group(), "me/Ann");
  EXPECT_EQ(read_recording(pool.usable[0].file).num_frames(), static_cast<std::size_t>(kRate));
  ASSERT_EQ(pool.refused.size(), 2u);
  EXPECT_NE(pool.refused[0].why.find("CC BY-NC 4.0"), std::string::npos);
  EXPECT_EQ(pool.refused[1].why, "the file is not there");
  EXPECT_THROW(read_recording_pool(folder.path() / "nowhere", RecordingKind::kMusic), Error);
}

}  // namespace
}  // namespace brandiron::experiments
