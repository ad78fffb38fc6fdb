#include "brandiron/core/audio/fft.h"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <cstring>
#include <numbers>
#include <vector>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/rng.h"
#include "core/src/audio/aligned.h"
#include "core/src/audio/fft_kernels.h"
#include "core/src/audio/fft_plan.h"

namespace brandiron {
namespace {

std::vector<float> random_signal(std::size_t size) {
  Rng rng(size, "fft-test");
  std::vector<float> signal(size);
  for (float& x : signal) x = static_cast<float>(rng.uniform(-1.0, 1.0));
  return signal;
}

// The definition, in double, for bin k.
std::complex<double> slow_bin(const std::vector<float>& signal, std::size_t k) {
  std::complex<double> sum = 0.0;
  for (std::size_t n = 0; n < signal.size(); ++n) {
    const double phase = -2.0 * std::numbers::pi * static_cast<double>(k * n % signal.size()) /
                         static_cast<double>(signal.size());
    sum += static_cast<double>(signal[n]) * std::complex<double>(std::cos(phase), std::sin(phase));
  }
  return sum;
}

class FftSizes : public ::testing::TestWithParam<std::size_t> {};

TEST_P(FftSizes, ForwardMatchesTheDefinition) {
  const std::size_t size = GetParam();
  const auto signal = random_signal(size);
  RealFft fft(size);
  std::vector<std::complex<float>> bins(fft.num_bins());
  fft.forward(signal, bins);
  const std::size_t step = size > 4096 ? size / 64 + 1 : 1;
  for (std::size_t k = 0; k < bins.size(); k += step) {
    const std::complex<double> found(bins[k].real(), bins[k].imag());
    EXPECT_LT(std::abs(found - slow_bin(signal, k)), 2e-6 * std::sqrt(static_cast<double>(size)))
        << "bin " << k;
  }
}

TEST_P(FftSizes, InverseUndoesForward) {
  const std::size_t size = GetParam();
  const auto signal = random_signal(size);
  RealFft fft(size);
  std::vector<std::complex<float>> bins(fft.num_bins());
  std::vector<float> back(size);
  fft.forward(signal, bins);
  fft.inverse(bins, back);
  for (std::size_t i = 0; i < size; ++i) ASSERT_NEAR(back[i], signal[i], 2e-6F) << "sample " << i;
}

TEST_P(FftSizes, PlainAndAvx2CodeGiveTheSameBits) {
  if (!fft_detail::cpu_has_avx2()) GTEST_SKIP() << "this processor has no AVX2";
  const std::size_t size = GetParam();
  const auto signal = random_signal(size);
  const auto window = random_signal(size);
  const auto plan = fft_detail::shared_plan(size);
  const AlignedFloats scratch(fft_detail::scratch_floats(size));
  std::vector<float> bins[2], back[2];
  const fft_detail::Kernels* kernels[2] = {&fft_detail::baseline_kernels(),
                                           &fft_detail::avx2_kernels()};
  for (int i = 0; i < 2; ++i) {
    bins[i].resize(size + 2);
    back[i] = signal;
    kernels[i]->forward(*plan, signal.data(), window.data(), bins[i].data(), scratch.data());
    kernels[i]->inverse(*plan, bins[i].data(), 0.25F, window.data(), true, back[i].data(),
                        scratch.data());
  }
  EXPECT_EQ(0, std::memcmp(bins[0].data(), bins[1].data(), bins[0].size() * sizeof(float)));
  EXPECT_EQ(0, std::memcmp(back[0].data(), back[1].data(), back[0].size() * sizeof(float)));
}

INSTANTIATE_TEST_SUITE_P(PowersOfTwo, FftSizes,
                         ::testing::Values(8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192,
                                           65536, 1048576));

TEST(RealFft, AConstantHasOnlyItsFirstBin) {
  RealFft fft(256);
  std::vector<float> ones(256, 1.0F);
  std::vector<std::complex<float>> bins(129);
  fft.forward(ones, bins);
  EXPECT_EQ(bins[0], std::complex<float>(256.0F, 0.0F));
  for (std::size_t k = 1; k < bins.size(); ++k) EXPECT_LT(std::abs(bins[k]), 1e-5F);
}

TEST(RealFft, RefusesSizesThatAreNotPowersOfTwoBetween8And1048576) {
  for (const std::size_t size : {0UL, 4UL, 12UL, 1000UL, 2097152UL}) {
    try {
      RealFft fft(size);
      FAIL() << "size " << size << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    }
  }
}

TEST(RealFft, RefusesSpansOfTheWrongLength) {
  RealFft fft(64);
  std::vector<float> signal(64);
  std::vector<std::complex<float>> bins(32);
  EXPECT_THROW(fft.forward(signal, bins), Error);
  EXPECT_THROW(fft.inverse(bins, signal), Error);
}

// Moves only with a CHANGELOG line: songs and watermarks depend on these bits.
TEST(RealFft, SpectrumBitsHaveNotMoved) {
  const auto signal = random_signal(2048);
  RealFft fft(2048);
  std::vector<std::complex<float>> bins(1025);
  fft.forward(signal, bins);
  const std::string_view bytes(reinterpret_cast<const char*>(bins.data()),
                               bins.size() * sizeof(bins[0]));
  EXPECT_EQ(sha256_hex(bytes), "6f6556e779a8f217d9a2bae6fb26ad09ac45ca5efa22914a4b67cd772c6b2aca");
}

}  // namespace
}  // namespace brandiron
