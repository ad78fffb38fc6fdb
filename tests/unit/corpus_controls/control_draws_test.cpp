#include "brandiron/experiments/control_draws.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <vector>

#include "brandiron/core/error.h"

namespace brandiron::experiments {
namespace {

TEST(ControlDraws, EveryClassHasItsShareOfAnyRunOfSongsToWithinOne) {
  for (const double share : {0.0, 0.1, 0.25, 1.0 / 3, 0.5, 0.9, 1.0}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      int found = 0;
      for (std::uint64_t song = 0; song < 200; ++song) {
        const auto number = control_number(seed, "human-tune", share, song);
        if (number) {
          EXPECT_EQ(*number, static_cast<std::uint64_t>(found++));
        }
        EXPECT_LE(std::abs(found - share * static_cast<double>(song + 1)), 1.0) << share;
      }
    }
  }
}

TEST(ControlDraws, HalvesAreEvenToWithinOneAndDrawnAnew) {
  std::set<std::vector<bool>> orders;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    int marked = 0;
    std::vector<bool> order;
    for (std::uint64_t n = 0; n < 41; ++n) {
      order.push_back(is_marked_half(seed, "human", n));
      marked += order.back();
      EXPECT_LE(std::abs(2 * marked - static_cast<int>(n + 1)), 1);
    }
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 20u);
}

TEST(ControlDraws, ClassesDoNotShareTheirDraws) {
  int same = 0;
  for (std::uint64_t n = 0; n < 200; n += 2) {
    same += is_marked_half(1, "human", n) == is_marked_half(1, "human-tune", n);
  }
  EXPECT_GT(same, 25);
  EXPECT_LT(same, 75);
}

TEST(ControlDraws, EverythingComesOnceBeforeAnythingComesAgain) {
  for (int turn = 0; turn < 3; ++turn) {
    std::set<std::size_t> seen;
    for (std::uint64_t n = 0; n < 7; ++n)
      seen.insert(draw_in_turn(9, "human-voice", 7 * turn + n, 7));
    EXPECT_EQ(seen.size(), 7u);
  }
  EXPECT_THROW(draw_in_turn(9, "human-voice", 0, 0), Error);
  EXPECT_THROW(control_number(9, "human", 1.5, 0), Error);
}

}  // namespace
}  // namespace brandiron::experiments
