#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <sstream>
#include <thread>

#include "brandiron/core/error.h"
#include "brandiron/core/log.h"
#include "brandiron/experiments/corpus_slurm.h"
#include "process/child_process.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr std::size_t kDefaultMaxArraySize = 1001;
// Often at first, for small corpora; a controller of thousands of jobs must not be asked often.
constexpr seconds kFirstPause{1}, kLongestPause{10}, kPatience{600};

std::string last_line(const std::string& text) {
  std::istringstream lines(text);
  std::string last;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

// "12" or "12;cluster", after what sbatch may have to say.
std::string submitted_id(const ChildResult& found) {
  std::string id = last_line(found.output);
  id = id.substr(0, id.find(';'));
  const bool number = !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return std::isdigit(c) != 0;
  });
  if (found.status != 0 || !number) {
    throw Error(ErrorCode::kRetry,
                fmt::format("sbatch: exit code {}: {}", found.status, last_line(found.output)));
  }
  return id;
}

struct Queue {
  bool answered = true;
  std::size_t jobs = 0;   ///< lines: tasks of the array and the merge
  std::size_t tasks = 0;  ///< of the array
  std::string words;      ///< where there was no answer
};

Queue ask_queue(const SlurmJobs& jobs) {
  const std::string ids = jobs.array.empty() ? jobs.merge : jobs.array + "," + jobs.merge;
  const ChildResult found = run_child({"squeue", "-h", "-r", "-j", ids, "-o", "%F %T"});
  Queue queue;
  // Jobs that ended a while ago are forgotten.
  if (found.status != 0 && found.output.find("Invalid job id") != std::string::npos) return queue;
  if (found.status != 0) {
    queue.answered = false;
    queue.words = last_line(found.output);
    return queue;
  }
  std::istringstream lines(found.output);
  for (std::string id, state; lines >> id >> state;) {
    ++queue.jobs;
    if (id == jobs.array) ++queue.tasks;
  }
  return queue;
}

}  // namespace

SlurmCluster::SlurmCluster() {
  for (const char* program : {"sbatch", "squeue", "scontrol", "scancel"}) {
    if (find_program(program).empty()) {
      throw Error(
          ErrorCode::kUnsupported,
          fmt::format("{}: not found on PATH; --engine slurm needs Slurm's clients (Debian: "
                      "slurm-client); --engine local needs nothing",
                      program));
    }
  }
}

std::size_t SlurmCluster::max_array_size() const {
  std::istringstream lines(run_child({"scontrol", "show", "config"}).output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (line.rfind("MaxArraySize", 0) != 0 || equals == std::string::npos) continue;
    const std::string value = line.substr(line.find_first_not_of(' ', equals + 1));
    std::size_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    if (number > 0) return number;
  }
  return kDefaultMaxArraySize;
}

SlurmJobs SlurmCluster::submit(const fs::path& array_script, const fs::path& merge_script,
                               const std::string& list, std::size_t running) const {
  SlurmJobs jobs;
  std::vector<std::string> merge = {"sbatch", "--parsable"};
  if (!list.empty()) {
    std::vector<std::string> array = slurm_array_command(array_script, list, running);
    array.insert(array.begin() + 1, "--parsable");
    jobs.array = submitted_id(run_child(array));
    // Also after failures: the merge says what is missing.
    merge.push_back("--dependency=afterany:" + jobs.array);
  }
  merge.push_back(merge_script.string());
  try {
    jobs.merge = submitted_id(run_child(merge));
  } catch (const Error&) {
    if (!jobs.array.empty()) run_child({"scancel", jobs.array});
    throw;
  }
  return jobs;
}

bool SlurmCluster::is_live(const SlurmJobs& jobs) const {
  const Queue queue = ask_queue(jobs);
  if (!queue.answered) throw Error(ErrorCode::kRetry, "squeue: " + queue.words);
  return queue.jobs > 0;
}

void SlurmCluster::wait(const SlurmJobs& jobs, const std::function<void(std::size_t)>& left) const {
  seconds pause = kFirstPause, silent{0};
  for (;;) {
    const Queue queue = ask_queue(jobs);
    if (queue.answered) {
      left(queue.tasks);
      if (queue.jobs == 0) return;
      silent = seconds{0};
    } else if ((silent += pause) > kPatience) {
      throw Error(ErrorCode::kRetry,
                  "squeue: " + queue.words + "; the jobs go on, the same command waits for them");
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause + seconds{1}, kLongestPause);
  }
}

}  // namespace brandiron::experiments
