// A study's records: a file of JSON lines under a header line.
#pragma once

#include <cstdio>
#include <filesystem>
#include <functional>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace brandiron::experiments {

/// Calls `record` with every whole line below the header; a torn last one is what a run left that
/// was stopped in the middle of it. Returns the header, "" of an empty file.
/// @throws Error(kFormat) for another `schema` or a line that is no record; Error(kIo).
std::string read_records(const std::filesystem::path& path, const std::string& schema,
                         const std::function<void(const nlohmann::ordered_json&)>& record);

/// Whether to go on with the records at `path`, whose folder is made: they are there and `resume`
/// says so. @throws Error(kOutput) when they are there and neither was asked for.
bool keeps_records(const std::filesystem::path& path, bool resume, bool overwrite);

/// Appends a line at a time, each flushed: what was measured survives whatever comes.
class RecordLog {
 public:
  /// Goes on after a torn last line is cut off if `keep`; a new file begins with `header`.
  /// @throws Error(kOutput).
  RecordLog(const std::filesystem::path& path, bool keep, const std::string& header);
  ~RecordLog();
  RecordLog(const RecordLog&) = delete;
  RecordLog& operator=(const RecordLog&) = delete;

  /// Thread safe. @throws Error(kOutput).
  void append(const std::string& line);

 private:
  std::filesystem::path path_;
  std::FILE* file_ = nullptr;
  std::mutex mutex_;
};

}  // namespace brandiron::experiments
