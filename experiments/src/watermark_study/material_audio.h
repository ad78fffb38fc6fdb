#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/temporary.h"
#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {

/// `seconds` from the middle of a file, or all of it when it is shorter or `seconds` is 0.
AudioBuffer read_excerpt(const std::filesystem::path& path, double seconds);

/// Excerpts as WAV files in a scratch folder, for effects that mix in another file. Thread safe.
class ExcerptFiles {
 public:
  ExcerptFiles(const StudyOptions& options, std::filesystem::path folder);
  /// The excerpt of file `index`, written when first asked for.
  std::filesystem::path path(std::size_t index);

 private:
  const StudyOptions& options_;
  std::filesystem::path folder_;
  std::mutex mutex_;
  std::vector<bool> written_;
};

}  // namespace brandiron::experiments
