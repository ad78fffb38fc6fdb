// False positives of the watermark: many keys on unmarked audio, and one key on many recordings.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/rng.h"
#include "brandiron/watermark/watermark.h"
#include "tests/support/test_audio.h"
#include "watermark/src/front_end.h"
#include "watermark/src/warp.h"

namespace brandiron::watermark {
namespace {

Key seeded_key(std::uint64_t seed) {
  Rng rng(seed, "null-test-key");
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes += static_cast<char>(rng.next_u32() & 0xFF);
  return Key::from_text("brandiron-key-v1 " + to_base64(bytes), "seeded");
}

std::size_t trials(std::size_t fallback) {
  const char* text = std::getenv("BRANDIRON_STATISTICAL_TRIALS");
  return text != nullptr ? static_cast<std::size_t>(std::atoll(text)) : fallback;
}

std::vector<AudioBuffer> unmarked_pieces() {
  return {testing::plucked_music(20.0, 44100, 2, 1), testing::noise(20.0),
          testing::chirp(200.0, 4000.0, 20.0)};
}

// Upper end of a binomial count: mean + 4 standard deviations + 2.
double allowed(double n, double p) { return n * p + 4.0 * std::sqrt(n * p * (1 - p)) + 2.0; }

TEST(WatermarkNull, OnePlaceStatisticsStayUnderHoeffdingsBound) {
  // Each (piece, key) pair reads all columns of one alignment: an honest n of places, though
  // neighbouring places of one pair share cells.
  const std::size_t keys = trials(60);
  std::vector<double> z_limits = {2.1460, 3.0349, 3.7169};  // exp(-z^2/2) = 0.1, 0.01, 0.001
  std::vector<double> count(z_limits.size(), 0.0);
  double n = 0, largest = 0;
  for (const AudioBuffer& piece : unmarked_pieces()) {
    const FrontEnd front(piece);
    for (std::size_t k = 0; k < keys; ++k) {
      const Searcher searcher(seeded_key(k));
      for (const float z : searcher.correlate(transform(front.folded[k % kPhases]))) {
        ++n;
        largest = std::max(largest, static_cast<double>(z));
        for (std::size_t i = 0; i < z_limits.size(); ++i) count[i] += z >= z_limits[i];
      }
    }
  }
  std::cout << "places " << n << ", largest z " << largest
            << ", share beyond p=0.1, 0.01, 0.001: " << count[0] / n << " " << count[1] / n << " "
            << count[2] / n << "\n";
  const std::vector<double> p = {0.1, 0.01, 0.001};
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_LE(count[i], allowed(n, p[i]));
  EXPECT_LT(largest, 8.3);
}

TEST(WatermarkNull, ReportedPValuesAreValidWithAllSearchesOn) {
  const std::size_t keys = trials(10);
  const std::vector<double> levels = {0.1, 0.03, 0.01, 0.003, 0.001};
  std::vector<double> count(levels.size(), 0.0);
  double n = 0, smallest = 1;
  for (const AudioBuffer& piece : unmarked_pieces()) {
    for (std::size_t k = 0; k < keys; ++k) {
      const Verdict verdict = verify(piece, {seeded_key(1000 + k)});
      ++n;
      smallest = std::min(smallest, verdict.p_value);
      for (std::size_t i = 0; i < levels.size(); ++i) count[i] += verdict.p_value <= levels[i];
      EXPECT_FALSE(verdict.present);
      EXPECT_FALSE(verdict.payload_valid);
    }
  }
  std::cout << "verdicts " << n << ", smallest p " << smallest << "\n";
  for (std::size_t i = 0; i < levels.size(); ++i) EXPECT_LE(count[i], allowed(n, levels[i]));
}

TEST(WatermarkNull, NoRecordingOfTheSharedCollectionCarriesTheDemoMark) {
  const std::filesystem::path root =
      std::filesystem::path(BRANDIRON_SOURCE_DIR) / ".." / "shared" / "data" / "audio";
  if (!std::filesystem::is_directory(root)) GTEST_SKIP() << "no ../shared/data/audio here";
  std::vector<std::filesystem::path> files;
  for (const char* part : {"human", "ai", "singing", "speech"}) {
    if (!std::filesystem::is_directory(root / part)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / part)) {
      if (entry.is_regular_file() && entry.path().extension() != ".md")
        files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  // integration.human_clips_carry_no_mark asks the same of every human clip through the binary;
  // here every sixth file stands for the rest unless all are asked for.
  if (std::getenv("BRANDIRON_STATISTICAL_ALL") == nullptr) {
    std::vector<std::filesystem::path> some;
    for (std::size_t i = 0; i < files.size(); i += 6) some.push_back(files[i]);
    files.swap(some);
  }
  std::size_t n = 0, unreadable = 0;
  double smallest = 1;
  for (const auto& file : files) {
    AudioBuffer audio;
    try {
      audio = read_audio(file);
    } catch (const Error&) {
      ++unreadable;
      std::cout << "not tested, cannot be read: " << file << "\n";
      continue;
    }
    ++n;
    const Verdict verdict = verify(audio, {Key::demo()});
    smallest = std::min(smallest, verdict.p_value);
    EXPECT_FALSE(verdict.present) << file << " p = " << verdict.p_value;
    EXPECT_FALSE(verdict.payload_valid) << file;
  }
  std::cout << "recordings " << n << ", not tested because unreadable " << unreadable
            << ", smallest p " << smallest << "\n";
  EXPECT_GT(n, 30U);
}

}  // namespace
}  // namespace brandiron::watermark
