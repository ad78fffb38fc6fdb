#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "disclosure_study/bench.h"

namespace brandiron::experiments {
namespace {

using Part = void (*)(DisclosureBench&);

const std::vector<std::pair<std::string, Part>>& parts() {
  static const std::vector<std::pair<std::string, Part>> all{{"genuine", read_genuine_changes},
                                                             {"warped", read_warped},
                                                             {"copied", read_copied_marks},
                                                             {"others", compare_others}};
  return all;
}

std::string line_of(const DisclosureTrial& trial) {
  const nlohmann::ordered_json json{{"part", trial.part},
                                    {"setting", trial.setting},
                                    {"file", trial.file},
                                    {"present", trial.present},
                                    {"payload", trial.payload},
                                    {"binding", trial.binding},
                                    {"recovered", trial.recovered},
                                    {"by_audio", trial.by_audio},
                                    {"bit_error_rate", trial.bit_error_rate},
                                    {"false_match", trial.false_match}};
  return json.dump() + "\n";
}

}  // namespace

const std::vector<std::string>& disclosure_parts() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& [name, part] : parts()) all.push_back(name);
    return all;
  }();
  return names;
}

DisclosureResults run_disclosure_study(const DisclosureStudyOptions& options) {
  for (const std::string& name : options.parts) {
    if (std::find(disclosure_parts().begin(), disclosure_parts().end(), name) ==
        disclosure_parts().end()) {
      throw Error(ErrorCode::kInvalidArgument, "disclosure study: no part \"" + name +
                                                   "\"; known: genuine, warped, copied, others");
    }
  }
  DisclosureBench bench(options);
  for (const auto& [name, part] : parts()) {
    const bool all = options.parts.empty();
    if (all || std::find(options.parts.begin(), options.parts.end(), name) != options.parts.end()) {
      part(bench);
    }
  }
  DisclosureResults results = bench.results();
  std::string lines;
  for (const DisclosureTrial& trial : results.trials) lines += line_of(trial);
  write_file(options.folder / "trials.jsonl", lines, true);
  return results;
}

}  // namespace brandiron::experiments
