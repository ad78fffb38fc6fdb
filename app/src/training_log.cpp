#include "training_log.h"

#include <fmt/format.h>

#include <sstream>
#include <utility>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::app {

using nlohmann::ordered_json;

TrainingLog::TrainingLog(const std::filesystem::path& run_folder, bool resume)
    : path_(run_folder / "metrics.jsonl") {
  if (!resume || !std::filesystem::exists(path_)) return;
  std::istringstream text(read_file(path_));
  for (std::string line; std::getline(text, line);) {
    ordered_json entry = ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (entry.is_discarded() && text.eof()) break;
    if (!entry.is_object() || !entry.contains("step") || !entry["step"].is_number_unsigned()) {
      throw Error(ErrorCode::kFormat,
                  fmt::format("{}:{}: no line of a training run; expected {{\"step\": N, ...}}; "
                              "remove the file to go on without",
                              path_.string(), lines_.size() + 1));
    }
    lines_.push_back(std::move(entry));
  }
}

void TrainingLog::rewind(std::uint64_t steps, const std::string& stage) {
  std::erase_if(lines_, [&](const ordered_json& line) {
    return line.value("stage", "") == stage && line["step"].get<std::uint64_t>() > steps;
  });
}

void TrainingLog::add(ordered_json line) {
  lines_.push_back(std::move(line));
  std::string text;
  for (const ordered_json& entry : lines_) text += entry.dump() + "\n";
  write_file(path_, text, /*overwrite=*/true);
}

}  // namespace brandiron::app
