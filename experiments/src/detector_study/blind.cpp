#include "detector_study/blind.h"

#include <fmt/format.h>

#include <chrono>

#include "brandiron/core/error.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

fs::path fresh_folder(const fs::path& parent, Rng& rng) {
  for (;;) {
    const fs::path folder = parent / fmt::format("{:016x}", rng.next_u64());
    std::error_code failed;
    if (fs::create_directory(folder, failed)) return folder;
    if (failed) {
      throw Error(ErrorCode::kOutput, folder.string() + ": cannot be made: " + failed.message());
    }
  }
}

}  // namespace

BlindFolder::BlindFolder(const fs::path& parent, Rng rng)
    : rng_(std::move(rng)), folder_(fresh_folder(parent, rng_)) {}

std::vector<fs::path> BlindFolder::add(const std::vector<fs::path>& files) {
  const auto now = fs::file_time_type::clock::now();
  std::vector<fs::path> names;
  for (const fs::path& file : files) {
    const fs::path name =
        folder_.path() / fmt::format("{:016x}{}", rng_.next_u64(), file.extension().string());
    std::error_code failed;
    fs::copy_file(file, name, failed);
    if (!failed) fs::last_write_time(name, now, failed);
    if (failed) {
      throw Error(ErrorCode::kOutput, name.string() + ": cannot be written: " + failed.message());
    }
    names.push_back(name);
  }
  return names;
}

}  // namespace brandiron::experiments
