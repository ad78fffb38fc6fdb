#include "gen/src/singing/voice_bank.h"

#include <gtest/gtest.h>

#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/rng.h"
#include "gen/src/singing/bank_analysis.h"

namespace brandiron::gen::singing {
namespace {

std::filesystem::path bank_path(const std::string& name) {
  return std::filesystem::path(BRANDIRON_SOURCE_DIR) / "models/weights" /
         ("voice-" + name + ".bank");
}

class ShippedBank : public ::testing::TestWithParam<const char*> {};

TEST_P(ShippedBank, IsSmallAndStatesItsSpeakerLicenceAndConsent) {
  EXPECT_LT(std::filesystem::file_size(bank_path(GetParam())), 5'000'000U);
  const auto bank = load_voice_bank(GetParam());
  EXPECT_EQ(bank->header.voice, GetParam());
  EXPECT_FALSE(bank->header.speaker.empty());
  EXPECT_NE(bank->header.licence.find("free of charge"), std::string::npos);
  EXPECT_FALSE(bank->header.consent.empty());
}

TEST_P(ShippedBank, HoldsEveryPhoneEnteredAndLeftAndAtLeast1500Transitions) {
  const auto bank = load_voice_bank(GetParam());
  int existing = 0;
  for (int a = 0; a < kNumPhones; ++a) {
    int leaving = 0, entering = 0;
    for (int b = 0; b < kNumPhones; ++b) {
      existing += bank->diphone(a, b).exists();
      leaving += bank->diphone(a, b).exists();
      entering += bank->diphone(b, a).exists();
    }
    EXPECT_GT(leaving, 10) << phone_info(a).name;
    EXPECT_GT(entering, 10) << phone_info(a).name;
    EXPECT_GT(bank->duration_s[static_cast<std::size_t>(a)], 0.015F) << phone_info(a).name;
  }
  EXPECT_GE(existing, 1500);
}

TEST_P(ShippedBank, MarksVowelsVoicedAndHissUnvoiced) {
  const auto bank = load_voice_bank(GetParam());
  const int s = phone_id_from_flite("s"), iy = phone_id_from_flite("iy");
  const Diphone& d = bank->diphone(s, iy);
  ASSERT_TRUE(d.exists());
  const auto low_share = [&](std::size_t i) { return bank->frame(d.first_frame + i)[kNumBands]; };
  EXPECT_GT(low_share(1), 200);
  EXPECT_LT(low_share(static_cast<std::size_t>(d.left_frames + d.right_frames) - 2), 40);
}

INSTANTIATE_TEST_SUITE_P(All, ShippedBank, ::testing::Values("kal16", "rms", "awb", "slt"));

TEST(VoiceBank, ReadsBackWhatItWrites) {
  const std::string bytes = read_file(bank_path("kal16"));
  const VoiceBank bank = VoiceBank::parse(bytes, "x");
  EXPECT_TRUE(bank.serialise() == bytes);
}

TEST(VoiceBank, RefusesDamagedTruncatedAndForeignFiles) {
  const std::string bytes = read_file(bank_path("rms"));
  const auto code_of = [](const std::string& data) {
    try {
      VoiceBank::parse(data, "x.bank");
    } catch (const Error& e) {
      EXPECT_NE(std::string(e.what()).find("x.bank"), std::string::npos);
      return static_cast<int>(e.code());
    }
    return -1;
  };
  const int format = static_cast<int>(ErrorCode::kFormat);
  std::string flipped = bytes;
  flipped[bytes.size() / 2] = static_cast<char>(flipped[bytes.size() / 2] ^ 1);
  EXPECT_EQ(code_of(flipped), format);
  std::string newer = bytes;
  newer[4] = 9;
  EXPECT_EQ(code_of(newer), format);
  for (const std::size_t n : {0UL, 3UL, 9UL, 20UL, 400UL, bytes.size() - 1}) {
    EXPECT_EQ(code_of(bytes.substr(0, n)), format) << n;
  }
  EXPECT_EQ(code_of("RIFF" + bytes.substr(4)), format);
}

TEST(VoiceBank, NamesTheShippedBanksWhenAskedForAnother) {
  for (const char* name : {"nobody", "", "../kal16"}) {
    try {
      load_voice_bank(name);
      FAIL() << name;
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), ErrorCode::kModel);
      EXPECT_NE(std::string(e.what()).find("kal16"), std::string::npos);
    }
  }
}

// A pulse train through two resonances: the envelope of the harmonics must come back.
TEST(EnvelopeAnalysis, FindsTheResonancesOfASyntheticVowelAndCallsItPeriodic) {
  constexpr int kRate = 16000;
  constexpr double kF0 = 100;
  std::vector<float> x(8000, 0.0F);
  for (std::size_t i = 0; i < x.size(); i += 160) x[i] = 1.0F;
  for (const auto& [hz, width] : {std::pair{700.0, 90.0}, std::pair{1800.0, 120.0}}) {
    const double r = std::exp(-M_PI * width / kRate), c = 2 * r * std::cos(2 * M_PI * hz / kRate);
    double y1 = 0, y2 = 0;
    for (float& s : x) {
      const double y = s + c * y1 - r * r * y2;
      y2 = y1;
      y1 = y;
      s = static_cast<float>(y);
    }
  }
  EnvelopeAnalysis analysis(kRate);
  std::vector<float> bands(kNumBands), shares(kNumAperiodicities);
  analysis.envelope(x, 4000.3, kF0, bands);
  analysis.aperiodicity(x, 4000.3, kF0, shares);
  const auto peak_near = [&](double low, double high) {
    int best = static_cast<int>(band_index(low));
    for (int b = best; band_hz(b) < high; ++b) {
      if (bands[static_cast<std::size_t>(b)] > bands[static_cast<std::size_t>(best)]) best = b;
    }
    return band_hz(best);
  };
  EXPECT_NEAR(peak_near(300, 1200), 700, 60);
  EXPECT_NEAR(peak_near(1300, 2600), 1800, 120);
  const auto at = [&](double hz) {
    return bands[static_cast<std::size_t>(std::lround(band_index(hz)))];
  };
  EXPECT_GT(at(700) - at(1200), 15.0F);
  EXPECT_GT(at(1800) - at(3500), 15.0F);
  for (const float s : shares) EXPECT_LT(s, 0.02F);
}

TEST(EnvelopeAnalysis, CallsWhiteNoiseNoiseAndFindsItFlat) {
  Rng rng(5, "noise");
  std::vector<float> x(16000);
  for (float& s : x) s = static_cast<float>(0.1 * rng.normal());
  EnvelopeAnalysis analysis(16000);
  std::vector<float> bands(kNumBands), shares(kNumAperiodicities);
  std::vector<double> mean(kNumBands, 0.0);
  double share = 0;
  constexpr int kFrames = 100;
  for (int i = 0; i < kFrames; ++i) {
    analysis.envelope(x, 1000 + 140 * i, 400, bands);
    analysis.aperiodicity(x, 1000 + 140 * i, 100, shares);
    for (std::size_t b = 0; b < mean.size(); ++b) mean[b] += bands[b] / kFrames;
    for (const float s : shares) share += s / kFrames / kNumAperiodicities;
  }
  EXPECT_GT(share, 0.5);
  // Power spectral density of noise of variance 0.01: -20 dB (the log's mean lies a little lower).
  for (std::size_t b = 6; b < 62; ++b) EXPECT_NEAR(mean[b], -21.0, 2.5) << b;
}

}  // namespace
}  // namespace brandiron::gen::singing
