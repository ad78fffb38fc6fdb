#pragma once

#include <cstdio>
#include <filesystem>
#include <mutex>
#include <set>
#include <string>

#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {

std::string embed_line(const EmbedResult& result);
std::string trial_line(const TrialResult& result);

/// What identifies a result: a finished one is not run again.
std::string embed_id(const EmbedResult& result);
std::string trial_id(const TrialResult& result);

/// results.jsonl, a line at a time, each flushed: what was measured survives whatever comes.
class ResultLog {
 public:
  /// Opens for appending after cutting off a torn last line; a new file begins with `header`.
  /// @throws Error as `run_watermark_study`.
  ResultLog(const StudyOptions& options, const std::string& header);
  ~ResultLog();
  ResultLog(const ResultLog&) = delete;
  ResultLog& operator=(const ResultLog&) = delete;

  bool has(const std::string& id) const { return done_.contains(id); }
  /// Thread safe. @throws Error(kOutput).
  void append(const std::string& line);

 private:
  std::filesystem::path path_;
  std::set<std::string> done_;
  std::FILE* file_ = nullptr;
  std::mutex mutex_;
};

}  // namespace brandiron::experiments
