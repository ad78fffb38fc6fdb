#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include "brandiron/experiments/detector_study.h"
#include "records/record_log.h"

namespace brandiron::experiments {

std::string score_line(const DetectorScore& score);
std::string copy_line(const DetectorCopy& copy);
std::string batch_line(const DetectorBatch& batch);
/// What `copy_line` wrote. @throws Error(kFormat).
DetectorCopy parse_copy(const std::string& line, const std::string& place);

/// What identifies a result: a finished one is not asked for again.
std::string score_id(const std::string& detector, const std::string& clip, const std::string& row);
std::string copy_id(const std::string& clip, const std::string& row);

/// Whether two headers are of one study: the same settings, and no detector that has changed behind
/// its name. `path` names the records in the message. @throws Error(kConfig).
void check_header(const std::filesystem::path& path, const std::string& found,
                  const std::string& wanted);

/// records.jsonl, and what is in it already.
class DetectorLog {
 public:
  /// @throws Error as `run_detector_study`.
  DetectorLog(const DetectorStudyOptions& options, const std::string& header);

  bool has(const std::string& id) const { return done_.contains(id); }
  /// Thread safe. @throws Error(kOutput).
  void append(const std::string& line) { log_->append(line); }

 private:
  std::set<std::string> done_;
  std::optional<RecordLog> log_;
};

}  // namespace brandiron::experiments
