#include "brandiron/watermark/fingerprint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "brandiron/core/audio/effects.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "unit/watermark/synthetic_song.h"

namespace brandiron::watermark {
namespace {

constexpr int kRateHz = 22050;

const AudioBuffer& song() {
  static const AudioBuffer audio = synthetic_song(40, kRateHz, 2, 7);
  return audio;
}

AudioBuffer after(const char* chain, const AudioBuffer& audio) {
  return EffectChain::parse(chain).apply(audio, Rng(3));
}

AudioBuffer crop(const AudioBuffer& audio, double start_s, double length_s) {
  const auto rate = static_cast<double>(audio.rate_hz());
  return audio.slice(static_cast<std::size_t>(start_s * rate),
                     static_cast<std::size_t>(length_s * rate));
}

TEST(Fingerprint, FindsACropAfterTheUsualChangesAndSaysWhereItStarts) {
  const Fingerprint reference = Fingerprint::of(song());
  for (const char* chain : {"mp3(64)", "opus(32)", "resample(16000)", "gain(-12) | mono",
                            "compressor", "noise(20)", "vorbis(64) | resample(48000)"}) {
    const Match match = compare(reference, Fingerprint::of(after(chain, crop(song(), 13.07, 15))));
    EXPECT_TRUE(match.matched) << chain << ": " << match.bit_error_rate;
    EXPECT_NEAR(match.offset_s, 13.07, 0.2) << chain;
    EXPECT_LT(match.false_match, 1e-5) << chain;
    EXPECT_GT(match.matched_s, 10) << chain;
  }
}

TEST(Fingerprint, DoesNotFindOtherSongs) {
  const Fingerprint reference = Fingerprint::of(song());
  for (std::uint64_t seed = 20; seed < 24; ++seed) {
    const Match match = compare(reference, Fingerprint::of(synthetic_song(25, kRateHz, 1, seed)));
    EXPECT_FALSE(match.matched) << seed << ": " << match.bit_error_rate;
    EXPECT_GT(match.false_match, 1e-5);
  }
}

TEST(Fingerprint, FindsWhatWasPlayedFasterOrHigherOnceThatIsUndone) {
  const Fingerprint reference = Fingerprint::of(song());
  const AudioBuffer part = crop(song(), 5, 25);
  const auto error_rate = [&](const AudioBuffer& audio, const Warp& warp) {
    return compare(reference, Fingerprint::of(audio, warp)).bit_error_rate;
  };
  const AudioBuffer faster = change_speed(part, 1 / 1.06);
  EXPECT_GT(error_rate(faster, {}), 0.35);
  EXPECT_LT(error_rate(faster, {1.06, 1.06}), 0.2);
  EXPECT_LT(error_rate(after("tempo(1.05)", part), {1.05, 1}), 0.3);
  EXPECT_LT(error_rate(after("pitch(0.5)", part), {1, std::exp2(50 / 1200.0)}), 0.3);
}

TEST(Fingerprint, IsTheSameHoweverTheStreamIsCut) {
  const AudioBuffer audio = crop(song(), 0, 12);
  FingerprintStream stream(audio.rate_hz(), audio.num_channels());
  Rng rng(5);
  for (std::size_t at = 0; at < audio.num_frames();) {
    const std::size_t count = 1 + rng.below(30000);
    stream.push(audio.slice(at, count));
    at += count;
  }
  EXPECT_EQ(stream.finish(), Fingerprint::of(audio));
}

TEST(Fingerprint, IsSmallAndComesBackFromItsBytes) {
  const Fingerprint fingerprint = Fingerprint::of(song());
  const std::string bytes = fingerprint.serialize();
  EXPECT_LT(static_cast<double>(bytes.size()), 22 * song().duration_s());
  EXPECT_EQ(Fingerprint::parse(bytes), fingerprint);
  for (const std::string& bad : {std::string(), std::string("\2abcd"), bytes.substr(0, 7)}) {
    EXPECT_THROW(Fingerprint::parse(bad), Error);
  }
}

TEST(Fingerprint, MatchesNothingToSilenceOrToLessThanTenSeconds) {
  const Fingerprint reference = Fingerprint::of(song());
  const Fingerprint silence = Fingerprint::of(AudioBuffer(1, 44100 * 20, 44100));
  EXPECT_EQ(silence.sounding_s(), 0);
  EXPECT_FALSE(compare(reference, silence).matched);
  EXPECT_FALSE(compare(silence, silence).matched);
  const Match brief = compare(reference, Fingerprint::of(crop(song(), 5, 9)));
  EXPECT_FALSE(brief.matched);
  EXPECT_EQ(brief.overlap_s, 0);
  EXPECT_TRUE(compare(reference, Fingerprint::of(crop(song(), 5, 10.2))).matched);
  EXPECT_TRUE(Fingerprint::of(AudioBuffer(1, 0, 44100)).words().empty());
}

TEST(Fingerprint, FindsAReferenceInsideALongerQuery) {
  AudioBuffer show = synthetic_song(70, kRateHz, 2, 31);
  const AudioBuffer part = crop(song(), 0, 20);
  for (std::size_t c = 0; c < 2; ++c) {
    std::copy(part.channel(c).begin(), part.channel(c).end(),
              show.channel(c).begin() + 25 * kRateHz);
  }
  const Match match = compare(Fingerprint::of(part), Fingerprint::of(show));
  EXPECT_TRUE(match.matched);
  EXPECT_NEAR(match.offset_s, -25, 0.2);
  EXPECT_LT(match.matched_s, 22);
}

TEST(Fingerprint, AgreesBetweenRatesAndChannelCounts) {
  const Fingerprint reference = Fingerprint::of(song());
  for (const int rate_hz : {8000, 16000, 32000, 48000, 96000}) {
    const Match match = compare(reference, Fingerprint::of(resample(song().to_mono(), rate_hz)));
    EXPECT_LT(match.bit_error_rate, 0.15) << rate_hz;
    EXPECT_NEAR(match.offset_s, 0, 0.01) << rate_hz;
  }
}

TEST(Fingerprint, RefusesWhatItCannotRead) {
  EXPECT_THROW(FingerprintStream(4000, 1), Error);
  EXPECT_THROW(FingerprintStream(44100, 1, {3, 1}), Error);
  FingerprintStream stream(44100, 2);
  EXPECT_THROW(stream.push(AudioBuffer(1, 100, 44100)), Error);
  EXPECT_THROW(stream.push(AudioBuffer(2, 100, 48000)), Error);
  AudioBuffer broken(2, 100, 44100);
  broken.channel(1)[50] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(stream.push(broken), Error);
}

}  // namespace
}  // namespace brandiron::watermark
