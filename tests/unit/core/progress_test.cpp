#include "brandiron/core/progress.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>
#include <vector>

namespace brandiron {
namespace {

TEST(ProgressTest, WritesOneFinalPlainLineWhenStandardErrorIsNoTerminal) {
  testing::internal::CaptureStderr();
  {
    Progress progress("render", 4, "songs");
    progress.add(2);
    progress.add(2, "last one");
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.rfind("render: 4/4 songs (100 %)", 0), 0u) << text;
  EXPECT_NE(text.find("last one\n"), std::string::npos) << text;
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(ProgressTest, FinishesOnce) {
  testing::internal::CaptureStderr();
  {
    Progress progress("x", 0);
    progress.add(3);
    progress.finish();
    progress.finish();
    progress.add(1);
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.rfind("x: 3 items", 0), 0u) << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST(ProgressTest, IsSilentWhenDisabled) {
  Progress::set_enabled(false);
  testing::internal::CaptureStderr();
  { Progress("x", 1).add(); }
  Progress::set_enabled(true);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(ProgressTest, CountsFromSeveralThreads) {
  testing::internal::CaptureStderr();
  {
    Progress progress("t", 4000);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) progress.add();
      });
    }
    for (auto& t : threads) t.join();
  }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("4000/4000"), std::string::npos);
}

TEST(ProgressTest, MayGoPastItsTotalWithoutPassingAHundredPercent) {
  testing::internal::CaptureStderr();
  { Progress("x", 2).add(5); }
  EXPECT_NE(testing::internal::GetCapturedStderr().find("5/2 items (100 %)"), std::string::npos);
}

TEST(FormatDurationTest, ReadsLikeAClock) {
  EXPECT_EQ(format_duration(12.2), "12 s");
  EXPECT_EQ(format_duration(3.44), "3.4 s");
  EXPECT_EQ(format_duration(0), "0 s");
  EXPECT_EQ(format_duration(245), "4:05");
  EXPECT_EQ(format_duration(59.6), "1:00");
  EXPECT_EQ(format_duration(3723), "1:02:03");
  EXPECT_EQ(format_duration(-1), "0 s");
  EXPECT_EQ(format_duration(std::numeric_limits<double>::quiet_NaN()), "0 s");
}

}  // namespace
}  // namespace brandiron
