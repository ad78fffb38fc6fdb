#include "corpus_slurm.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/log.h"
#include "brandiron/core/progress.h"
#include "brandiron/experiments/corpus_build.h"
#include "brandiron/experiments/corpus_manifest.h"
#include "corpus_tools.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using experiments::ranges_text;
using experiments::SlurmCluster;
using experiments::SlurmFolder;
using experiments::SlurmJob;
using experiments::SlurmJobs;
using experiments::SlurmScripts;
using nlohmann::ordered_json;

constexpr int kSongsMissing = 4;
// A dry run asks no cluster; this is Slurm's own limit.
constexpr std::size_t kAnyArraySize = 4000001;

fs::path jobs_file(const SlurmFolder& files) { return files.folder / "jobs.json"; }

/// What the last submission left; ids are empty where there was none.
struct Submission {
  SlurmJobs jobs;
  std::size_t shards = 1, tasks = 0;
};

void write_submission(const SlurmFolder& files, const Submission& s) {
  const ordered_json document = {
      {"array", s.jobs.array}, {"merge", s.jobs.merge}, {"shards", s.shards}, {"tasks", s.tasks}};
  write_file(jobs_file(files), document.dump() + "\n", true);
}

Submission read_submission(const SlurmFolder& files) {
  std::error_code ignored;
  if (!fs::exists(jobs_file(files), ignored)) return {};
  try {
    const auto document = ordered_json::parse(read_file(jobs_file(files), 4096));
    return {
        {document.at("array"), document.at("merge")}, document.at("shards"), document.at("tasks")};
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kFormat, jobs_file(files).string() + ": " + error.what() +
                                        "; remove it when no job of this corpus is in the queue");
  }
}

std::vector<std::size_t> missing_songs(const experiments::CorpusRecipe& recipe,
                                       const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / "recipe.toml", ignored))
    return experiments::corpus_status(folder).missing;
  std::vector<std::size_t> all(recipe.songs);
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

void say_submitted(const SlurmJobs& jobs, const std::string& list, const Globals& globals) {
  if (globals.json) {
    print_line(
        ordered_json{{"array_job", jobs.array}, {"merge_job", jobs.merge}, {"tasks", list}}.dump());
  } else if (jobs.array.empty()) {
    print_line(fmt::format("job {}: merges", jobs.merge));
  } else {
    print_line(fmt::format("array job {}: tasks {}; job {}: merges when they have ended",
                           jobs.array, list, jobs.merge));
  }
}

void print_scripts(const SlurmFolder& files, const SlurmScripts& scripts, const std::string& list,
                   std::size_t running) {
  print_line("# " + files.array_script().string());
  print_line(scripts.array);
  print_line("# " + files.merge_script().string());
  print_line(scripts.merge);
  if (!list.empty()) {
    print_line(experiments::shell_words(
        experiments::slurm_array_command(files.array_script(), list, running)));
  }
}

int wait_for(const SlurmCluster& cluster, const Submission& submitted, const fs::path& folder) {
  Progress progress("slurm", submitted.tasks, "tasks");
  std::size_t done = 0;
  cluster.wait(submitted.jobs, [&](std::size_t left) {
    const std::size_t now = submitted.tasks - std::min(submitted.tasks, left);
    if (now > done) progress.add(now - done);
    done = std::max(done, now);
  });
  progress.finish();
  const experiments::CorpusStatus status = experiments::corpus_status(folder);
  if (status.merged && status.missing.empty()) return 0;
  const SlurmFolder files(folder);
  if (status.missing.empty()) {
    throw Error(ErrorCode::kRetry, files.folder.string() + ": every song is there, but job " +
                                       submitted.jobs.merge +
                                       " left no manifest: its log there says why");
  }
  const std::vector<std::string> again = experiments::slurm_array_command(
      files.array_script(),
      ranges_text(experiments::slurm_shards(status.missing, submitted.shards)), 0);
  log_error(fmt::format(
      "{}: {} songs are missing: {}; the logs in {} say why; the same command goes on, as does: {}",
      folder.string(), status.missing.size(), shown_missing(ranges_text(status.missing)),
      files.folder.string(), experiments::shell_words(again)));
  return kSongsMissing;
}

// Two arrays at once would make songs twice.
void refuse_live(const Submission& earlier) {
  throw Error(
      ErrorCode::kRetry,
      fmt::format("jobs {} {} of this corpus wait or run: --wait waits for them, scancel {} {} "
                  "ends them",
                  earlier.jobs.array, earlier.jobs.merge, earlier.jobs.array, earlier.jobs.merge));
}

SlurmJob job_of(const experiments::CorpusRecipe& recipe, const fs::path& folder,
                const std::vector<std::string>& arguments, std::size_t shards) {
  SlurmJob job;
  job.name = recipe.name;
  job.program = fs::read_symlink("/proc/self/exe");
  job.folder = folder;
  job.arguments = arguments;
  job.shards = shards;
  return job;
}

}  // namespace

void add_slurm_options(CLI::App& sub, SlurmArguments& arguments) {
  auto& o = arguments.options;
  sub.add_option("--slurm-partition", o.partition, "where the tasks run (default: the cluster's)");
  sub.add_option("--slurm-time", o.time, "limit of one task, e.g. 4:00:00");
  sub.add_option("--slurm-memory", o.memory, "of one task, e.g. 4G");
  sub.add_option("--slurm-cpus", o.cpus_per_task, "songs that one task makes at once (default: 1)")
      ->check(CLI::Range(1, 1024));
  sub.add_option("--slurm-tasks", o.tasks,
                 "shards of the corpus (default: 20 songs each, as far as MaxArraySize reaches)")
      ->check(CLI::Range(1, 4000001));
  sub.add_option("--slurm-running", o.running, "tasks at a time (default: any number)");
  sub.add_option("--slurm-retries", o.retries,
                 "how often a task that was killed, or asks for it, is queued again (default: 3)")
      ->check(CLI::Range(0, 100));
  sub.add_option("--slurm-line", o.lines,
                 "one more option of sbatch, e.g. --slurm-line=--constraint=avx2")
      ->allow_extra_args(false);
  sub.add_flag("--wait", arguments.wait, "return when the corpus is merged");
}

int build_on_slurm(const experiments::CorpusRecipe& recipe, const fs::path& folder,
                   const std::vector<std::string>& arguments, const SlurmArguments& slurm,
                   const Globals& globals) {
  slurm.options.validate();
  const fs::path whole = fs::weakly_canonical(fs::absolute(folder));
  const SlurmFolder files(whole);
  std::optional<SlurmCluster> cluster;
  if (!globals.dry_run) cluster.emplace();
  if (const Submission earlier = read_submission(files); cluster && !earlier.jobs.merge.empty()) {
    if (cluster->is_live(earlier.jobs)) {
      if (!slurm.wait) refuse_live(earlier);
      return wait_for(*cluster, earlier, whole);
    }
  }
  const std::vector<std::size_t> missing = missing_songs(recipe, whole);
  Submission now;
  now.shards = experiments::slurm_tasks(recipe.songs, slurm.options.tasks,
                                        cluster ? cluster->max_array_size() : kAnyArraySize);
  const auto shards = experiments::slurm_shards(missing, now.shards);
  now.tasks = shards.size();
  const std::string list = ranges_text(shards);
  const SlurmJob job = job_of(recipe, whole, arguments, now.shards);
  const SlurmScripts scripts = experiments::slurm_scripts(job, slurm.options);
  if (!cluster) {
    print_scripts(files, scripts, list, slurm.options.running);
    return 0;
  }
  experiments::write_slurm_scripts(recipe, job, scripts);
  now.jobs =
      cluster->submit(files.array_script(), files.merge_script(), list, slurm.options.running);
  write_submission(files, now);
  say_submitted(now.jobs, list, globals);
  return slurm.wait ? wait_for(*cluster, now, whole) : 0;
}

}  // namespace brandiron::app
