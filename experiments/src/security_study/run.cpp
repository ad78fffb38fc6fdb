#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/progress.h"
#include "security_study/bench.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

using Attack = void (*)(SecurityBench&);

const std::vector<std::pair<std::string, Attack>>& attacks() {
  static const std::vector<std::pair<std::string, Attack>> all{
      {"overwrite", attack_by_overwriting},
      {"averaging", attack_by_averaging},
      {"difference", attack_by_difference},
      {"estimation", attack_by_estimation},
      {"blind-estimation", attack_by_blind_estimation},
      {"oracle", attack_with_an_oracle},
      {"destruction", attack_by_destruction}};
  return all;
}

std::string line_of(const SecurityTrial& trial) {
  const nlohmann::ordered_json json{
      {"attack", trial.attack}, {"setting", trial.setting},     {"file", trial.file},
      {"p", trial.p},           {"present", trial.present},     {"read", trial.read},
      {"sdr_db", trial.sdr_db}, {"agreement", trial.agreement}, {"queries", trial.queries}};
  return json.dump() + "\n";
}

}  // namespace

const std::vector<std::string>& security_attacks() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, attack] : attacks()) all.push_back(name);
    return all;
  }();
  return names;
}

std::vector<SecurityTrial> run_security_study(const SecurityOptions& options) {
  const std::vector<std::string>& known = security_attacks();
  for (const std::string& name : options.attacks) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw Error(ErrorCode::kInvalidArgument, "security study: no attack is called " + name +
                                                 "; expected one of overwrite, averaging, "
                                                 "difference, estimation, blind-estimation, "
                                                 "oracle, destruction");
  }
  SecurityBench bench(options);
  if (bench.num_files() == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "security study: no recording is 5 s or longer; name longer ones");
  }
  fs::create_directories(options.folder);
  // Before any work, so that a folder that is taken is known at once.
  write_file(options.folder / "trials.jsonl", "", options.overwrite);
  const std::vector<std::string>& chosen = options.attacks.empty() ? known : options.attacks;
  Progress progress("security", chosen.size(), "attacks");
  for (const auto& [name, attack] : attacks()) {
    if (std::find(chosen.begin(), chosen.end(), name) == chosen.end()) continue;
    attack(bench);
    progress.add(1, name);
  }
  std::string lines;
  for (const SecurityTrial& trial : bench.trials()) lines += line_of(trial);
  write_file(options.folder / "trials.jsonl", lines, true);
  return bench.trials();
}

}  // namespace brandiron::experiments
