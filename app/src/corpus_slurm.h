#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/experiments/corpus.h"
#include "brandiron/experiments/corpus_slurm.h"
#include "cli.h"

namespace brandiron::app {

/// `--slurm-*` and `--wait` of `corpus build`.
struct SlurmArguments {
  experiments::SlurmOptions options;
  bool wait = false;
};
void add_slurm_options(CLI::App& sub, SlurmArguments& arguments);

/// Submits what is missing of the corpus as a job array and a job that merges; with `wait` returns
/// when both have ended. `arguments` go to each task's `corpus build`. Returns the exit code.
int build_on_slurm(const experiments::CorpusRecipe& recipe, const std::filesystem::path& folder,
                   const std::vector<std::string>& arguments, const SlurmArguments& slurm,
                   const Globals& globals);

}  // namespace brandiron::app
