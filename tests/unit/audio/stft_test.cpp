#include "brandiron/core/audio/stft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <vector>

#include "brandiron/core/error.h"
#include "support/test_audio.h"

namespace brandiron {
namespace {

double worst_error_db(std::span<const float> a, std::span<const float> b) {
  double worst = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    worst = std::fmax(worst, std::fabs(static_cast<double>(a[i]) - b[i]));
  }
  return worst > 0.0 ? 20.0 * std::log10(worst) : -999.0;
}

struct Case {
  std::size_t window, hop;
};

class StftCases : public ::testing::TestWithParam<Case> {};

TEST_P(StftCases, InverseRestoresTheSignal) {
  const StftOptions options{GetParam().window, GetParam().hop, true};
  for (const std::size_t frames : {1UL, 7UL, 511UL, 2048UL, 44101UL}) {
    AudioBuffer audio = testing::noise(2.0, 44100, 0.2);
    audio.resize_frames(frames);
    const auto signal = audio.channel(0);
    const auto back = istft(stft(signal, options), frames, options);
    ASSERT_EQ(back.size(), frames);
    EXPECT_LT(worst_error_db(signal, back), -120.0) << frames << " frames";
  }
}

TEST_P(StftCases, WindowByWindowTransformGivesTheBitsOfStftThenIstft) {
  const StftOptions options{GetParam().window, GetParam().hop, true};
  const AudioBuffer audio = testing::noise(0.5, 44100, 0.2);
  const auto signal = audio.channel(0);
  Spectrogram whole = stft(signal, options);
  for (std::size_t t = 0; t < whole.num_windows; ++t) whole.window(t)[3] *= 0.5F;
  const auto expected = istft(whole, signal.size(), options);
  const auto found = transform_windows(
      signal, options, [](std::size_t, std::span<std::complex<float>> bins) { bins[3] *= 0.5F; });
  EXPECT_EQ(expected, found);
}

INSTANTIATE_TEST_SUITE_P(WindowsAndHops, StftCases,
                         ::testing::Values(Case{2048, 512}, Case{1024, 256}, Case{256, 100},
                                           Case{4096, 1000}, Case{8, 2}, Case{512, 128}));

TEST(Stft, ASineAppearsInItsBinWithHalfTheWindowsSum) {
  const StftOptions options;
  const double hz = 44100.0 * 64 / 2048;
  const AudioBuffer audio = testing::tone(hz, 1.0, 44100, 1.0);
  const Spectrogram found = stft(audio.channel(0), options);
  const auto middle = found.window(found.num_windows / 2);
  EXPECT_NEAR(std::abs(middle[64]), 512.0, 0.01);
  EXPECT_NEAR(std::abs(middle[65]), 256.0, 0.01);
  EXPECT_LT(std::abs(middle[80]), 0.01);
}

TEST(Stft, WindowTIsCentredOnSampleTTimesHop) {
  std::vector<float> impulse(8192, 0.0F);
  impulse[3 * 512] = 1.0F;
  const Spectrogram found = stft(impulse, StftOptions{});
  // At the centre of its window an impulse has a flat spectrum of magnitude 1.
  for (std::size_t k = 0; k < found.num_bins; ++k) {
    EXPECT_NEAR(std::abs(found.window(3)[k]), 1.0F, 1e-5F);
  }
}

TEST(Stft, WithoutCentringTheFirstWindowStartsAtTheFirstSample) {
  const AudioBuffer audio = testing::noise(0.2);
  const auto signal = audio.channel(0);
  const StftOptions centred{1024, 256, true}, plain{1024, 256, false};
  const Spectrogram a = stft(signal, centred), b = stft(signal, plain);
  EXPECT_EQ(b.num_windows, 1 + (signal.size() - 1024) / 256);
  for (std::size_t k = 0; k < a.num_bins; ++k) EXPECT_EQ(a.window(2)[k], b.window(0)[k]);
}

TEST(Stft, SilenceStaysExactlySilent) {
  const std::vector<float> zeros(10000, 0.0F);
  const Spectrogram found = stft(zeros);
  for (const auto& bin : found.data) EXPECT_EQ(std::abs(bin), 0.0F);
  for (const float x : istft(found, zeros.size())) EXPECT_EQ(x, 0.0F);
}

TEST(Stft, PowerSpectrogramIsTheSquaredMagnitude) {
  const AudioBuffer audio = testing::noise(0.3);
  const Spectrogram complex = stft(audio.channel(0));
  const auto power = power_spectrogram(audio.channel(0));
  ASSERT_EQ(power.size(), complex.data.size());
  for (std::size_t i = 0; i < power.size(); i += 17) {
    EXPECT_FLOAT_EQ(power[i], std::norm(complex.data[i]));
  }
}

TEST(Stft, AnEmptySignalHasNoWindows) {
  EXPECT_EQ(stft({}).num_windows, 0U);
  EXPECT_TRUE(istft(stft({}), 0).empty());
}

TEST(Stft, RefusesImpossibleWindowsAndHops) {
  EXPECT_THROW((StftOptions{1000, 100, true}.validate()), Error);
  EXPECT_THROW((StftOptions{1024, 0, true}.validate()), Error);
  EXPECT_THROW((StftOptions{1024, 1025, true}.validate()), Error);
  Spectrogram wrong = stft(std::vector<float>(4096), StftOptions{1024, 256, true});
  EXPECT_THROW(istft(wrong, 4096, StftOptions{2048, 512, true}), Error);
}

TEST(MelFilterbank, BandsPeakAtTheirCentresAndAddUpSmoothly) {
  const MelFilterbank mels(40, 2048, 44100, 0.0, 22050.0);
  ASSERT_EQ(mels.num_mels(), 40U);
  for (std::size_t m = 1; m < 40; ++m) EXPECT_GT(mels.centre_hz(m), mels.centre_hz(m - 1));
  // Neighbouring triangles cross-fade, so white power gives each bin a total weight of one.
  const auto weight_at = [&](std::size_t bin) {
    std::vector<float> power(1025, 0.0F), out(40);
    power[bin] = 1.0F;
    mels.apply(power, out);
    double sum = 0.0;
    for (const float x : out) sum += x;
    return sum;
  };
  for (const std::size_t bin : {20UL, 100UL, 500UL, 900UL}) EXPECT_NEAR(weight_at(bin), 1.0, 1e-5);
}

TEST(MelFilterbank, FollowsSlaneysScale) {
  // Linear below 1 kHz: 15 mels; 13 octave-ish steps above: 6.4 kHz is mel 42.
  const MelFilterbank mels(41, 4096, 44100, 0.0, 6400.0);
  EXPECT_NEAR(mels.centre_hz(0), 200.0 / 3.0, 1e-6);
  EXPECT_NEAR(mels.centre_hz(14), 1000.0, 1e-6);
}

TEST(MelFilterbank, RefusesNonsense) {
  EXPECT_THROW(MelFilterbank(0, 2048, 44100, 0, 8000), Error);
  EXPECT_THROW(MelFilterbank(10, 2048, 44100, 0, 30000), Error);
  EXPECT_THROW(MelFilterbank(10, 2048, 44100, 900, 800), Error);
  const MelFilterbank mels(10, 2048, 44100, 0, 8000);
  std::vector<float> power(100), out(10);
  EXPECT_THROW(mels.apply(power, out), Error);
}

}  // namespace
}  // namespace brandiron
