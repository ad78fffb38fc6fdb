#include <gtest/gtest.h>

#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/experiments/decoder_study.h"
#include "fake_decoders.h"
#include "support/test_audio.h"

namespace brandiron::experiments {
namespace {

using brandiron::testing::IdentityDecoder;
using brandiron::testing::LowPassDecoder;
using brandiron::testing::noise;
using brandiron::testing::NoisyDecoder;
using brandiron::testing::plucked_music;

TEST(Closeness, ASoundIsAtNoDistanceFromItself) {
  const AudioBuffer music = plucked_music(2);
  const Closeness c = measure_closeness(music, music);
  EXPECT_EQ(c.stft, 0);
  EXPECT_EQ(c.mel, 0);
  EXPECT_EQ(c.si_sdr_db, 120);
}

TEST(Closeness, HalvingNoiseGivesTheNumbersOfTheFormula) {
  const AudioBuffer loud = noise(2);
  AudioBuffer soft = loud;
  soft.apply_gain(0.5F);
  const Closeness c = measure_closeness(loud, soft);
  EXPECT_NEAR(c.stft_log, std::log(2.0), 1e-3);
  EXPECT_NEAR(c.stft_convergence, 0.5, 1e-6);
  EXPECT_NEAR(c.stft, c.stft_log + c.stft_convergence, 1e-12);
  EXPECT_NEAR(c.mel_grid, std::log(4.0), 1e-5);
  EXPECT_NEAR(c.mel, std::log10(2.0), 0.02) << "low bands that hold no bin count as equal";
  EXPECT_EQ(c.si_sdr_db, 120) << "a gain is no distortion";
}

TEST(Closeness, NoiseOfKnownLevelHasItsRatio) {
  const AudioBuffer music = plucked_music(3, 44100, 1);
  AudioBuffer twin = music;
  AudioBuffer hiss = noise(3, 44100, 0.1, 1, 7);
  hiss.apply_gain(static_cast<float>(0.1 * music.rms() / hiss.rms()));
  twin.add(hiss);
  EXPECT_NEAR(measure_closeness(music, twin).si_sdr_db, 20, 0.1);
}

TEST(Closeness, WorseTwinsAreFarther) {
  const AudioBuffer music = plucked_music(3);
  Closeness before;
  for (const double spread_db : {1.0, 3.0, 6.0}) {
    const Closeness c = measure_closeness(music, NoisyDecoder(spread_db, 1).decode(music));
    EXPECT_GT(c.stft, before.stft);
    EXPECT_GT(c.mel, before.mel);
    before = c;
  }
}

TEST(Closeness, ASilentChannelCountsForNothing) {
  const AudioBuffer mono = noise(1);
  AudioBuffer wide(2, mono.num_frames(), 44100), twin = wide;
  std::copy(mono.channel(0).begin(), mono.channel(0).end(), wide.channel(1).begin());
  twin = wide;
  twin.apply_gain(0.5F);
  EXPECT_NEAR(measure_closeness(wide, twin).stft_convergence, 0.5, 1e-6);
}

TEST(Closeness, OtherShapesAndSilenceAreRefused) {
  const AudioBuffer music = plucked_music(1);
  EXPECT_THROW(measure_closeness(music, music.to_mono()), Error);
  EXPECT_THROW(measure_closeness(music, music.slice(0, 100)), Error);
  const AudioBuffer silence(2, 44100, 44100);
  EXPECT_THROW(measure_closeness(silence, silence), Error);
  EXPECT_THROW(measure_bandwidth(silence, silence), Error);
}

TEST(Closeness, AFewSamplesAreMeasuredToo) {
  const AudioBuffer click = noise(0.001);
  EXPECT_EQ(measure_closeness(click, click).stft, 0);
}

TEST(DecoderBandwidth, ALowPassEndsWhereItEnds) {
  const AudioBuffer hiss = noise(3);
  for (const double edge_hz : {5000.0, 9000.0, 14500.0}) {
    const Bandwidth b = measure_bandwidth(hiss, LowPassDecoder(edge_hz).decode(hiss));
    EXPECT_NEAR(b.hz, edge_hz, 260);
    EXPECT_GE(b.original_hz, 21900);
  }
}

TEST(DecoderBandwidth, AnOriginalThatEndsEarlierIsNoFaultOfItsTwin) {
  const AudioBuffer dull = resample(resample(noise(3), 16000), 44100);
  const Bandwidth b = measure_bandwidth(dull, dull);
  EXPECT_NEAR(b.original_hz, 8000, 260);
  EXPECT_EQ(b.hz, b.original_hz);
}

TEST(DecoderBandwidth, NoiseWhereTheOriginalHasLittleEndsIt) {
  const AudioBuffer music = LowPassDecoder(22000).decode(noise(3));
  AudioBuffer twin = music;
  AudioBuffer high = noise(3, 44100, 0.5, 1, 3);
  high.add(LowPassDecoder(10000).decode(high), 0, -1.0F);
  twin.add(high, 0, 2.0F);
  EXPECT_NEAR(measure_bandwidth(music, twin).hz, 10000, 260);
}

TEST(GriffinLim, IsNearerThanWhatHasTheMelBandsAlone) {
  const AudioBuffer music = plucked_music(3, 44100, 1);
  const Closeness first =
      measure_closeness(music, make_griffin_lim({.iterations = 0})->decode(music));
  const Closeness last = measure_closeness(music, make_griffin_lim()->decode(music));
  EXPECT_LT(last.stft, 0.9 * first.stft);
  EXPECT_LT(last.mel_grid, 0.5 * first.mel_grid);
  EXPECT_LT(last.mel_grid, 0.4);
  EXPECT_LT(last.mel, first.mel);
}

TEST(GriffinLim, GivesTheSameBitsAndShapeEachTime) {
  const AudioBuffer music = plucked_music(1.3);
  const auto model = make_griffin_lim({.iterations = 8});
  const AudioBuffer a = model->decode(music), b = model->decode(music);
  ASSERT_EQ(a.num_frames(), music.num_frames());
  ASSERT_EQ(a.num_channels(), 2U);
  EXPECT_TRUE(std::equal(a.samples().begin(), a.samples().end(), b.samples().begin()));
  EXPECT_FALSE(a.has_non_finite());
}

TEST(GriffinLim, SilenceStaysSilent) {
  const AudioBuffer out = make_griffin_lim({.iterations = 4})->decode(AudioBuffer(1, 9999, 44100));
  EXPECT_EQ(out.peak(), 0);
  EXPECT_TRUE(make_griffin_lim()->decode(AudioBuffer(1, 0, 44100)).empty());
}

TEST(GriffinLim, LongSoundsHaveNoSeam) {
  const AudioBuffer music = plucked_music(26, 44100, 1);  // over one piece of 2^20 samples
  const AudioBuffer out = make_griffin_lim({.inversion_steps = 5, .iterations = 2})->decode(music);
  double loudest_step = 0, at_seam = 0;
  constexpr std::size_t kSeam = (1U << 20) - 8192;
  for (std::size_t i = 1; i < out.num_frames(); ++i) {
    const double step = std::abs(static_cast<double>(out.channel(0)[i]) - out.channel(0)[i - 1]);
    loudest_step = std::max(loudest_step, step);
    if (i >= kSeam && i <= kSeam + 8192) at_seam = std::max(at_seam, step);
  }
  EXPECT_GT(out.slice(kSeam + 8192, 44100).rms(), 0.2 * music.slice(kSeam + 8192, 44100).rms());
  EXPECT_LT(at_seam, loudest_step);
}

TEST(GriffinLim, OptionsOutOfRangeAreRefused) {
  EXPECT_THROW(make_griffin_lim({.inversion_steps = 0}), Error);
  EXPECT_THROW(make_griffin_lim({.iterations = -1}), Error);
  EXPECT_THROW(make_griffin_lim({.momentum = 2}), Error);
}

}  // namespace
}  // namespace brandiron::experiments
