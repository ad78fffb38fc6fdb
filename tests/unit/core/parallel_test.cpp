#include "brandiron/core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

namespace brandiron {
namespace {

TEST(ParallelFor, DoesEachPieceOnce) {
  for (const int jobs : {-1, 0, 1, 3, 100}) {
    std::vector<std::atomic<int>> done(20);
    parallel_for(done.size(), jobs, [&](std::size_t i) { ++done[i]; });
    for (const auto& times : done) EXPECT_EQ(times, 1) << jobs << " jobs";
  }
}

TEST(ParallelFor, DoesNothingForNone) {
  parallel_for(0, 4, [](std::size_t) { FAIL(); });
}

TEST(ParallelFor, RunsAsManyAtOnceAsAsked) {
  std::latch all_there(3);  // none goes on before three are there
  parallel_for(3, 3, [&](std::size_t) { all_there.arrive_and_wait(); });
}

TEST(ParallelFor, StaysOnTheCallersThreadWithOneJob) {
  const std::thread::id caller = std::this_thread::get_id();
  std::vector<std::size_t> order;
  parallel_for(4, 1, [&](std::size_t i) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    order.push_back(i);
  });
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2, 3}));
}

TEST(ParallelFor, CarriesAnExceptionToTheCallerAndBeginsNoMore) {
  for (const int jobs : {1, 4}) {
    std::atomic<int> begun{0};
    try {
      parallel_for(100000, jobs, [&](std::size_t i) {
        ++begun;
        if (i == 3) throw std::runtime_error("the third");
      });
      FAIL() << "nothing was thrown with " << jobs << " jobs";
    } catch (const std::runtime_error& error) {
      EXPECT_STREQ(error.what(), "the third");
    }
    EXPECT_LT(begun, 100000);
  }
}

}  // namespace
}  // namespace brandiron
