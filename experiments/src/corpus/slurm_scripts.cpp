#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/corpus_slurm.h"
#include "folder.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

// A task of so many songs takes minutes: starting it costs little beside it, and little is lost
// with it.
constexpr std::size_t kSongsPerTask = 20;
// So long before its time limit a task is told to stop; it finishes no song, but removes what it
// began.
constexpr int kStopBefore_s = 60;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::kInvalidArgument, message);
}

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("_-+=:.,/@%").find(c) != std::string_view::npos;
}

bool is_control(char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; }

void check_value(const std::string& option, const std::string& value) {
  if (!std::all_of(value.begin(), value.end(), is_plain)) {
    refuse(fmt::format("{} {}: expected letters, digits and _-+=:.,/@%", option, value));
  }
}

std::string shell_word(const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// A file name in a line of options: there % begins a field and quotes end a word.
std::string directive_path(const fs::path& path) {
  std::string text;
  for (const char c : path.string()) {
    if (is_control(c) || c == '"' || c == '\'' || c == '\\') {
      refuse(path.string() +
             ": a folder with quotes, backslashes or line breaks in its name cannot stand in a "
             "Slurm script; choose another");
    }
    text += c == '%' ? std::string("%%") : std::string(1, c);
  }
  return text;
}

std::string job_name(const std::string& name) {
  std::string safe;
  for (const char c : name) safe += is_plain(c) && c != '/' ? c : '-';
  return "corpus-" + safe;
}

// The lines that both scripts begin with.
std::string directives(const std::string& name, const std::string& log, const SlurmOptions& options,
                       int cpus) {
  std::string text = "#!/bin/bash\n";
  const auto line = [&](const std::string& option) { text += "#SBATCH " + option + "\n"; };
  line("--job-name=" + name);
  line("--output=\"" + log + "\"");
  line("--open-mode=append");
  line("--requeue");
  line("--ntasks=1");
  line(fmt::format("--cpus-per-task={}", cpus));
  line(fmt::format("--signal=B:TERM@{}", kStopBefore_s));
  if (!options.partition.empty()) line("--partition=" + options.partition);
  if (!options.time.empty()) line("--time=" + options.time);
  if (!options.memory.empty()) line("--mem=" + options.memory);
  for (const std::string& more : options.lines) line(more);
  return text;
}

// Runs `command` so that the shell hears signals while it runs, and queues the task again when that
// may help. The task is named by array and index: SLURM_JOB_ID of an array's last task is the whole
// array's. `scontrol requeue` needs nothing of the cluster's configuration; exit code 75 is for
// those where it is not allowed (RequeueExit=75). A task that is being cancelled or pre-empted is
// not RUNNING any more: whoever does that says what becomes of it.
std::string guarded(const std::string& command, int retries) {
  return fmt::format(R"sh(export OMP_NUM_THREADS=1
job=${{SLURM_ARRAY_JOB_ID:+${{SLURM_ARRAY_JOB_ID}}_$SLURM_ARRAY_TASK_ID}}
job=${{job:-$SLURM_JOB_ID}}
{} &
worker=$!
trap 'kill -TERM "$worker"' TERM
wait "$worker"
code=$?
while kill -0 "$worker" 2>/dev/null; do
  wait "$worker"
  code=$?
done
trap - TERM
if [ "$code" -eq 75 ] || [ "$code" -gt 128 ]; then
  if [ "${{SLURM_RESTART_COUNT:-0}}" -lt {} ] && [ "$(squeue -h -j "$job" -o %T)" = RUNNING ]; then
    echo "exit code $code: queued again"
    scontrol requeue "$job" && sleep 300
    exit 75
  fi
fi
)sh",
                     command, retries);
}

}  // namespace

void SlurmOptions::validate() const {
  check_value("--slurm-partition", partition);
  check_value("--slurm-time", time);
  check_value("--slurm-memory", memory);
  if (cpus_per_task < 1) refuse("--slurm-cpus: expected 1 or more");
  if (retries < 0) refuse("--slurm-retries: expected 0 or more");
  for (const std::string& line : lines) {
    if (line.rfind("--", 0) != 0 || std::any_of(line.begin(), line.end(), is_control)) {
      refuse(
          fmt::format("--slurm-line \"{}\": expected one option of sbatch, such as "
                      "\"--constraint=avx2\"",
                      line));
    }
  }
}

std::string shell_words(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + shell_word(word);
  return line;
}

SlurmScripts slurm_scripts(const SlurmJob& job, const SlurmOptions& options) {
  options.validate();
  const std::string name = job_name(job.name);
  const SlurmFolder files(job.folder);
  const std::string logs = directive_path(files.folder);
  const std::string program = job.program.string(), folder = job.folder.string();
  const std::string recipe = (job.folder / "recipe.toml").string();
  std::vector<std::string> build = {program, "corpus", "build", recipe, "-o", folder};
  build.insert(build.end(), job.arguments.begin(), job.arguments.end());
  const std::string worker = fmt::format(
      "{} --shard \"$SLURM_ARRAY_TASK_ID/{}\" -j \"${{SLURM_CPUS_PER_TASK:-1}}\" --no-progress",
      shell_words(build), job.shards);
  SlurmScripts scripts;
  scripts.array = directives(name, logs + "/%A_%a.log", options, options.cpus_per_task) +
                  fmt::format(
                      "# Task I makes the songs s with s % {} == I; those that are there are "
                      "kept.\necho \"task $SLURM_ARRAY_TASK_ID on $SLURMD_NODENAME, restart "
                      "${{SLURM_RESTART_COUNT:-0}}\"\n",
                      job.shards) +
                  guarded(worker, options.retries) + "exit \"$code\"\n";
  const std::string merge = shell_words({program, "corpus", "merge", folder});
  const std::string status =
      shell_words({program, "corpus", "status", folder, "--array", std::to_string(job.shards)});
  scripts.merge =
      directives(name + "-merge", logs + "/merge_%j.log", options, 1) +
      "# Runs when every task has ended, however it did. What is missing is made by:\n" +
      guarded(merge, options.retries) +
      fmt::format(
          "if [ \"$code\" -eq 4 ]; then\n  echo \"sbatch --array=$({}) \"{}\nfi\nexit "
          "\"$code\"\n",
          status, shell_word(shell_word(files.array_script().string())));
  return scripts;
}

void write_slurm_scripts(const CorpusRecipe& recipe, const SlurmJob& job,
                         const SlurmScripts& scripts) {
  claim_folder(recipe, job.folder);
  const SlurmFolder files(job.folder);
  make_folder(files.folder);
  write_file(files.array_script(), scripts.array, true);
  write_file(files.merge_script(), scripts.merge, true);
}

std::size_t slurm_tasks(std::size_t songs, std::size_t asked, std::size_t max_array_size) {
  if (asked > max_array_size) {
    refuse(
        fmt::format("--slurm-tasks {}: this cluster's arrays have at most {} tasks "
                    "(MaxArraySize); give fewer, each makes more songs",
                    asked, max_array_size));
  }
  const std::size_t wanted = asked > 0 ? asked : (songs + kSongsPerTask - 1) / kSongsPerTask;
  return std::max<std::size_t>(1, std::min({wanted, max_array_size, songs}));
}

std::vector<std::size_t> slurm_shards(const std::vector<std::size_t>& songs, std::size_t shards) {
  std::set<std::size_t> found;
  for (const std::size_t song : songs) found.insert(song % shards);
  return {found.begin(), found.end()};
}

std::vector<std::string> slurm_array_command(const fs::path& script, const std::string& list,
                                             std::size_t running) {
  const std::string limit = running > 0 ? fmt::format("%{}", running) : "";
  return {"sbatch", "--array=" + list + limit, script.string()};
}

}  // namespace brandiron::experiments
