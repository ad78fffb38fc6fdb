#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace brandiron::app {

/// metrics.jsonl of a run folder: a line a checkpoint, {"step", ...}, with "stage" in runs of
/// several. A line is written before its checkpoint: a run that is stopped between the two drops
/// the line when it goes on, and writes it again.
class TrainingLog {
 public:
  /// `resume`: goes on after the lines that are there; else begins anew. A torn last line is left
  /// out. @throws Error(kFormat) naming the line for any other that is no step.
  TrainingLog(const std::filesystem::path& run_folder, bool resume);

  /// Drops the lines of `stage` after step `steps`, which the checkpoint at hand does not know.
  void rewind(std::uint64_t steps, const std::string& stage = "");
  /// Writes the whole file, atomically.
  void add(nlohmann::ordered_json line);
  const std::vector<nlohmann::ordered_json>& lines() const { return lines_; }

 private:
  std::filesystem::path path_;
  std::vector<nlohmann::ordered_json> lines_;
};

}  // namespace brandiron::app
