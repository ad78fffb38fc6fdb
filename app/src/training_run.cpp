#include "training_run.h"

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::app {

Config training_config(const Globals& globals, const std::string& fallback) {
  const std::filesystem::path file =
      globals.config.empty() ? home_folder() / fallback : std::filesystem::path(globals.config);
  Config config = Config::from_file(file);
  for (const std::string& assignment : globals.set) config.set(assignment);
  if (globals.seed) config.set("seed=" + std::to_string(*globals.seed));
  return config;
}

void check_weights_free(const std::filesystem::path& weights, bool resume, const Globals& globals) {
  if (resume || globals.overwrite || !std::filesystem::exists(weights)) return;
  throw Error(ErrorCode::kOutput,
              weights.string() + " exists; use --resume, --overwrite or another folder");
}

}  // namespace brandiron::app
