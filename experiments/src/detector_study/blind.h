#pragma once

#include <filesystem>
#include <vector>

#include "brandiron/core/rng.h"
#include "brandiron/core/temporary.h"

namespace brandiron::experiments {

/// A folder in which files lie under names, and with times, that say nothing. Gone with the object.
class BlindFolder {
 public:
  /// `parent`: an existing folder. @throws Error(kOutput).
  BlindFolder(const std::filesystem::path& parent, Rng rng);
  /// Copies `files` in; their new paths in the same order. @throws Error(kOutput).
  std::vector<std::filesystem::path> add(const std::vector<std::filesystem::path>& files);

 private:
  Rng rng_;
  TemporaryPath folder_;
};

}  // namespace brandiron::experiments
