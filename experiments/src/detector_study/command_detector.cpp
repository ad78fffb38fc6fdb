#include <fmt/format.h>

#include <algorithm>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "detector_study/answers.h"
#include "process/child_process.h"
#include "process/limited_child.h"
#include "watermark_study/chain.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

constexpr const char* kList = "{filelist}";
constexpr const char* kFiles = "{files}";
constexpr double kStartUp = 3;  // as many files' time to start

std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text.substr(text.rfind('\n') + 1).substr(0, 300);
}

std::string spoken(const std::string& words) {
  const std::string line = last_line(words);
  return line.empty() ? "" : "; it said: " + line;
}

class CommandDetector final : public StudiedDetector {
 public:
  CommandDetector(std::string name, std::string command, double timeout_s)
      : name_(std::move(name)), command_(std::move(command)), timeout_s_(timeout_s) {}

  std::string name() const override { return name_; }
  std::string identity() const override { return command_; }

  Hearing hear(const std::vector<fs::path>& files) const override {
    // Beside the folder of the files, so that a detector that lists the folder finds only audio.
    const TemporaryPath list(fs::path(files.front().parent_path().string() + ".txt"));
    std::string text;
    for (const fs::path& file : files) text += fs::absolute(file).string() + "\n";
    write_file(list.path(), text, true);
    LimitedChildOptions limits;
    limits.timeout_s = timeout_s_ * (kStartUp + static_cast<double>(files.size()));
    const LimitedChildResult result = run_limited_child(words(files, list.path()), limits);
    Hearing hearing;
    hearing.wall_s = result.wall_s;
    hearing.cpu_s = result.cpu_s;
    hearing.failure = failure_of(result, limits.timeout_s, files.size());
    if (!hearing.failure.empty()) return hearing;
    for (const std::string& line : answer_lines(result.output)) {
      hearing.scores.push_back(parse_answer(line));
    }
    return hearing;
  }

 private:
  std::string failure_of(const LimitedChildResult& result, double limit_s,
                         std::size_t files) const {
    if (result.timed_out) {
      return fmt::format("no end after {:g} s for {} files{}", limit_s, files,
                         spoken(result.words));
    }
    if (result.too_much) return "killed: it printed without end";
    if (result.status != 0) {
      return fmt::format("ended with status {}{}", result.status, spoken(result.words));
    }
    const std::size_t lines = answer_lines(result.output).size();
    if (lines == files) return "";
    return fmt::format("{} lines on standard output for {} files, expected one a file{}", lines,
                       files, spoken(result.words));
  }

  std::vector<std::string> words(const std::vector<fs::path>& files, const fs::path& list) const {
    std::vector<std::string> words;
    for (const std::string& word : split_words(command_)) {
      if (word == kFiles) {
        for (const fs::path& file : files) words.push_back(fs::absolute(file).string());
      } else {
        words.push_back(replace_all(word, kList, fs::absolute(list).string()));
      }
    }
    return words;
  }

  std::string name_, command_;
  double timeout_s_;
};

/// "name=command": the name has no blank, slash or brace.
std::size_t end_of_name(const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::size_t other = text.find_first_of(" \t/{\"");
  return equals != std::string::npos && equals > 0 && equals < other ? equals : std::string::npos;
}

}  // namespace

std::unique_ptr<StudiedDetector> make_command_detector(const std::string& text, double timeout_s) {
  const std::size_t equals = end_of_name(text);
  const std::string command = equals == std::string::npos ? text : text.substr(equals + 1);
  const std::vector<std::string> words = split_words(command);
  const bool listed = command.find(kList) != std::string::npos;
  const bool spelt = std::find(words.begin(), words.end(), kFiles) != words.end();
  if (words.empty() || (!listed && !spelt)) {
    throw Error(ErrorCode::kInvalidArgument,
                "evaluate detector: --detector \"" + text +
                    "\": expected \"command {filelist}\" or \"command {files}\"");
  }
  if (find_program(words[0]).empty()) {
    throw Error(ErrorCode::kUnsupported, "evaluate detector: --detector \"" + text +
                                             "\": " + words[0] + ": no such program on PATH");
  }
  const std::string name =
      equals == std::string::npos ? fs::path(words[0]).filename().string() : text.substr(0, equals);
  return std::make_unique<CommandDetector>(name, command, timeout_s);
}

}  // namespace brandiron::experiments
