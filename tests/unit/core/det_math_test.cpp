#include "brandiron/core/det_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace brandiron {
namespace {

template <typename F, typename G>
void expect_close(F ours, G reference, double low, double high, double tolerance) {
  for (int i = 0; i <= 20000; ++i) {
    const double x = low + (high - low) * i / 20000.0;
    const double expected = reference(x);
    ASSERT_NEAR(ours(x), expected, tolerance * std::max(1.0, std::fabs(expected))) << "x = " << x;
  }
}

TEST(DetMath, AgreesWithTheStandardLibrary) {
  expect_close(
      det::exp, [](double x) { return std::exp(x); }, -5, 5, 1e-14);
  expect_close(
      det::exp2, [](double x) { return std::exp2(x); }, -5, 5, 1e-14);
  expect_close(
      det::log, [](double x) { return std::log(x); }, 1e-3, 50, 1e-14);
  expect_close(
      det::sin, [](double x) { return std::sin(x); }, -1000, 1000, 1e-13);
  expect_close(
      det::cos, [](double x) { return std::cos(x); }, -1000, 1000, 1e-13);
  expect_close(
      det::tanh, [](double x) { return std::tanh(x); }, -25, 25, 1e-12);
  expect_close([](double x) { return det::atan2(x, 1.0); }, [](double x) { return std::atan(x); },
               -100, 100, 1e-13);
  expect_close([](double x) { return det::pow(x, 1.7); }, [](double x) { return std::pow(x, 1.7); },
               0.01, 9, 1e-13);
}

TEST(DetMath, CoversTheWholeRangeOfExp) {
  for (double x = -744; x < 709; x += 0.37) {
    EXPECT_NEAR(det::exp(x) / std::exp(x), 1.0, x < -708 ? 0.5 : 1e-13) << x;
  }
  EXPECT_EQ(det::exp(-1e9), 0.0);
  EXPECT_EQ(det::exp(1e9), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(det::exp(std::nan(""))));
}

TEST(DetMath, Atan2KnowsAllFourQuadrants) {
  for (double a = -3.1; a < 3.1; a += 0.01) {
    EXPECT_NEAR(det::atan2(std::sin(a), std::cos(a)), a, 1e-12);
  }
  EXPECT_EQ(det::atan2(0.0, 0.0), 0.0);
}

TEST(DetMath, LevelsAndPitchesConvert) {
  EXPECT_NEAR(det::db_to_gain(6.0), 1.9952623149688795, 1e-12);
  EXPECT_NEAR(det::gain_to_db(det::db_to_gain(-37.5)), -37.5, 1e-11);
  EXPECT_NEAR(det::midi_to_hz(69), 440.0, 1e-12);
  EXPECT_NEAR(det::midi_to_hz(45), 110.0, 1e-11);
  EXPECT_TRUE(std::isnan(det::log(-1.0)));
  EXPECT_EQ(det::log(0.0), -std::numeric_limits<double>::infinity());
}

}  // namespace
}  // namespace brandiron
