#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "brandiron/core/error.h"
#include "detect/src/fast_log.h"
#include "test_audio.h"

namespace brandiron::detect {
namespace {

using testing::pluck_song;

AudioFeatures features_of(const AudioBuffer& audio, const FeatureConfig& config = {}) {
  return features_of_canonical(canonical_audio(audio, config), config);
}

LogMel log_mel(const AudioBuffer& audio, const FeatureConfig& config = {}) {
  return features_of(audio, config).mel;
}

double mean_difference_db(const LogMel& a, const LogMel& b) {
  double sum = 0;
  const std::size_t n = std::min(a.num_windows, b.num_windows);
  for (std::size_t t = 0; t < n; ++t) {
    for (std::size_t m = 0; m < a.num_mels; ++m) sum += std::abs(a.db(t, m) - b.db(t, m));
  }
  return sum / static_cast<double>(n * a.num_mels);
}

TEST(Features, AreTheSameToTheBitEveryTime) {
  const AudioBuffer audio = pluck_song(6, 44100, 2, 1, 0.5);
  EXPECT_EQ(log_mel(audio).steps, log_mel(audio).steps);
  EXPECT_EQ(features_of(audio).comb.steps, features_of(audio).comb.steps);
}

TEST(Features, DoNotKnowTheLevelOrTheNumberOfChannels) {
  const AudioBuffer mono = pluck_song(6, 44100, 1, 1, 0.5);
  AudioBuffer quiet = mono;
  quiet.apply_gain(0.05F);
  AudioBuffer wide(8, mono.num_frames(), mono.rate_hz());
  wide.add(mono);
  const AudioFeatures reference = features_of(mono), soft = features_of(quiet);
  EXPECT_LT(mean_difference_db(reference.mel, soft.mel), 0.02);
  EXPECT_LT(mean_difference_db(reference.mel, log_mel(wide)), 0.02);
  const Texture a = texture_of(reference.texture), b = texture_of(soft.texture);
  for (std::size_t i = 0; i < kNumTexture; ++i) EXPECT_NEAR(a.values[i], b.values[i], 1e-2) << i;
}

TEST(Features, HearAToneAtItsLevelInItsBand) {
  AudioBuffer audio(1, 44100 * 5, 44100);
  for (std::size_t i = 0; i < audio.num_frames(); ++i) {
    audio.channel(0)[i] = static_cast<float>(
        0.02 * std::sin(2 * std::numbers::pi * 1000.0 * static_cast<double>(i) / 44100));
  }
  const LogMel mel = log_mel(audio);
  EXPECT_EQ(mel.num_mels, 80U);
  EXPECT_EQ(mel.num_windows, (220500U - 2048) / 1024 + 1);
  double top = -200;
  std::size_t where = 0;
  for (std::size_t m = 0; m < 80; ++m) {
    if (mel.db(100, m) > top) {
      top = mel.db(100, m);
      where = m;
    }
  }
  EXPECT_NEAR(top, 3, 4);  // a sine at the canonical level, -20 dBFS of power, is 0 dB + 3
  EXPECT_GT(where, 20U);
  EXPECT_LT(where, 40U);
  EXPECT_LT(mel.db(100, 0), -40);
}

TEST(Features, BlocksLeaveNoSeams) {
  // 60 s spans many blocks of windows; a shifted copy puts the seams elsewhere.
  const AudioBuffer audio = pluck_song(60, 44100, 1, 2, 0.5);
  const LogMel whole = log_mel(audio);
  const LogMel shifted = log_mel(audio.slice(1024 * 40, audio.num_frames()));
  double worst = 0;
  for (std::size_t t = 200; t < 600; ++t) {
    for (std::size_t m = 0; m < 80; ++m) {
      worst = std::max(worst, std::abs(whole.db(t, m) - shifted.db(t - 40, m)));
    }
  }
  EXPECT_LE(worst, 1.0);  // the level of the excerpt differs by a little, nothing else
}

TEST(Features, SegmentsCoverTheRecording) {
  const FeatureConfig config;
  EXPECT_EQ(segment_starts(10, 128, config), (std::vector<std::size_t>{0}));
  EXPECT_EQ(segment_starts(256, 128, config), (std::vector<std::size_t>{0}));
  EXPECT_EQ(segment_starts(384, 128, config), (std::vector<std::size_t>{0, 128}));
  EXPECT_EQ(segment_starts(500, 128, config), (std::vector<std::size_t>{0, 128, 244}));
  for (std::size_t n = 256; n < 1500; n += 7) {
    const auto starts = segment_starts(n, 256, config);
    EXPECT_LE(starts.back() + 256, n);
    EXPECT_LE(n - starts.back() - 256, 44U) << "more than a second left out of " << n;
  }
}

TEST(Features, ASegmentForgetsEqualisation) {
  const FeatureConfig config;
  LogMel mel = log_mel(pluck_song(7, 44100, 1, 3, 0.5), config);
  for (std::uint8_t& x : mel.steps) x = std::max<std::uint8_t>(x, 60);  // room to tilt in
  LogMel tilted = mel;
  for (std::size_t t = 0; t < mel.num_windows; ++t) {
    for (std::size_t m = 0; m < 80; ++m) {
      tilted.steps[t * 80 + m] = static_cast<std::uint8_t>(tilted.steps[t * 80 + m] - m / 2);
    }
  }
  std::vector<float> a(config.segment_size()), b(config.segment_size());
  ASSERT_TRUE(cut_segment(mel, 0, config, a));
  ASSERT_TRUE(cut_segment(tilted, 0, config, b));
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-3);
}

TEST(Features, ALayerIsWhatBothSoundLikeTogether) {
  const FeatureConfig config;
  const AudioBuffer one = canonical_audio(pluck_song(7, 44100, 1, 3, 0.5), config);
  const AudioBuffer other = canonical_audio(pluck_song(7, 44100, 1, 4, 0.5), config);
  AudioBuffer both = one, quiet = other;
  quiet.apply_gain(0.5F);
  both.add(quiet);
  const LogMel first = features_of_canonical(one, config).mel;
  const LogMel second = features_of_canonical(other, config).mel;
  std::vector<float> alone(config.segment_size()), layered(config.segment_size()),
      mixed(config.segment_size());
  ASSERT_TRUE(cut_segment(first, 0, config, alone));
  ASSERT_TRUE(cut_segment(features_of_canonical(both, config).mel, 0, config, mixed));
  SegmentSource source{.first = &first, .second = &second, .layered = true, .second_db = -6.02};
  ASSERT_TRUE(cut_segment(source, config, layered));
  const auto distance = [&](const std::vector<float>& segment) {
    double sum = 0;
    for (std::size_t i = 0; i < mixed.size(); ++i) sum += std::abs(segment[i] - mixed[i]);
    return sum / static_cast<double>(mixed.size());
  };
  // Powers add but for the phases of what overlaps.
  EXPECT_LT(distance(layered), 0.15);
  EXPECT_GT(distance(alone), 2 * distance(layered));

  source.second_db = -200;
  ASSERT_TRUE(cut_segment(source, config, layered));
  for (std::size_t i = 0; i < alone.size(); ++i) ASSERT_NEAR(layered[i], alone[i], 1e-4);
}

TEST(Features, ASilentSegmentSaysSo) {
  const FeatureConfig config;
  LogMel mel;
  mel.num_mels = 80;
  mel.num_windows = 300;
  mel.steps.assign(300 * 80, 10);  // -95 dB
  std::vector<float> segment(config.segment_size(), 5.0F);
  EXPECT_FALSE(cut_segment(mel, 0, config, segment));
  EXPECT_EQ(segment[100], 0.0F);
}

TEST(Features, ShortSilentAndBrokenAudioIsRefused) {
  const FeatureConfig config;
  EXPECT_THROW(canonical_audio(pluck_song(0.9, 44100, 1, 1, 0), config), Error);
  EXPECT_THROW(canonical_audio(AudioBuffer(2, 441000, 44100), config), Error);
  AudioBuffer broken = pluck_song(3, 44100, 1, 1, 0);
  broken.channel(0)[1000] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(canonical_audio(broken, config), Error);
  EXPECT_THROW(canonical_audio(AudioBuffer(), config), Error);
}

TEST(Features, OppositePhaseDoesNotCancelTheMusic) {
  const AudioBuffer mono = pluck_song(4, 44100, 1, 1, 0.5);
  AudioBuffer opposed(2, mono.num_frames(), mono.rate_hz());
  for (std::size_t i = 0; i < mono.num_frames(); ++i) {
    opposed.channel(0)[i] = mono.channel(0)[i];
    opposed.channel(1)[i] = -mono.channel(0)[i];
  }
  EXPECT_LT(mean_difference_db(log_mel(mono), log_mel(opposed)), 0.02);
}

TEST(Features, BandwidthIsSeen) {
  const FeatureConfig config;
  EXPECT_LT(bandwidth_hz(log_mel(pluck_song(5, 4000, 1, 4, 0.5), config), config), 2600);
  AudioBuffer noise(1, 80000, 16000);
  Rng rng(1, "noise");
  for (float& x : noise.samples()) x = static_cast<float>(0.1 * rng.normal());
  EXPECT_EQ(bandwidth_hz(log_mel(noise, config), config), 7000);
}

TEST(Features, ConfigurationTravelsAsText) {
  FeatureConfig config;
  config.high_hz = 6500;
  EXPECT_EQ(FeatureConfig::from_json(config.to_json()).to_json(), config.to_json());
  EXPECT_THROW(FeatureConfig::from_json("{}"), Error);
  config.segment_windows = 1U << 30U;
  EXPECT_THROW(FeatureConfig::from_json(config.to_json()), Error);
}

TEST(FastLog, IsRightToAThousandthOfADecibel) {
  for (double x = 1e-18; x < 1e6; x *= 1.07) {
    EXPECT_NEAR(fast_db(static_cast<float>(x)), 10 * std::log10(x), 1e-3) << x;
  }
  EXPECT_NEAR(fast_db(0), -200, 1e-3);
}

TEST(TextureBranch, TellsSteadyLinesFromNoise) {
  AudioBuffer noise(1, 44100 * 8, 44100), lines(1, 44100 * 8, 44100);
  Rng rng(1, "noise");
  for (std::size_t i = 0; i < noise.num_frames(); ++i) {
    noise.channel(0)[i] = static_cast<float>(0.1 * rng.normal());
    double x = 0.02 * rng.normal();
    for (double hz = 500; hz < 15000; hz += 431) {
      x += 0.02 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / 44100 + hz);
    }
    lines.channel(0)[i] = static_cast<float>(x);
  }
  const Texture a = texture_of(features_of(noise).texture),
                b = texture_of(features_of(lines).texture);
  for (const std::size_t band : {5U, 10U, 15U}) {
    ASSERT_TRUE(a.present[band] && b.present[band]);
    const std::size_t stationarity = band * kTextureStatistics + 7;
    EXPECT_LT(std::abs(a.values[stationarity]), 0.1);
    EXPECT_GT(b.values[stationarity], 0.2);
  }
}

TEST(TextureBranch, ABandThatIsEmptySaysSo) {
  AudioBuffer tone(1, 44100 * 4, 44100);
  for (std::size_t i = 0; i < tone.num_frames(); ++i) {
    tone.channel(0)[i] = static_cast<float>(
        0.3 * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / 44100));
  }
  const Texture t = texture_of(features_of(tone).texture);
  EXPECT_TRUE(t.present[1]);
  EXPECT_FALSE(t.present[kTextureBands - 1]);
}

/// Noise with a comb of faint lines, as a decoder leaves them, played at `speed`.
AudioBuffer combed_noise(double spacing_hz, double speed, double level) {
  AudioBuffer audio(1, 44100 * 20, 44100);
  Rng rng(3, "comb");
  for (std::size_t i = 0; i < audio.num_frames(); ++i) {
    double x = 0.1 * rng.normal();
    for (double hz = spacing_hz * speed; hz < 17000; hz += spacing_hz * speed) {
      x += level * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / 44100);
    }
    audio.channel(0)[i] = static_cast<float>(x);
  }
  return audio;
}

TEST(CombBranch, FindsAPlantedCombItsSpacingAndTheSpeed) {
  for (const double speed : {1.0, 1.03, 0.94}) {
    const CombSpectrum spectrum = features_of(combed_noise(44100.0 / 64, speed, 0.003)).comb;
    double strongest = 0;
    CombMatch best;
    std::string name;
    for (const CombTemplate& comb : known_combs()) {
      const CombMatch match = match_comb(spectrum, comb);
      if (match.strength <= strongest) continue;
      strongest = match.strength;
      best = match;
      name = comb.name;
    }
    EXPECT_EQ(name, "689.1 Hz") << speed;
    EXPECT_NEAR(best.speed, speed, 0.001);
    EXPECT_GT(best.strength, 6);
    EXPECT_GT(best.margin, 1.5);
  }
}

TEST(CombBranch, FindsNoCombInNoise) {
  const CombSpectrum spectrum = features_of(combed_noise(44100.0 / 64, 1, 0)).comb;
  for (const CombTemplate& comb : known_combs()) {
    EXPECT_LT(match_comb(spectrum, comb).strength, 6) << comb.name;
  }
}

TEST(StrideLines, AreFoundAtTheirVeryPlacesOnly) {
  const Strides& strides = known_strides();
  const auto look = [&](double speed, double reach) {
    const AudioBuffer audio = combed_noise(44100.0 / 64, speed, 0.001);
    return match_lines(line_spectrum(audio.channel(0), 44100), strides.usual, reach);
  };
  const LineMatch there = look(1, 0), moved = look(1.01, 0), sought = look(1.01, 0.035);
  EXPECT_NEAR(there.spacing_hz, 44100.0 / 64, 0.1);
  EXPECT_GT(there.strength, 8);
  EXPECT_GT(there.weaker_half, 4);
  EXPECT_LT(moved.strength, there.strength / 2);
  EXPECT_NEAR(sought.speed, 1.01, 0.0002);
  EXPECT_GT(sought.strength, 8);
}

TEST(StrideLines, AreNotInNoiseNorInOneChordNorWhereNothingIs) {
  const Strides& strides = known_strides();
  const AudioBuffer audio = combed_noise(44100.0 / 64, 1, 0);
  const LineSpectrum noise = line_spectrum(audio.channel(0), 44100);
  EXPECT_LT(match_lines(noise, strides.usual, 0).strength, 5);
  EXPECT_LT(match_lines(noise, strides.other, 0).strength, 5);

  // Lines at the lower half of the places: strong, and the weaker half says no.
  LineSpectrum chord = noise;
  for (double hz = 1378.125; hz < 5000; hz += 689.0625) {
    const auto k = static_cast<std::size_t>((hz - LineSpectrum::kLowHz) / chord.bin_hz + 0.5);
    for (std::size_t i = k - 1; i <= k + 1; ++i) chord.steps[i] = 241;
  }
  const double spacing_hz = 689.0625;
  const LineMatch match = match_lines(chord, {&spacing_hz, 1}, 0);
  EXPECT_GT(match.strength, 3.5);
  EXPECT_LT(match.weaker_half, match.strength / 2);

  LineSpectrum gone = noise;
  std::fill(gone.steps.begin(), gone.steps.end(), std::uint8_t{0});
  EXPECT_EQ(match_lines(gone, strides.usual, 0.035).strength, 0);
  EXPECT_EQ(match_lines({}, strides.usual, 0).strength, 0);
}

TEST(StrideLines, EveryStrideIsListedOnceAndInReach) {
  const Strides& strides = known_strides();
  std::vector<double> all = strides.usual;
  all.insert(all.end(), strides.other.begin(), strides.other.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::adjacent_find(all.begin(), all.end()), all.end());
  EXPECT_GE(all.front(), 60);
  EXPECT_LE(all.back(), 1400);
  EXPECT_NE(std::find(all.begin(), all.end(), 16000.0 / 160), all.end());
}

TEST(CombBranch, AskForLinesInBothHalves) {
  const CombTemplate comb = known_combs().back();
  Rng rng(11, "spectrum");
  CombSpectrum whole;
  for (std::size_t i = 0; i < kCombPoints; ++i) {
    whole.steps.push_back(static_cast<std::uint8_t>(std::lround(40 + 5 * rng.normal())));
  }
  CombSpectrum low = whole;
  constexpr float kMiddle = 0.7F * kCombPoints;
  for (const float place : comb.places) {
    const auto at = static_cast<std::size_t>(place + 0.5F);
    if (at >= kCombPoints) continue;
    whole.steps[at] = 60;
    if (place < kMiddle) low.steps[at] = 60;
  }
  const CombMatch through = match_comb(whole, comb), chord = match_comb(low, comb);
  EXPECT_GT(through.strength, 20);
  EXPECT_GT(chord.strength, 10);  // strong all the same
  EXPECT_GT(through.weaker_half, 15);
  EXPECT_LT(chord.weaker_half, through.weaker_half / 3);
  EXPECT_GE(chord.best_weaker_half, chord.weaker_half);
  EXPECT_LT(chord.best_weaker_half, through.best_weaker_half / 3);
}

TEST(CombBranch, LearnsTheLinesOfAFamily) {
  std::vector<CombSpectrum> with, without;
  for (int i = 0; i < 3; ++i) {
    with.push_back(features_of(combed_noise(937.0, 1, 0.003)).comb);
    without.push_back(features_of(combed_noise(937.0, 1, 0)).comb);
  }
  const std::vector<const CombSpectrum*> a = {&with[0], &with[1]}, b = {&without[0], &without[1]};
  const CombTemplate comb = learn_comb("test", a, b, 12);
  EXPECT_EQ(comb.places.size(), 12U);
  EXPECT_GT(match_comb(with[2], comb).strength, match_comb(without[2], comb).strength + 5);
}

}  // namespace
}  // namespace brandiron::detect
