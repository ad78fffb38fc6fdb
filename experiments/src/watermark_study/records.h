#pragma once

#include <optional>
#include <set>
#include <string>

#include "brandiron/experiments/watermark_study.h"
#include "records/record_log.h"

namespace brandiron::experiments {

std::string embed_line(const EmbedResult& result);
std::string trial_line(const TrialResult& result);

/// What identifies a result: a finished one is not run again.
std::string embed_id(const EmbedResult& result);
std::string trial_id(const TrialResult& result);

/// results.jsonl, and what is in it already.
class ResultLog {
 public:
  /// @throws Error as `run_watermark_study`.
  ResultLog(const StudyOptions& options, const std::string& header);

  bool has(const std::string& id) const { return done_.contains(id); }
  /// Thread safe. @throws Error(kOutput).
  void append(const std::string& line) { log_->append(line); }

 private:
  std::set<std::string> done_;
  std::optional<RecordLog> log_;
};

}  // namespace brandiron::experiments
