#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "brandiron/experiments/corpus.h"

/// A corpus as a Slurm job array: each task makes one shard, a job that waits for them all merges.
/// docs/clusters.md.
namespace brandiron::experiments {

/// What a task asks the cluster for. "" leaves its default.
struct SlurmOptions {
  std::string partition;
  std::string time;         ///< of one task, as Slurm writes it: "90", "4:00:00", "2-0"
  std::string memory;       ///< of one task: "4G"
  int cpus_per_task = 1;    ///< songs that a task makes at once
  std::size_t tasks = 0;    ///< shards of the corpus; 0: `slurm_tasks` decides
  std::size_t running = 0;  ///< tasks at a time; 0: as many as there is room for
  int retries = 3;          ///< how often a task that was killed, or says so, is queued again
  std::vector<std::string> lines;  ///< further options, "--constraint=avx2"
  /// @throws Error(kInvalidArgument) for what would be another option, or none, in a script.
  void validate() const;
};

/// What the scripts run. Paths are absolute and the same on every node.
struct SlurmJob {
  std::string name;               ///< of the corpus
  std::filesystem::path program;  ///< brandiron
  std::filesystem::path folder;   ///< the corpus; holds recipe.toml
  std::vector<std::string>
      arguments;  ///< further ones of `corpus build`: names of files, no secrets
  std::size_t shards = 1;
};

struct SlurmScripts {
  std::string array, merge;
};

/// The scripts, for `sbatch`. A task that exits with 75 or is killed goes back into the queue
/// `retries` times; before its time limit it is told to stop. A cancelled one stays cancelled.
/// @throws Error(kInvalidArgument) for a folder whose name cannot stand in a script.
SlurmScripts slurm_scripts(const SlurmJob& job, const SlurmOptions& options);

/// Where the scripts and the logs of their jobs are: DIR/slurm. It may go once the corpus is
/// merged.
struct SlurmFolder {
  std::filesystem::path folder;
  explicit SlurmFolder(const std::filesystem::path& corpus) : folder(corpus / "slurm") {}
  std::filesystem::path array_script() const { return folder / "array.sbatch"; }
  std::filesystem::path merge_script() const { return folder / "merge.sbatch"; }
};

/// Begins the corpus (recipe.toml, which every task reads) and writes the scripts.
/// @throws Error(kOutput) when the folder holds another corpus, or cannot be written.
void write_slurm_scripts(const CorpusRecipe& recipe, const SlurmJob& job,
                         const SlurmScripts& scripts);

/// Into how many shards `songs` are cut: `asked`, or (0) 20 songs each, but never more than
/// `max_array_size` (Slurm's MaxArraySize, one more than the highest index) or than songs.
/// @throws Error(kInvalidArgument) when `asked` is more than `max_array_size`.
std::size_t slurm_tasks(std::size_t songs, std::size_t asked, std::size_t max_array_size);

/// The shards that hold one of `songs` (shard i: the songs s with s % shards == i), rising. Their
/// `ranges_text` is what Slurm's --array takes.
std::vector<std::size_t> slurm_shards(const std::vector<std::size_t>& songs, std::size_t shards);

/// Ids of submitted jobs.
struct SlurmJobs {
  std::string array;  ///< "" where no song is missing
  std::string merge;
};

/// The cluster behind sbatch, squeue and scontrol of this machine.
/// @throws Error(kUnsupported) where they are not installed.
class SlurmCluster {
 public:
  SlurmCluster();
  /// 1001, Slurm's default, where the cluster does not say.
  std::size_t max_array_size() const;
  /// The array of `list` ("0-3,7"; "" for none), then the merge when all of it has ended.
  /// @throws Error(kRetry) with sbatch's words; what was submitted before is cancelled.
  SlurmJobs submit(const std::filesystem::path& array_script,
                   const std::filesystem::path& merge_script, const std::string& list,
                   std::size_t running) const;
  /// Whether any of `jobs` waits or runs.
  bool is_live(const SlurmJobs& jobs) const;
  /// Returns when none of `jobs` waits or runs; `left(tasks)` is told how many tasks are left.
  /// @throws Error(kRetry) when the cluster does not answer for ten minutes; the jobs go on.
  void wait(const SlurmJobs& jobs, const std::function<void(std::size_t)>& left) const;
};

/// Words of a shell command, quoted where they need it.
std::string shell_words(const std::vector<std::string>& words);
/// What submits the array, at most `running` (0: any number) tasks of it at a time.
std::vector<std::string> slurm_array_command(const std::filesystem::path& script,
                                             const std::string& list, std::size_t running);

}  // namespace brandiron::experiments
