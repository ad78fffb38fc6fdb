#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {

/// How often unmarked audio answers to a random key: the false-positive rate, measured.
struct NullOptions {
  std::vector<StudyFile> files;
  int aligned_keys = 1000;  ///< read at one place of each recording
  int searched_keys = 10;   ///< read with all searches on
  double piece_s = 10;      ///< from the middle of each recording
  std::uint64_t seed = 1;   ///< of the keys
  int jobs = 1;
  bool resume = false, overwrite = false;
  std::filesystem::path folder;  ///< searched.jsonl is appended to here, a line a recording
};

/// Points at which p-values are counted.
inline constexpr std::array<double, 6> kNullPoints{0.1, 0.01, 1e-3, 1e-4, 1e-6, 1e-9};

struct NullCounts {
  std::uint64_t trials = 0;
  std::array<std::uint64_t, kNullPoints.size()> at_most{};  ///< trials with p <= that point
  std::uint64_t payloads = 0;                               ///< trials that reported a payload
  double smallest_p = 1;
};

struct NullSummary {
  std::size_t recordings = 0;
  NullCounts aligned, searched;
};

/// @throws Error as `run_watermark_study`.
NullSummary run_null_study(const NullOptions& options);
std::string null_text(const NullSummary& summary);
std::string null_json(const NullSummary& summary);  ///< brandiron.null-study/1

}  // namespace brandiron::experiments
