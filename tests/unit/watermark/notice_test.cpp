#include "brandiron/watermark/notice.h"

#include <gtest/gtest.h>

#include <cmath>

#include "brandiron/core/audio/effects.h"
#include "brandiron/core/error.h"
#include "tests/support/test_audio.h"
#include "tests/unit/watermark/synthetic_song.h"

namespace brandiron::watermark {
namespace {

// A notice before a programme.
AudioBuffer with_notice(const Notice& notice, const AudioBuffer& programme) {
  const AudioBuffer head =
      fitted_notice(notice, programme.rate_hz(), programme.num_channels(), programme.rms(), true);
  AudioBuffer out(programme.num_channels(), head.num_frames() + programme.num_frames(),
                  programme.rate_hz());
  out.add(head);
  out.add(programme, head.num_frames());
  return out;
}

AudioBuffer programme() { return synthetic_song(8.0, 44100, 2, 3); }

TEST(Notice, MorseLastsElevenDotsAndReadsAsMorse) {
  const Notice notice = morse_notice(48000);
  EXPECT_NEAR(notice.audio.duration_s(), 11 * 0.12, 0.01);
  const NoticeFound found = find_notice(notice.audio);
  EXPECT_TRUE(found.morse);
  EXPECT_FALSE(found.spoken);
}

TEST(Notice, EitherKindIsHeardBeforeMusic) {
  for (const Notice& notice : {morse_notice(), spoken_notice()}) {
    const NoticeFound found = find_notice(with_notice(notice, programme()));
    EXPECT_EQ(found.morse, notice.name == "morse");
    EXPECT_EQ(found.spoken, notice.name == "spoken");
    EXPECT_NEAR(found.start_s, 0.0, 0.05) << notice.name;
    EXPECT_NEAR(found.end_s, notice.audio.duration_s(), 0.1) << notice.name;
  }
}

TEST(Notice, SurvivesLossyCodecs) {
  for (const char* chain : {"mp3(bitrate_kbps=64)", "opus(bitrate_kbps=32)", "gain(-20)"}) {
    for (const Notice& notice : {morse_notice(), spoken_notice()}) {
      AudioBuffer audio = with_notice(notice, programme());
      audio = EffectChain::parse(chain).apply(audio, Rng(1));
      EXPECT_TRUE(find_notice(audio).any()) << chain << " " << notice.name;
    }
  }
}

TEST(Notice, MorseOfOtherToolsIsReadAtTheirToneAndSpeed) {
  const Notice ours = morse_notice(44100);
  for (const double ratio : {0.6, 1.8}) {  // tone and dot change together
    AudioBuffer other = ours.audio;
    other.set_rate_hz(static_cast<int>(44100 * ratio));
    EXPECT_TRUE(find_notice(other).morse) << ratio;
  }
}

TEST(Notice, NothingIsHeardInMusicNoiseOrSilence) {
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    EXPECT_FALSE(find_notice(synthetic_song(12.0, 44100, 2, seed)).any()) << seed;
  }
  EXPECT_FALSE(find_notice(testing::noise(10.0)).any());
  EXPECT_FALSE(find_notice(testing::tone(700.0, 5.0)).any());
  EXPECT_FALSE(find_notice(AudioBuffer(2, 44100, 44100)).any());
  EXPECT_FALSE(find_notice(AudioBuffer()).any());
}

TEST(Notice, OtherLettersAreNotTakenForAi) {
  // "A" alone, and "AN" (.- -.): cut and glued from ours.
  const Notice ours = morse_notice(44100);
  const auto dot = static_cast<std::size_t>(0.12 * 44100);
  EXPECT_FALSE(find_notice(ours.audio.slice(0, 5 * dot)).morse);
  AudioBuffer an(1, 15 * dot, 44100);
  an.add(ours.audio.slice(0, 8 * dot));
  an.add(ours.audio.slice(2 * dot, 3 * dot), 8 * dot);
  an.add(ours.audio.slice(0, dot), 12 * dot);
  EXPECT_FALSE(find_notice(an).morse);
}

TEST(Notice, IsAsLoudAsTheProgrammeAndNeverClips) {
  const Notice morse = morse_notice();
  EXPECT_LE(fitted_notice(morse, 44100, 2, 0.9, true).peak(), 0.5F);
  const AudioBuffer soft = fitted_notice(morse, 44100, 1, 0.05, true);
  EXPECT_NEAR(soft.peak(), 0.05F * std::sqrt(2.0F), 0.01F);
  EXPECT_GT(fitted_notice(morse, 44100, 1, 0.0, false).peak(), 0.01F);
}

TEST(Notice, ANameThatIsNoFileOrIsTooLongIsRefused) {
  EXPECT_THROW(notice_named("no-such-notice.wav"), Error);
}

}  // namespace
}  // namespace brandiron::watermark
