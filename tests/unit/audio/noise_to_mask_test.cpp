#include "brandiron/core/audio/noise_to_mask.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "brandiron/core/error.h"
#include "support/test_audio.h"

namespace brandiron {
namespace {

using testing::noise;
using testing::tone;

// The original plus `gain` times itself: the difference has the original's spectrum.
AudioBuffer louder(const AudioBuffer& audio, double gain) {
  AudioBuffer out = audio;
  out.apply_gain(static_cast<float>(1 + gain));
  return out;
}

AudioBuffer sum(const AudioBuffer& a, const AudioBuffer& b, double gain) {
  AudioBuffer out = a;
  out.add(b, 0, static_cast<float>(gain));
  return out;
}

TEST(NoiseToMask, IsVeryLowForIdenticalAudio) {
  const AudioBuffer audio = noise(2, 48000, 0.1, 2);
  const NoiseToMask found = measure_noise_to_mask(audio, audio);
  EXPECT_LT(found.total_db, -100);
  EXPECT_EQ(found.share_above, 0);
  EXPECT_EQ(found.num_cells % EarModel::kBands, 0U);
}

TEST(NoiseToMask, RisesDecibelForDecibelWithTheNoise) {
  const AudioBuffer audio = noise(2, 48000, 0.1, 1, 1), other = noise(2, 48000, 0.1, 1, 2);
  const double low = measure_noise_to_mask(audio, sum(audio, other, 0.01)).total_db;
  const double high = measure_noise_to_mask(audio, sum(audio, other, 0.1)).total_db;
  EXPECT_NEAR(high - low, 20, 0.01);
}

TEST(NoiseToMask, TreatsBothNoisePatternsAlikeWhereNoPhaseChanges) {
  const AudioBuffer audio = noise(2, 48000, 0.1);
  const NoiseToMask found = measure_noise_to_mask(audio, louder(audio, 0.05));
  EXPECT_NEAR(found.total_db, found.magnitude_total_db, 0.01);
}

TEST(NoiseToMask, CountsPhaseInTheDifferenceAndNotInTheMagnitudes) {
  const AudioBuffer audio = noise(2, 48000, 0.1);
  AudioBuffer inverted = audio;
  inverted.apply_gain(-1);
  const NoiseToMask found = measure_noise_to_mask(audio, inverted);
  EXPECT_GT(found.total_db, 0);
  EXPECT_LT(found.magnitude_total_db, -60);
}

// A pattern that stays for ever is its own excitation in time, so the mean over bands of
// g^2 E(b) / (excitation(b) / offset(b)) can be worked out from the ear's stages fed with the power
// that white noise has on average: sd^2 sum(w^2) a bin.
TEST(NoiseToMask, GivesTheNumberThatTheStagesPredictForNoiseMaskedByItself) {
  constexpr double kSd = 0.1, kGain = 0.1;
  EarModel ear;
  const std::vector<double> power(EarModel::kBins, kSd * kSd * 0.375 * EarModel::kFrame);
  const auto energy = ear.group(power);
  const auto excitation = ear.spread(energy);
  double expected = 0;
  for (std::size_t b = 0; b < EarModel::kBands; ++b) {
    const double mask = excitation[b] * std::pow(10.0, -0.1 * EarModel::mask_offset_db(b));
    expected += kGain * kGain * energy[b] / mask / EarModel::kBands;
  }
  const AudioBuffer audio = noise(10, 48000, kSd);
  const double found = measure_noise_to_mask(audio, louder(audio, kGain)).total_db;
  // Frames of noise scatter about their mean, and the mask follows the louder ones.
  EXPECT_NEAR(found, 10 * std::log10(expected), 1.0);
  EXPECT_LT(found, 20 * std::log10(kGain) + 6);  // at most the largest offset above the noise
}

TEST(NoiseToMask, MasksANeighbourBetterThanAStrangerFarBelow) {
  const AudioBuffer masker = tone(1000, 2, 48000, 0.3);
  const double near =
      measure_noise_to_mask(masker, sum(masker, tone(1100, 2, 48000), 1e-3)).total_db;
  const double far = measure_noise_to_mask(masker, sum(masker, tone(200, 2, 48000), 1e-3)).total_db;
  EXPECT_LT(near + 10, far);
}

TEST(NoiseToMask, HearsNothingUnderTheThresholdOfHearing) {
  const AudioBuffer silence(1, 96000, 48000);
  // 92 dB SPL is full scale: these are 42 dB and -8 dB at 1 kHz, where hearing begins near 2 dB.
  const auto at_db = [&](double spl) {
    return measure_noise_to_mask(silence, tone(1000, 2, 48000, std::pow(10.0, (spl - 92) / 20)));
  };
  EXPECT_GT(at_db(42).share_above, 0);
  EXPECT_EQ(at_db(-8).share_above, 0);
}

TEST(NoiseToMask, SaysTheSameAtAnyRateOfTheFile) {
  const auto at_rate = [](int rate) {
    const AudioBuffer masker = tone(1000, 3, rate, 0.3), other = tone(1500, 3, rate, 0.01);
    return measure_noise_to_mask(masker, sum(masker, other, 1)).total_db;
  };
  EXPECT_NEAR(at_rate(44100), at_rate(48000), 0.3);
  EXPECT_NEAR(at_rate(32000), at_rate(48000), 0.3);
}

TEST(NoiseToMask, ReportsTheWorstChannel) {
  AudioBuffer audio = noise(1, 48000, 0.1, 2);
  AudioBuffer marked = audio;
  for (float& x : marked.channel(1)) x *= 1.1F;
  AudioBuffer alone(1, audio.num_frames(), 48000), alone_marked = alone;
  std::copy_n(audio.channel(1).begin(), audio.num_frames(), alone.channel(0).begin());
  std::copy_n(marked.channel(1).begin(), audio.num_frames(), alone_marked.channel(0).begin());
  EXPECT_DOUBLE_EQ(measure_noise_to_mask(audio, marked).total_db,
                   measure_noise_to_mask(alone, alone_marked).total_db);
}

TEST(NoiseToMask, RefusesAudioOfAnotherLength) {
  EXPECT_THROW(measure_noise_to_mask(noise(1), noise(2)), Error);
}

TEST(EarModel, HasTheBandsOfTheStandard) {
  const EarModel ear;
  EXPECT_NEAR(ear.centre_hz(0), 91.708, 0.01);  // table 7 of the standard
  EXPECT_NEAR(ear.centre_hz(108), 17690.045, 0.01);
}

TEST(EarModel, CalibratesAFullScaleSineTo92Decibels) {
  // A lone bin at the height that the standard says a full-scale sine of 1019.5 Hz reaches.
  std::vector<double> power(EarModel::kBins, 0.0);
  const double height = 0.84971762641205 * EarModel::kFrame / 4;
  power[43] = height * height;
  const auto energies = EarModel().group(power);
  const double total = std::accumulate(energies.begin(), energies.end(), 0.0);
  const double khz = 43 * 48.0 / 2048;
  const double ear_db = -2.184 * std::pow(khz, -0.8) +
                        6.5 * std::exp(-0.6 * (khz - 3.3) * (khz - 3.3)) -
                        1e-3 * std::pow(khz, 3.6);
  EXPECT_NEAR(10 * std::log10(total), 92 + ear_db, 0.01);
}

TEST(EarModel, SpreadsAFlatPatternOfUnitEnergyIntoItself) {
  EarModel::Pattern flat;
  flat.fill(1);
  for (const double e : EarModel().spread_over_bands(flat)) EXPECT_NEAR(e, 1, 1e-12);
}

TEST(EarModel, FallsBy27DecibelsABarkBelowALoneBand) {
  EarModel::Pattern lone;
  lone.fill(1e-12);
  lone[60] = 1e6;
  EarModel::Pattern flat;
  flat.fill(1);
  const EarModel ear;
  const auto excitation = ear.spread_over_bands(lone);
  // Ratios of neighbours four bands (one Bark) apart; the normalisation differs a little by band.
  EXPECT_NEAR(10 * std::log10(excitation[56] / excitation[52]), 27, 0.5);
  // Above: 24 + 230 / f - 0.2 * 60 dB a Bark.
  const double slope = 24 + 230 / ear.centre_hz(60) - 12;
  EXPECT_NEAR(10 * std::log10(excitation[64] / excitation[68]), slope, 0.5);
}

TEST(EarModel, HoldsTheMaskAfterALoudFrameAndLetsItDecay) {
  EarModel ear;
  EarModel::Pattern loud, quiet;
  loud.fill(1e6);
  quiet.fill(1);
  for (int i = 0; i < 50; ++i) ear.mask_next(loud);
  const auto first = ear.mask_next(quiet), second = ear.mask_next(quiet);
  // tau at 1 kHz: 8 + 22 * 100 / f ms; frames are 21.3 ms apart.
  std::size_t band = 0;
  while (ear.centre_hz(band) < 1000) ++band;
  const double tau = 0.008 + 100 / ear.centre_hz(band) * 0.022;
  EXPECT_NEAR(std::log(first[band] / second[band]), 1024.0 / 48000 / tau, 0.01);
}

TEST(EarModel, PutsTheMaskThreeDecibelsDownUpTo12Bark) {
  EXPECT_EQ(EarModel::mask_offset_db(0), 3);
  EXPECT_EQ(EarModel::mask_offset_db(48), 3);
  EXPECT_NEAR(EarModel::mask_offset_db(49), 3.0625, 1e-12);
  EXPECT_NEAR(EarModel::mask_offset_db(108), 6.75, 1e-12);
}

}  // namespace
}  // namespace brandiron
