#include "watermark/src/code.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "brandiron/core/rng.h"
#include "watermark/src/bound.h"

namespace brandiron::watermark {
namespace {

std::vector<float> noisy(const CodeWord& word, double eb_n0_db, Rng& rng) {
  // Eb counts the 64 payload bits and the 24 check bits; N0 = 2 sigma^2.
  const double energy_per_code_bit = std::pow(10.0, eb_n0_db / 10.0) / kCodeRate;
  const double amplitude = std::sqrt(2.0 * energy_per_code_bit);
  std::vector<float> soft(word.size());
  for (std::size_t i = 0; i < soft.size(); ++i) {
    soft[i] = static_cast<float>(amplitude * word[i] + rng.normal());
  }
  return soft;
}

TEST(Code, CleanWordsDecodeToTheirPayload) {
  Decoder decoder;
  Rng rng(1);
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t payload = rng.next_u64();
    const CodeWord word = encode(payload);
    const std::vector<float> soft(word.begin(), word.end());
    const Decoded decoded = decoder.decode(soft);
    ASSERT_TRUE(decoded.payload);
    EXPECT_EQ(*decoded.payload, payload);
    EXPECT_EQ(decoded.word, word);
  }
}

TEST(Code, DecodesNineInTenAtTwoDecibels) {
  Decoder decoder;
  Rng rng(2);
  int right = 0;
  constexpr int kTrials = 60;
  for (int i = 0; i < kTrials; ++i) {
    const std::uint64_t payload = rng.next_u64();
    const Decoded decoded = decoder.decode(noisy(encode(payload), 2.0, rng));
    if (decoded.payload) {
      EXPECT_EQ(*decoded.payload, payload);
      ++right;
    }
  }
  EXPECT_GE(right, 54);
}

TEST(Code, NeverReportsAPayloadFromNoise) {
  Decoder decoder;
  Rng rng(3);
  const CodeWord nothing{};
  int reported = 0;
  for (int i = 0; i < 200; ++i) {
    if (decoder.decode(noisy(nothing, 0.0, rng)).payload) ++reported;
  }
  EXPECT_EQ(reported, 0);
}

TEST(Code, CheckIsTheCrc24OfRfc4880) {
  // CRC-24 of "123456789" is 0x21cf02; ours takes eight bytes, so pin "12345678" instead.
  std::uint64_t payload = 0;
  const std::string digits = "12345678";
  for (std::size_t i = 0; i < 8; ++i) payload |= std::uint64_t(digits[i]) << (8 * i);
  EXPECT_EQ(payload_check(payload), 0x51953cU);
}

TEST(Code, AnySingleBitChangesTheCheckAndAThirdOfTheWord) {
  const std::uint64_t payload = 0x0123456789abcdefULL;
  const CodeWord word = encode(payload);
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t other = payload ^ (std::uint64_t{1} << bit);
    EXPECT_NE(payload_check(other), payload_check(payload));
    const CodeWord changed = encode(other);
    int different = 0;
    for (std::size_t i = 0; i < word.size(); ++i) different += word[i] != changed[i];
    EXPECT_GE(different, static_cast<int>(kCodeBits) / 6);
  }
}

TEST(Bound, IsHoeffdingTimesTheSearches) {
  Readout readout;
  readout.pilot_z = 9.0;
  EXPECT_NEAR(bound(readout, std::log(1000.0)).ln_p, -40.5 + std::log(3000.0), 1e-9);
  EXPECT_EQ(bound(readout, std::log(1000.0)).ln_p_payload, 0.0);
}

TEST(Bound, NeverExceedsOneAndIgnoresNegativeCorrelation) {
  Readout readout;
  readout.pilot_z = -50;
  readout.full_z = -50;
  readout.decoded.payload = 1;
  EXPECT_EQ(bound(readout, 0.0).ln_p, 0.0);
  EXPECT_EQ(bound(readout, 0.0).ln_p_payload, 0.0);
}

TEST(Bound, PaysForEveryPayloadThatCouldHaveBeenRead) {
  Readout readout;
  readout.full_z = 14.0;
  const double any = bound(readout, 0.0).ln_p;
  readout.decoded.payload = 1;
  const double valid = bound(readout, 0.0).ln_p;
  EXPECT_NEAR(any - valid, 24.0 * std::log(2.0), 1e-9);
  EXPECT_NEAR(valid, -98.0 + 64.0 * std::log(2.0) + std::log(3.0), 1e-9);
}

}  // namespace
}  // namespace brandiron::watermark
