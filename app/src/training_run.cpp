#include "training_run.h"

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::app {

std::filesystem::path find_shipped(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return path;
  const std::filesystem::path shipped = home_folder() / path;
  return std::filesystem::exists(shipped) ? shipped : path;
}

Config training_config(const Globals& globals, const std::string& fallback) {
  Config config =
      Config::from_file(find_shipped(globals.config.empty() ? fallback : globals.config));
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
