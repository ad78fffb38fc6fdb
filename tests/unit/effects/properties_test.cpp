// Each effect does what its name and its parameters say, by measurement.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/dynamics.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/error.h"
#include "signals.h"

namespace brandiron {
namespace {

namespace fs = std::filesystem;
using test::amplitude_at;
using test::db;
using test::difference_db;
using test::frequency_near;
using test::lag_of;
using test::music;
using test::run_chain;
using test::tone;
using test::white;

bool same(const AudioBuffer& a, const AudioBuffer& b) {
  return a.num_channels() == b.num_channels() && a.num_frames() == b.num_frames() &&
         std::equal(a.samples().begin(), a.samples().end(), b.samples().begin());
}

// --- levels ---------------------------------------------------------------------------------

TEST(LevelEffectsTest, GainIsInDecibels) {
  const AudioBuffer x = tone(440, 0.2);
  EXPECT_NEAR(db(run_chain("gain(-6)", x).rms() / x.rms()), -6.0, 1e-4);
}

TEST(LevelEffectsTest, NormaliseReachesTheLoudness) {
  for (const double lufs : {-30.0, -14.0}) {
    const auto out = run_chain("normalise(" + std::to_string(lufs) + ")", music(4.0));
    EXPECT_NEAR(measure_loudness(out).integrated_lufs, lufs, 0.1);
  }
}

TEST(LevelEffectsTest, PolarityTwiceIsTheIdentityAndOnceCancels) {
  const AudioBuffer x = music(0.3);
  EXPECT_TRUE(same(run_chain("polarity | polarity", x), x));
  AudioBuffer sum = run_chain("polarity", x);
  sum.add(x);
  EXPECT_EQ(sum.peak(), 0.0F);
}

TEST(LevelEffectsTest, SwapExchangesChannelsAndMonoAveragesThem) {
  const AudioBuffer x = music(0.3);
  const AudioBuffer y = run_chain("swap", x);
  EXPECT_TRUE(std::equal(x.channel(0).begin(), x.channel(0).end(), y.channel(1).begin()));
  EXPECT_TRUE(std::equal(x.channel(1).begin(), x.channel(1).end(), y.channel(0).begin()));
  const AudioBuffer m = run_chain("mono", x);
  ASSERT_EQ(m.num_channels(), 1u);
  EXPECT_NEAR(m.channel(0)[5000], 0.5F * (x.channel(0)[5000] + x.channel(1)[5000]), 1e-7);
}

TEST(LevelEffectsTest, WidthZeroMakesBothChannelsAlikeAndOneChangesNothing) {
  const AudioBuffer x = music(0.3);
  const AudioBuffer narrow = run_chain("width(0)", x);
  EXPECT_TRUE(
      std::equal(narrow.channel(0).begin(), narrow.channel(0).end(), narrow.channel(1).begin()));
  EXPECT_LT(difference_db(x, run_chain("width(1)", x)), -120);
}

TEST(LevelEffectsTest, ClipHoldsThePeakThatFarBelow) {
  const AudioBuffer x = music(0.5);
  const AudioBuffer y = run_chain("clip(over_db=6)", x);
  EXPECT_NEAR(db(y.peak() / x.peak()), -6.0, 1e-3);
  EXPECT_TRUE(same(run_chain("clip(0)", x), x));
}

TEST(LevelEffectsTest, RequantiseLeavesSoManyStepsAndTheirNoise) {
  const AudioBuffer x = tone(441.3, 2.0, 44100, 0.9);
  const AudioBuffer y = run_chain("requantise(bits=8)", x);
  for (const float v : y.samples()) {
    ASSERT_EQ(v * 128.0F, std::floor(v * 128.0F));
  }
  // Full-scale sine: 6.02 b + 1.76 dB, less 0.92 dB for the level.
  EXPECT_NEAR(-difference_db(x, y), 6.02 * 8 + 1.76 - 0.92, 0.5);
  const AudioBuffer one = run_chain("requantise(bits=1)", x);
  for (const float v : one.samples()) ASSERT_EQ(std::fabs(v), 0.5F);
}

TEST(LevelEffectsTest, FadeStartsAndEndsInSilenceAndLeavesTheMiddle) {
  const AudioBuffer x = tone(300, 2.0);
  const AudioBuffer y = run_chain("fade(in_s=0.5, out_s=0.5)", x);
  EXPECT_EQ(y.channel(0)[0], 0.0F);
  EXPECT_EQ(y.channel(0)[y.num_frames() - 1], 0.0F);
  EXPECT_EQ(y.channel(0)[44100], x.channel(0)[44100]);
  EXPECT_NEAR(y.channel(0)[11025] / x.channel(0)[11025], 0.5, 1e-4);
}

// --- noise ----------------------------------------------------------------------------------

TEST(NoiseEffectsTest, TheSignalToNoiseRatioIsTheOneAskedFor) {
  const AudioBuffer x = music(2.0);
  for (const std::string color : {"white", "pink"}) {
    for (const double snr : {-3.0, 10.0, 20.0, 40.0}) {
      const auto y = run_chain("noise(" + std::to_string(snr) + ", " + color + ")", x);
      EXPECT_NEAR(-difference_db(x, y), snr, 0.02) << color;
    }
  }
}

/// Power of channel 0 in [low, high) Hz, per Hz, by averaged rectangles of a band-passed copy.
double band_power(const AudioBuffer& x, double low, double high) {
  const auto y =
      run_chain("bandpass(" + std::to_string(low) + ", " + std::to_string(high) + ", 16)", x);
  return y.rms() * y.rms() / (high - low);
}

TEST(NoiseEffectsTest, WhiteIsFlatAndPinkFallsByThreeDecibelsAnOctave) {
  const AudioBuffer x = tone(1, 6.0, 44100, 1e-4);  // almost nothing: what is left is the noise
  const auto w = run_chain("noise(-40, white)", x), p = run_chain("noise(-40, pink)", x);
  double sum_white = 0.0, sum_pink = 0.0;
  int octaves = 0;
  for (double hz = 80.0; hz < 8000.0; hz *= 2.0) {
    sum_white += 10 * std::log10(band_power(w, 2 * hz, 4 * hz) / band_power(w, hz, 2 * hz));
    const double step = 10 * std::log10(band_power(p, 2 * hz, 4 * hz) / band_power(p, hz, 2 * hz));
    EXPECT_NEAR(step, -3.01, 1.0) << hz;
    sum_pink += step;
    ++octaves;
  }
  EXPECT_NEAR(sum_white / octaves, 0.0, 0.2);
  EXPECT_NEAR(sum_pink / octaves, -3.01, 0.3);
}

TEST(NoiseEffectsTest, NoiseDiffersBetweenChannelsAndLeavesSilenceSilent) {
  const AudioBuffer x = tone(440, 1.0, 44100, 0.5, 2);
  AudioBuffer n = run_chain("noise(0)", x);
  n.add(x, 0, -1.0F);
  double dot = 0.0;
  for (std::size_t i = 0; i < n.num_frames(); ++i) dot += n.channel(0)[i] * n.channel(1)[i];
  EXPECT_LT(std::fabs(dot) / (n.rms() * n.rms() * static_cast<double>(n.num_frames())), 0.02);
  EXPECT_EQ(run_chain("noise(0)", AudioBuffer(2, 1000, 44100)).peak(), 0.0F);
}

TEST(NoiseEffectsTest, HumStandsAtTheMainsFrequency) {
  const AudioBuffer x = white(2.0);
  AudioBuffer hum = run_chain("hum(snr_db=10, hz=60)", x);
  EXPECT_NEAR(-difference_db(x, hum), 10.0, 0.05);
  hum.add(x, 0, -1.0F);
  EXPECT_NEAR(frequency_near(hum, 60.0), 60.0, 0.1);
}

// --- filters --------------------------------------------------------------------------------

TEST(FilterEffectsTest, EdgesAreThreeDecibelsDownAndSlopesAreSteep) {
  const auto response = [](const std::string& chain, double hz) {
    const AudioBuffer x = tone(hz, 0.6);
    return db(amplitude_at(run_chain(chain, x), hz, 0, 0.3, 0.9) /
              amplitude_at(x, hz, 0, 0.3, 0.9));
  };
  EXPECT_NEAR(response("lowpass(4000)", 4000), -3.01, 0.1);
  EXPECT_NEAR(response("lowpass(4000)", 1000), 0.0, 0.05);
  EXPECT_LT(response("lowpass(4000)", 8000), -45);
  EXPECT_NEAR(response("highpass(200)", 200), -3.01, 0.1);
  EXPECT_LT(response("highpass(200)", 100), -45);
  EXPECT_NEAR(response("bandpass(150, 8000)", 1000), 0.0, 0.05);
  EXPECT_LT(response("band(300-3400)", 150), -60);
  EXPECT_LT(response("band(300-3400)", 6800), -60);
  EXPECT_NEAR(response("band(300-3400)", 1000), 0.0, 0.05);
  EXPECT_NEAR(response("eq(hz=3000, gain_db=-4, q=1)", 3000), -4.0, 0.05);
  EXPECT_NEAR(response("eq(hz=3000, gain_db=6, kind=high_shelf)", 15000), 6.0, 0.2);
  EXPECT_NEAR(response("eq(hz=300, gain_db=6, kind=low_shelf)", 40), 6.0, 0.2);
  EXPECT_LT(response("notch(1000)", 1000), -40);
}

// --- dynamics -------------------------------------------------------------------------------

TEST(DynamicsEffectsTest, CompressorFollowsItsStaticCurve) {
  for (const double level_db : {-40.0, -12.0, -2.0}) {
    const double peak = std::pow(10.0, (level_db + 3.01) / 20.0);  // sine of that RMS level
    const AudioBuffer x = tone(1000, 3.0, 44100, peak);
    const AudioBuffer y = run_chain("compressor(threshold_db=-24, ratio=4)", x);
    const double out = db(amplitude_at(y, 1000, 0, 0.7, 0.95)) - 3.01;
    const double expected = level_db <= -27 ? level_db : -24.0 + (level_db + 24.0) / 4.0;
    EXPECT_NEAR(out, expected, 0.15) << level_db;
  }
}

TEST(DynamicsEffectsTest, LimiterHoldsTheTruePeakOfLoudMaterial) {
  AudioBuffer hot = music(3.0);
  hot.apply_gain(static_cast<float>(4.0 / hot.peak()));
  AudioBuffer noise = white(2.0, 44100, 2);
  noise.apply_gain(8.0F);
  for (const AudioBuffer* x : {&hot, &noise}) {
    for (const std::string ceiling : {"-1", "-3"}) {
      const auto y = run_chain("limiter(drive_db=6, ceiling_dbtp=" + ceiling + ")", *x);
      EXPECT_LE(measure_loudness(y).true_peak_dbtp, std::stod(ceiling) + 0.02);
      EXPECT_LE(true_peak_dbtp(y), std::stod(ceiling));
      EXPECT_GT(measure_loudness(y).true_peak_dbtp, std::stod(ceiling) - 0.6);
    }
  }
}

TEST(DynamicsEffectsTest, LimiterLeavesQuietAudioAlone) {
  const AudioBuffer x = tone(500, 1.0, 44100, 0.3);
  EXPECT_TRUE(same(run_chain("limiter", x), x));
}

// --- time -----------------------------------------------------------------------------------

TEST(TimeEffectsTest, SpeedMovesLengthAndPitchTogether) {
  const AudioBuffer x = tone(440, 3.0);
  for (const double ratio : {0.8, 0.99, 1.01, 1.25}) {
    const auto y = run_chain("speed(" + std::to_string(ratio) + ")", x);
    EXPECT_NEAR(y.duration_s(), 3.0 / ratio, 0.001);
    EXPECT_NEAR(frequency_near(y, 440 * ratio), 440 * ratio, 0.05);
    EXPECT_EQ(y.rate_hz(), 44100);
  }
}

TEST(TimeEffectsTest, TempoMovesTheLengthAndNotThePitch) {
  const AudioBuffer x = tone(440, 4.0);
  for (const double ratio : {0.5, 0.95, 1.25, 2.0}) {
    const auto y = run_chain("tempo(" + std::to_string(ratio) + ")", x);
    EXPECT_EQ(y.num_frames(),
              static_cast<std::size_t>(static_cast<double>(x.num_frames()) / ratio + 0.5))
        << ratio;
    EXPECT_NEAR(frequency_near(y, 440), 440, 0.1) << ratio;
    EXPECT_NEAR(db(amplitude_at(y, 440, 0, 0.2, 0.8) / 0.5), 0.0, 0.3) << ratio;
  }
}

TEST(TimeEffectsTest, PitchMovesThePitchAndNotTheLength) {
  const AudioBuffer x = tone(440, 3.0);
  for (const double semitones : {-12.0, -2.0, 1.0, 7.0}) {
    const auto y = run_chain("pitch(" + std::to_string(semitones) + ")", x);
    const double hz = 440 * std::pow(2.0, semitones / 12);
    EXPECT_EQ(y.num_frames(), x.num_frames());
    EXPECT_NEAR(frequency_near(y, hz), hz, 0.15) << semitones;
    EXPECT_NEAR(db(amplitude_at(y, hz, 0, 0.2, 0.8) / 0.5), 0.0, 0.5) << semitones;
  }
}

TEST(TimeEffectsTest, TempoKeepsTwoCloseTonesApart) {
  AudioBuffer x = tone(440, 4.0, 44100, 0.3);
  x.add(tone(660, 4.0, 44100, 0.3));
  x.add(tone(1234.5, 4.0, 44100, 0.3));
  const auto y = run_chain("tempo(0.9)", x);
  for (const double hz : {440.0, 660.0, 1234.5}) {
    EXPECT_NEAR(db(amplitude_at(y, hz, 0, 0.2, 0.8) / 0.3), 0.0, 0.4) << hz;
  }
  // Between the lines stays empty: no phasiness.
  EXPECT_LT(db(amplitude_at(y, 550, 0, 0.2, 0.8) / 0.3), -40.0);
  EXPECT_LT(db(amplitude_at(y, 900, 0, 0.2, 0.8) / 0.3), -40.0);
}

TEST(TimeEffectsTest, TempoKeepsOnsetsSharpAndInPlace) {
  // Clicks every half second: each must arrive at its time over the ratio, as a click.
  AudioBuffer x(1, 5 * 44100, 44100);
  for (int k = 1; k < 10; ++k) {
    for (int i = 0; i < 40; ++i) {
      x.channel(0)[static_cast<std::size_t>(k * 22050 + i)] =
          static_cast<float>(0.9 * std::exp(-i / 8.0) * (i % 2 == 0 ? 1 : -1));
    }
  }
  for (const double ratio : {0.8, 1.2}) {
    const auto y = run_chain("tempo(" + std::to_string(ratio) + ")", x);
    for (int k = 2; k < 9; ++k) {
      const auto expected = static_cast<std::ptrdiff_t>(k * 22050 / ratio);
      std::ptrdiff_t best = 0;
      double peak = 0.0, energy = 0.0, near = 0.0;
      for (std::ptrdiff_t i = expected - 4000; i < expected + 4000; ++i) {
        const double v = std::fabs(y.channel(0)[static_cast<std::size_t>(i)]);
        energy += v * v;
        if (v > peak) {
          peak = v;
          best = i;
        }
      }
      for (std::ptrdiff_t i = best - 132; i < best + 132; ++i) {  // 3 ms either side
        near += std::pow(y.channel(0)[static_cast<std::size_t>(i)], 2);
      }
      EXPECT_NEAR(static_cast<double>(best), static_cast<double>(expected), 150)
          << ratio << " " << k;
      EXPECT_GT(near / energy, 0.9) << ratio << " " << k;
      EXPECT_GT(peak, 0.6) << ratio << " " << k;
    }
  }
}

TEST(TimeEffectsTest, TempoTurnsAllChannelsByOneAngle) {
  // Right is left at half level: it must stay so, exactly.
  AudioBuffer x(2, 2 * 44100, 44100);
  const AudioBuffer m = music(2.0, 44100, 1);
  for (std::size_t i = 0; i < m.num_frames(); ++i) {
    x.channel(0)[i] = m.channel(0)[i];
    x.channel(1)[i] = 0.5F * m.channel(0)[i];
  }
  const auto y = run_chain("tempo(1.13)", x);
  for (std::size_t i = 0; i < y.num_frames(); i += 97) {
    ASSERT_NEAR(y.channel(1)[i], 0.5F * y.channel(0)[i], 1e-5);
  }
}

TEST(TimeEffectsTest, TempoAndSpeedByOneChangeNothing) {
  const AudioBuffer x = music(0.5);
  for (const char* chain : {"tempo(1)", "speed(1)", "pitch(0)", "wow(percent=0)"}) {
    EXPECT_LT(difference_db(x, run_chain(chain, x)), -90) << chain;
  }
  // A ratio so near 1 that frames stay in place is the vocoder's own identity.
  const auto y = run_chain("tempo(1.0000001)", x);
  EXPECT_LT(difference_db(x.slice(4000, 14000), y.slice(4000, 14000)), -90);
}

TEST(TimeEffectsTest, CropKeepsThatExcerpt) {
  const AudioBuffer x = music(2.0);
  const auto y = run_chain("crop(start_s=0.5, duration_s=1)", x);
  EXPECT_TRUE(same(y, x.slice(22050, 44100)));
  EXPECT_EQ(run_chain("crop(duration_s=0.25)", x).num_frames(), 11025u);
  EXPECT_TRUE(same(run_chain("crop(duration_s=30)", x), x));
  EXPECT_THROW(run_chain("crop(start_s=5, duration_s=1)", x), Error);
}

TEST(TimeEffectsTest, RandomCropsReachTheWholeLength) {
  AudioBuffer x(1, 44100, 44100);
  for (std::size_t i = 0; i < x.num_frames(); ++i)
    x.channel(0)[i] = static_cast<float>(i) / 44100.0F;
  float lowest = 1.0F, highest = 0.0F;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const float at = run_chain("crop(duration_s=0.1)", x, seed).channel(0)[0];
    lowest = std::min(lowest, at);
    highest = std::max(highest, at);
  }
  EXPECT_LT(lowest, 0.1F);
  EXPECT_GT(highest, 0.8F);
}

TEST(TimeEffectsTest, DropDeletesThatFractionInAllChannelsAlike) {
  AudioBuffer x(2, 200000, 44100);
  for (std::size_t i = 0; i < x.num_frames(); ++i) {
    x.channel(0)[i] = x.channel(1)[i] = static_cast<float>(i) / 200000.0F;
  }
  const auto y = run_chain("drop(fraction=0.05)", x);
  EXPECT_NEAR(static_cast<double>(y.num_frames()) / 200000, 0.95, 0.003);
  EXPECT_TRUE(std::equal(y.channel(0).begin(), y.channel(0).end(), y.channel(1).begin()));
  EXPECT_TRUE(std::is_sorted(y.channel(0).begin(), y.channel(0).end()));
  EXPECT_TRUE(same(run_chain("drop(0)", x), x));
}

TEST(TimeEffectsTest, CutRemovesThatMuchOfEachSecond) {
  const auto y = run_chain("cut(ms=10)", music(10.0));
  EXPECT_EQ(y.num_frames(), 441000u - 10u * 441u);
}

TEST(TimeEffectsTest, WowSwingsThePitchByThatMuchAndKeepsTheLength) {
  const AudioBuffer x = tone(2000, 8.0);
  const auto y = run_chain("wow(percent=1, hz=0.25)", x);
  ASSERT_EQ(y.num_frames(), x.num_frames());
  double lowest = 1e9, highest = 0.0;
  for (int k = 1; k < 31; ++k) {
    const auto part = y.slice(static_cast<std::size_t>(k) * 11025, 11025);
    const double hz = frequency_near(part, 2000);
    lowest = std::min(lowest, hz);
    highest = std::max(highest, hz);
  }
  EXPECT_NEAR(highest, 2020, 1.5);
  EXPECT_NEAR(lowest, 1980, 1.5);
}

TEST(TimeEffectsTest, ShiftMovesByWholeFramesAndReverseTwiceIsTheIdentity) {
  const AudioBuffer x = music(0.5);
  const auto y = run_chain("shift(ms=10)", x);
  EXPECT_EQ(y.num_frames(), x.num_frames());
  EXPECT_EQ(y.channel(0)[440], 0.0F);
  EXPECT_EQ(y.channel(1)[441 + 1000], x.channel(1)[1000]);
  EXPECT_EQ(run_chain("shift(ms=-10)", x).channel(0)[1000], x.channel(0)[1441]);
  EXPECT_TRUE(same(run_chain("reverse | reverse", x), x));
}

// --- codecs ---------------------------------------------------------------------------------

class CodecEffectTest : public testing::TestWithParam<std::string> {};

TEST_P(CodecEffectTest, ComesBackAlignedWithinOneSampleAtItsOwnRateAndLength) {
  const auto chain = EffectChain::parse(GetParam());
  for (const EffectInfo& effect : list_effects()) {
    if (GetParam().rfind(effect.name, 0) == 0 && !effect.available) GTEST_SKIP() << effect.remedy;
  }
  for (const int rate : {44100, 48000, 22050}) {
    const AudioBuffer x = music(1.5, rate);
    const AudioBuffer y = chain.apply(x, Rng(1));
    ASSERT_EQ(y.num_frames(), x.num_frames());
    EXPECT_EQ(y.rate_hz(), rate);
    EXPECT_EQ(y.num_channels(), 2u);
    EXPECT_LT(std::fabs(lag_of(x, y, 800)), 1.0) << rate;
    EXPECT_LT(difference_db(x, y), -8.0) << rate;
    EXPECT_GT(difference_db(x, y), -70.0) << rate << ": nothing was lost?";
  }
}

INSTANTIATE_TEST_SUITE_P(All, CodecEffectTest,
                         testing::Values("mp3(bitrate_kbps=128)", "vorbis(bitrate_kbps=128)",
                                         "opus(bitrate_kbps=128)", "aac(bitrate_kbps=128)"),
                         [](const auto& each) {
                           return each.param.substr(0, each.param.find('('));
                         });

TEST(CodecEffectsTest, ResampleKeepsTheNewRateAndTheDuration) {
  const AudioBuffer x = tone(1000, 1.0);
  const auto y = run_chain("resample(rate_hz=16000)", x);
  EXPECT_EQ(y.rate_hz(), 16000);
  EXPECT_EQ(y.num_frames(), 16000u);
  EXPECT_NEAR(frequency_near(y, 1000), 1000, 0.05);
}

// --- space ----------------------------------------------------------------------------------

TEST(SpaceEffectsTest, EchoRepeatsAtItsDelayAndLevel) {
  AudioBuffer x(1, 44100, 44100);
  x.channel(0)[100] = 0.8F;
  const auto y = run_chain("echo(delay_ms=100, level_db=-6, repeats=2)", x);
  const double g = std::pow(10.0, -0.3);
  EXPECT_NEAR(y.channel(0)[100], 0.8, 1e-6);
  EXPECT_NEAR(y.channel(0)[4510], 0.8 * g, 1e-5);
  EXPECT_NEAR(y.channel(0)[8920], 0.8 * g * g, 1e-5);
  EXPECT_EQ(y.channel(0)[13330], 0.0F);
}

TEST(SpaceEffectsTest, ReverbWithAPulseForAResponseIsADelay) {
  const fs::path path =
      fs::temp_directory_path() / ("brandiron-ir-" + std::to_string(getpid()) + ".wav");
  AudioBuffer ir(1, 2000, 44100);
  ir.channel(0)[500] = 0.7F;
  WriteOptions options;
  options.overwrite = true;
  options.sample_format = SampleFormat::kFloat32;
  write_audio(path, ir, options);
  const AudioBuffer x = music(0.5);
  const auto y = run_chain("reverb(mix=1, ir=\"" + path.string() + "\")", x);
  AudioBuffer moved = x;
  moved.resize_frames(x.num_frames() - 500);
  EXPECT_LT(difference_db(moved, y.slice(500, x.num_frames() - 500)), -90);
  fs::remove(path);
}

TEST(SpaceEffectsTest, MixAddsTheOtherFileAtItsLevel) {
  const fs::path path =
      fs::temp_directory_path() / ("brandiron-mix-" + std::to_string(getpid()) + ".wav");
  WriteOptions options;
  options.overwrite = true;
  options.sample_format = SampleFormat::kFloat32;
  write_audio(path, white(2.0, 44100, 1, 9), options);
  const AudioBuffer x = music(2.0);
  const auto y = run_chain("mix(file=\"" + path.string() + "\", level_db=-12)", x);
  EXPECT_NEAR(difference_db(x, y), -12.0, 0.2);
  fs::remove(path);
  EXPECT_THROW(run_chain("mix(file=\"" + path.string() + "\")", x), Error);
}

TEST(SpaceEffectsTest, AirIsMonoBandLimitedAndALittleShorter) {
  const AudioBuffer x = white(4.0, 44100, 2);
  const auto y = run_chain("air(snr_db=60)", x);
  EXPECT_EQ(y.num_channels(), 1u);
  EXPECT_NEAR(static_cast<double>(y.num_frames()), 4 * 44100 / 1.0002, 2.0);
  EXPECT_LT(10 * std::log10(band_power(y, 14000, 18000) / band_power(y, 1000, 5000)), -20);
}

// --- resynthesis ----------------------------------------------------------------------------

TEST(ResynthesisEffectsTest, MelKeepsTheBandsAndLosesThePhase) {
  const AudioBuffer x = music(3.0, 22050, 1);
  const auto y = run_chain("mel(bands=80)", x);
  ASSERT_EQ(y.num_frames(), x.num_frames());
  for (double hz = 200; hz < 3200; hz *= 2) {
    EXPECT_NEAR(10 * std::log10(band_power(y, hz, 2 * hz) / band_power(x, hz, 2 * hz)), 0.0, 2.5)
        << hz;
  }
  EXPECT_GT(difference_db(x, y), -6.0);
}

}  // namespace
}  // namespace brandiron
