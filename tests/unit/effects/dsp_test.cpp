// The reusable parts: biquads, dynamics, convolution, reverb.
#include <gtest/gtest.h>

#include "brandiron/core/audio/biquad.h"
#include "brandiron/core/audio/dynamics.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/audio/reverb.h"
#include "brandiron/core/error.h"
#include "signals.h"

namespace brandiron {
namespace {

using test::db;
using test::tone;
using test::white;

TEST(BiquadTest, ProcessedTonesFollowTheResponse) {
  const std::vector<Biquad> filters = {
      Biquad::lowpass(44100, 2000),       Biquad::highpass(44100, 500),
      Biquad::peaking(44100, 1000, 9, 2), Biquad::low_shelf(44100, 800, -7),
      Biquad::high_shelf(44100, 3000, 5), Biquad::bandpass(44100, 1200, 3),
      Biquad::allpass(44100, 900, 1)};
  for (const Biquad& f : filters) {
    for (const double hz : {150.0, 1000.0, 5000.0}) {
      AudioBuffer x = tone(hz, 0.5);
      filter(x, {f});
      EXPECT_NEAR(db(test::amplitude_at(x, hz, 0, 0.3, 0.9) / 0.5), f.response_db(44100, hz), 0.02)
          << hz;
    }
  }
}

TEST(BiquadTest, BlocksOfAnySizeGiveTheSameSamples) {
  AudioBuffer whole = white(0.5), parts = whole;
  FilterCascade a(butterworth_lowpass(44100, 3000, 6)), b = a;
  a.process(whole.channel(0));
  Rng rng(2);
  for (std::size_t at = 0; at < parts.num_frames();) {
    const std::size_t n = std::min<std::size_t>(1 + rng.below(700), parts.num_frames() - at);
    b.process(parts.channel(0).subspan(at, n));
    at += n;
  }
  for (std::size_t i = 0; i < whole.num_frames(); ++i) {
    ASSERT_EQ(whole.channel(0)[i], parts.channel(0)[i]);
  }
}

TEST(BiquadTest, StaysStableAtTheEdgesOfEveryRange) {
  for (const double rate : {8000.0, 192000.0}) {
    for (const double hz : {1.0, 20.0, 0.6 * rate}) {
      AudioBuffer x = white(0.2, static_cast<int>(rate));
      filter(x, butterworth_lowpass(rate, hz, 16));
      filter(x, butterworth_highpass(rate, hz, 16));
      EXPECT_FALSE(x.has_non_finite());
      EXPECT_LT(x.peak(), 2.0F);
    }
  }
  EXPECT_THROW(butterworth_lowpass(44100, 100, 3), Error);
}

TEST(ConvolveTest, AgreesWithTheDirectSum) {
  Rng rng(3);
  for (const auto& [n, m] : std::vector<std::pair<std::size_t, std::size_t>>{
           {1, 1}, {1, 500}, {500, 1}, {1000, 300}, {3000, 257}, {700, 3000}, {20000, 20000}}) {
    std::vector<float> x(n), h(m);
    for (float& v : x) v = static_cast<float>(rng.normal());
    for (float& v : h) v = static_cast<float>(rng.normal());
    const auto y = convolve(x, h);
    ASSERT_EQ(y.size(), n + m - 1);
    const double scale = std::sqrt(static_cast<double>(std::min(n, m)));
    for (std::size_t i = 0; i < y.size(); i += 1 + y.size() / 200) {
      double sum = 0.0;
      for (std::size_t k = i >= n ? i - n + 1 : 0; k <= std::min(i, m - 1); ++k) {
        sum += static_cast<double>(h[k]) * static_cast<double>(x[i - k]);
      }
      ASSERT_NEAR(y[i], sum, 2e-5 * scale) << n << " " << m << " " << i;
    }
  }
  EXPECT_TRUE(convolve({}, {}).empty());
}

TEST(TruePeakTest, AgreesWithLibebur128AndSeesBetweenSamples) {
  // A quarter-rate sine sampled at 45 degrees: samples at 0.707, true peak 1.
  AudioBuffer x(1, 44100, 44100);
  for (std::size_t i = 0; i < x.num_frames(); ++i) {
    x.channel(0)[i] =
        static_cast<float>(std::sin(test::kTwoPi * (0.25 * static_cast<double>(i) + 0.125)));
  }
  AudioBuffer faded = test::run_chain("fade(in_s=0.1, out_s=0.1)", x);
  EXPECT_NEAR(db(faded.peak()), -3.01, 0.01);
  EXPECT_NEAR(true_peak_dbtp(faded), 0.0, 0.05);
  for (const AudioBuffer& y : {test::music(2.0), white(1.0), tone(997, 1.0)}) {
    EXPECT_NEAR(true_peak_dbtp(y), measure_loudness(y).true_peak_dbtp, 0.02);
  }
  EXPECT_EQ(true_peak_dbtp(AudioBuffer(1, 100, 44100)), -std::numeric_limits<double>::infinity());
}

TEST(LimiterTest, ReportsTheReductionAndWorksAtEveryRateAndLength) {
  for (const int rate : {8000, 44100, 192000}) {
    for (const double seconds : {0.002, 0.1, 1.0}) {
      AudioBuffer x = white(seconds, rate, 2);
      x.apply_gain(10.0F);
      const double before = true_peak_dbtp(x);
      double left = 0.0;
      const double reduction = limit_true_peak(x, {}, &left);
      EXPECT_LE(true_peak_dbtp(x), -1.0) << rate << " " << seconds;
      EXPECT_NEAR(left, true_peak_dbtp(x), 1e-4) << rate << " " << seconds;
      EXPECT_GE(reduction, before + 1.0 - 0.01) << rate << " " << seconds;
    }
  }
}

TEST(LimiterTest, LeavesAQuietSignalAloneAndTellsItsPeak) {
  AudioBuffer x = tone(997, 1.0, 44100, 0.25);
  const AudioBuffer before = x;
  double left = 0.0;
  EXPECT_EQ(limit_true_peak(x, {}, &left), 0.0);
  EXPECT_NEAR(left, true_peak_dbtp(before), 1e-9);
  EXPECT_TRUE(std::equal(x.samples().begin(), x.samples().end(), before.samples().begin()));
  AudioBuffer nothing(2, 0, 44100);
  limit_true_peak(nothing, {}, &left);
  EXPECT_TRUE(std::isinf(left));
}

TEST(CompressorTest, AKeySignalDucks) {
  AudioBuffer x = tone(440, 2.0, 44100, 0.5);
  AudioBuffer key(1, x.num_frames(), 44100);
  for (std::size_t i = 44100; i < key.num_frames(); ++i) key.channel(0)[i] = 0.9F;
  const double reduction = compress(x, key, {.threshold_db = -20, .ratio = 4});
  EXPECT_NEAR(db(test::amplitude_at(x, 440, 0, 0.1, 0.45) / 0.5), 0.0, 0.01);
  EXPECT_LT(db(test::amplitude_at(x, 440, 0, 0.7, 0.95) / 0.5), -12.0);
  EXPECT_GT(reduction, 12.0);
  AudioBuffer wrong(1, 5, 44100);
  EXPECT_THROW(compress(x, wrong, {}), Error);
  EXPECT_THROW(compress(x, {.ratio = 0.5}), Error);
}

/// Seconds for the backward-integrated energy to fall from -5 to -35 dB, doubled.
double measured_rt60(const AudioBuffer& tail, std::size_t c) {
  const auto x = tail.channel(c);
  std::vector<double> left(x.size() + 1, 0.0);
  for (std::size_t i = x.size(); i-- > 0;) left[i] = left[i + 1] + static_cast<double>(x[i]) * x[i];
  const auto at = [&](double level_db) {
    std::size_t i = 0;
    while (i < x.size() && 10 * std::log10(left[i] / left[0]) > level_db) ++i;
    return static_cast<double>(i) / tail.rate_hz();
  };
  return 2.0 * (at(-35.0) - at(-5.0));
}

TEST(ReverbTest, DecaysInItsTimeWithLevelAndDecorrelatedSides) {
  for (const int rate : {44100, 48000, 16000}) {
    for (const double rt60 : {0.4, 1.2, 3.0}) {
      AudioBuffer pulse(1, static_cast<std::size_t>(rate) / 10, rate);
      pulse.channel(0)[0] = 1.0F;
      ReverbOptions options;
      options.rt60_s = rt60;
      options.low_cut_hz = 10.0;
      options.high_cut_hz = 20000.0;
      options.high_rt60_ratio = 1.0;  // one decay for all frequencies, to measure it
      const AudioBuffer wet = synthetic_reverb(pulse, options, 1.6 * rt60);
      ASSERT_EQ(wet.num_channels(), 2u);
      for (std::size_t c = 0; c < 2; ++c) {
        EXPECT_NEAR(measured_rt60(wet, c) / rt60, 1.0, 0.12) << rate << " " << rt60;
        double energy = 0.0;
        for (const float v : wet.channel(c)) energy += static_cast<double>(v) * v;
        EXPECT_NEAR(10 * std::log10(energy), 0.0, 3.0) << rate << " " << rt60;
      }
      double dot = 0.0;
      for (std::size_t i = 0; i < wet.num_frames(); ++i)
        dot += wet.channel(0)[i] * wet.channel(1)[i];
      EXPECT_LT(std::fabs(dot) / (wet.rms() * wet.rms() * static_cast<double>(wet.num_frames())),
                0.3);
    }
  }
}

TEST(ReverbTest, ItsTailIsDenseAndWithoutALoudLine) {
  AudioBuffer pulse(1, 100, 44100);
  pulse.channel(0)[0] = 1.0F;
  const AudioBuffer wet = synthetic_reverb(pulse, {}, 1.0);
  // A tenth of a second later, most samples are alive: kurtosis near the normal 3.
  const auto x = wet.channel(0).subspan(6000, 8000);
  double m2 = 0.0, m4 = 0.0;
  for (const float v : x) {
    m2 += static_cast<double>(v) * v / 8000;
    m4 += std::pow(static_cast<double>(v), 4) / 8000;
  }
  EXPECT_LT(m4 / (m2 * m2), 5.0);
}

TEST(ReverbTest, SilenceStaysSilentAndNothingBlowsUpInAMinute) {
  EXPECT_EQ(synthetic_reverb(AudioBuffer(2, 44100, 44100), {}, 0.5).peak(), 0.0F);
  ReverbOptions longest;
  longest.rt60_s = 20;
  longest.high_rt60_ratio = 1;
  longest.low_cut_hz = 10;
  longest.high_cut_hz = 20000;
  const auto wet = synthetic_reverb(white(20.0, 22050, 2), longest, 40.0);
  EXPECT_FALSE(wet.has_non_finite());
  EXPECT_LT(wet.peak(), 3.0F);
}

TEST(RoomResponseTest, HasUnitEnergyAndTheDirectSoundFirst) {
  for (const int rate : {8000, 44100}) {
    const auto h = synthetic_room_response(rate, 0.4, 6.0, Rng(4));
    double energy = 0.0;
    for (const float v : h) energy += static_cast<double>(v) * v;
    EXPECT_NEAR(energy, 1.0, 1e-4);
    EXPECT_NEAR(10 * std::log10(h[0] * h[0] / (1.0 - h[0] * h[0])), 6.0, 0.05);
  }
}

}  // namespace
}  // namespace brandiron
