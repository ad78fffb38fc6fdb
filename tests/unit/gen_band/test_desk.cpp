#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "gen/src/band/channels.h"
#include "gen/src/band/half_rate.h"
#include "gen/src/band/lane_bank.h"
#include "gen/src/band/tape.h"

namespace brandiron::gen::band {
namespace {

constexpr int kRate = 44100;

/// Noise whose level goes up and down, with holes of silence in it.
std::vector<float> phrases(double seconds, std::uint64_t seed, bool holes = true) {
  std::vector<float> x(static_cast<std::size_t>(seconds * kRate));
  Rng rng(seed);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double t = static_cast<double>(i) / kRate;
    const double level = 0.1 * (1.2 + std::sin(t * 2.0));
    x[i] = static_cast<float>(level * rng.normal());
    if (holes && std::fmod(t, 5.0) > 3.5) x[i] = 0.0F;
  }
  return x;
}

std::vector<std::vector<float>> run(std::vector<std::vector<float>> tracks) {
  std::vector<std::span<float>> views(tracks.begin(), tracks.end());
  const Tape tape(views, kRate);
  const std::vector<StripSettings> strips(tracks.size(),
                                          make_strip(channel_for("lead_vocal"), 6.0, 1.0, kRate));
  run_strips(tape, views, strips, kRate);
  return tracks;
}

double worst_difference(const std::vector<float>& a, const std::vector<float>& b) {
  double worst = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    worst = std::max(worst, std::fabs(static_cast<double>(a[i]) - static_cast<double>(b[i])));
  }
  return worst;
}

TEST(Tape, HoldsWhatSoundsAndWhatRingsAndNothingElse) {
  std::vector<float> silent(kRate * 10, 0.0F), hit(kRate * 10, 0.0F);
  hit[kRate * 3] = 0.5F;
  std::vector<std::span<float>> views = {silent, hit};
  const Tape tape(views, kRate);
  ASSERT_EQ(tape.blocks().size(), 2U);
  EXPECT_EQ(tape.blocks()[0].track, 1U);
  EXPECT_EQ(tape.blocks()[0].block, kRate * 3 / block_frames(kRate));
  EXPECT_EQ(tape.place(0, 30), -1);
  hit[7] = INFINITY;
  EXPECT_THROW(Tape(views, kRate), Error);
}

// The tape is cut into lanes wherever its length says: what else is on it must not be heard.
TEST(LaneBank, ATrackSoundsTheSameWhereverTheLanesAreCut) {
  for (const bool holes : {false, true}) {
    const std::vector<float> track = phrases(60, 1, holes);
    const auto alone = run({track});
    const auto among = run({phrases(60, 2), track, phrases(60, 3, false)});
    float peak = 0.0F;
    for (const float v : alone[0]) peak = std::max(peak, std::fabs(v));
    EXPECT_LT(worst_difference(alone[0], among[1]), 1e-3 * static_cast<double>(peak));
    EXPECT_GT(worst_difference(alone[0], track), 0.1 * static_cast<double>(peak));
  }
}

TEST(LaneBank, StaysSilentWhereATrackIsSilent) {
  const auto out = run({phrases(20, 4)});
  // 4.2 to 4.9 s lies within a hole, beyond its ringing.
  for (int i = kRate * 42 / 10; i < kRate * 49 / 10; ++i) {
    ASSERT_EQ(out[0][static_cast<std::size_t>(i)], 0.0F);
  }
}

double tone_level(const std::vector<float>& x, double hz, double rate) {
  double re = 0, im = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double phase = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
    re += x[i] * std::cos(phase);
    im += x[i] * std::sin(phase);
  }
  return 2 * std::hypot(re, im) / static_cast<double>(x.size());
}

TEST(HalfRate, ThereAndBackLeavesWhatIsBelowEightKilohertzAndNoImage) {
  for (const double hz : {300.0, 4000.0, 8000.0}) {
    constexpr std::size_t kBlock = 4416;
    std::vector<float> x(kBlock * 10), half(x.size() / 2), back(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] =
          static_cast<float>(std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / kRate));
    }
    Halver halver;
    for (std::size_t b = 0; b < 10; ++b) {
      halver.process(std::span(x).subspan(b * kBlock, kBlock), half.data() + b * kBlock / 2);
    }
    for (std::size_t b = 0; b < 10; ++b) {
      double_rate(half, b * kBlock / 2, kBlock / 2, back.data() + b * kBlock);
    }
    double worst = 0.0;
    for (std::size_t i = 1000; i + 1000 < x.size(); ++i) {
      worst = std::max(worst, std::fabs(static_cast<double>(back[i]) -
                                        static_cast<double>(x[i - Halver::kDelay])));
    }
    EXPECT_LT(worst, 0.03) << hz;
    EXPECT_LT(tone_level(back, kRate / 2.0 - hz, kRate), 0.01) << hz;
  }
}

}  // namespace
}  // namespace brandiron::gen::band
