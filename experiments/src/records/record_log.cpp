#include "records/record_log.h"

#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::experiments {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = std::size_t{1} << 33;

void check_schema(const fs::path& path, const Json& header, const std::string& schema) {
  const std::string found = header.value("schema", "");
  if (found == schema) return;
  throw Error(ErrorCode::kFormat,
              path.string() + ": schema is \"" + found + "\", expected \"" + schema + "\"");
}

}  // namespace

std::string read_records(const fs::path& path, const std::string& schema,
                         const std::function<void(const Json&)>& record) {
  const std::string text = read_file(path, kMostBytes);
  std::string header;
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    try {
      const Json json = Json::parse(line);
      if (number > 1) {
        record(json);
        continue;
      }
      check_schema(path, json, schema);
      header = line;
    } catch (const Json::exception& error) {
      throw Error(ErrorCode::kFormat,
                  path.string() + ":" + std::to_string(number) + ": " + error.what());
    }
  }
  return header;
}

bool keeps_records(const fs::path& path, bool resume, bool overwrite) {
  std::error_code failed;
  fs::create_directories(path.parent_path(), failed);
  const bool exists = fs::exists(path);
  if (exists && !resume && !overwrite) {
    throw Error(ErrorCode::kOutput, path.string() +
                                        ": exists already; --resume adds what is missing, "
                                        "--overwrite begins again");
  }
  return exists && resume;
}

RecordLog::RecordLog(const fs::path& path, bool keep, const std::string& header) : path_(path) {
  if (keep) {
    const std::string text = read_file(path_, kMostBytes);
    const std::size_t last = text.rfind('\n');
    fs::resize_file(path_, last == std::string::npos ? 0 : last + 1);
  }
  file_ = std::fopen(path_.c_str(), keep ? "ab" : "wb");
  if (file_ == nullptr) {
    throw Error(ErrorCode::kOutput, path_.string() + ": cannot be written");
  }
  if (fs::file_size(path_) == 0) append(header);
}

RecordLog::~RecordLog() {
  if (file_ != nullptr) std::fclose(file_);
}

void RecordLog::append(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size() ||
      std::fputc('\n', file_) == EOF || std::fflush(file_) != 0) {
    throw Error(ErrorCode::kOutput, path_.string() + ": cannot be written");
  }
}

}  // namespace brandiron::experiments
