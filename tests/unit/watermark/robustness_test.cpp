#include <gtest/gtest.h>

#include <string>

#include "brandiron/core/audio/effects.h"
#include "brandiron/watermark/watermark.h"
#include "tests/unit/watermark/synthetic_song.h"

namespace brandiron::watermark {
namespace {

constexpr std::uint64_t kPayload = 0xfedcba9876543210ULL;

const AudioBuffer& marked_minute() {
  static const AudioBuffer audio = [] {
    AudioBuffer song = synthetic_song(60.0, 44100, 2, 11);
    embed(song, Key::demo(), kPayload);
    return song;
  }();
  return audio;
}

class Robustness : public ::testing::TestWithParam<const char*> {};

TEST_P(Robustness, AMinuteKeepsAllItsBitsThroughTheAttack) {
  const EffectChain chain = EffectChain::parse(GetParam());
  const Verdict verdict = verify(chain.apply(marked_minute(), Rng(5, "attack")), {Key::demo()});
  EXPECT_LE(verdict.p_value, 1e-9);
  EXPECT_TRUE(verdict.payload_valid);
  EXPECT_EQ(verdict.payload, kPayload);
}

INSTANTIATE_TEST_SUITE_P(MustHold, Robustness,
                         ::testing::Values("none", "mp3(bitrate_kbps=128)", "opus(bitrate_kbps=64)",
                                           "resample(rate_hz=22050)", "noise(snr_db=20)",
                                           "crop(start_s=13.37, duration_s=30)"));

INSTANTIATE_TEST_SUITE_P(TimeAndPitch, Robustness,
                         ::testing::Values("speed(ratio=1.05)", "tempo(ratio=0.95)",
                                           "pitch(semitones=1)"));

}  // namespace
}  // namespace brandiron::watermark
