#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "brandiron/experiments/disclosure_study.h"

namespace brandiron::experiments {
namespace {

DisclosureRow row_of(const std::vector<const DisclosureTrial*>& trials) {
  DisclosureRow row;
  row.part = trials.front()->part;
  row.setting = trials.front()->setting;
  row.n = trials.size();
  std::vector<double> errors;
  for (const DisclosureTrial* trial : trials) {
    row.present += trial->present;
    row.payload += trial->payload;
    row.confirmed += trial->binding == "confirmed";
    row.copied += trial->binding == "copied";
    row.unchecked += trial->binding == "unchecked";
    row.recovered += trial->recovered;
    row.by_audio += trial->by_audio;
    if (trial->payload) errors.push_back(trial->bit_error_rate);
  }
  std::sort(errors.begin(), errors.end());
  if (!errors.empty()) {
    row.error_median = errors[errors.size() / 2];
    row.error_min = errors.front();
    row.error_max = errors.back();
  }
  return row;
}

}  // namespace

std::vector<DisclosureRow> summarise_disclosure(const std::vector<DisclosureTrial>& trials) {
  std::vector<std::pair<std::string, std::vector<const DisclosureTrial*>>> groups;
  for (const DisclosureTrial& trial : trials) {
    const std::string name = trial.part + '\n' + trial.setting;
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& known) { return known.first == name; });
    if (group == groups.end()) group = groups.insert(groups.end(), {name, {}});
    group->second.push_back(&trial);
  }
  std::vector<DisclosureRow> rows;
  for (const auto& [name, alike] : groups) rows.push_back(row_of(alike));
  return rows;
}

std::string disclosure_text(const std::vector<DisclosureRow>& rows, const DisclosureCosts& costs) {
  std::string text, part;
  for (const DisclosureRow& row : rows) {
    if (row.part != part) {
      part = row.part;
      text +=
          fmt::format("{:<50} {:>6} {:>7} {:>7} {:>9} {:>6} {:>9} {:>9} {:>8} {:>7} {:>7} {:>7}\n",
                      part, "n", "present", "payload", "confirmed", "copied", "unchecked",
                      "recovered", "by audio", "error", "least", "most");
    }
    text += fmt::format(
        "  {:<48} {:>6} {:>7} {:>7} {:>9} {:>6} {:>9} {:>9} {:>8} {:>7.3f} {:>7.3f} {:>7.3f}\n",
        row.setting, row.n, row.present, row.payload, row.confirmed, row.copied, row.unchecked,
        row.recovered, row.by_audio, row.error_median, row.error_min, row.error_max);
  }
  text += fmt::format(
      "fingerprint of 3 minutes: {:.1f} ms CPU, {:.0f} bytes; manifest {:.0f} bytes; one entry "
      "{:.1f} ms; look-up by payload {:.2f} ms CPU\n",
      costs.fingerprint_ms, costs.fingerprint_bytes, costs.manifest_bytes, costs.append_ms,
      costs.look_up_ms);
  return text;
}

std::string disclosure_json(const std::vector<DisclosureRow>& rows, const DisclosureCosts& costs) {
  nlohmann::ordered_json json;
  json["schema"] = "brandiron.disclosure-study/1";
  json["rows"] = nlohmann::ordered_json::array();
  for (const DisclosureRow& row : rows) {
    json["rows"].push_back({{"part", row.part},
                            {"setting", row.setting},
                            {"n", row.n},
                            {"present", row.present},
                            {"payload", row.payload},
                            {"confirmed", row.confirmed},
                            {"copied", row.copied},
                            {"unchecked", row.unchecked},
                            {"recovered", row.recovered},
                            {"by_audio", row.by_audio},
                            {"error_median", row.error_median},
                            {"error_min", row.error_min},
                            {"error_max", row.error_max}});
  }
  json["costs"] = {{"fingerprint_ms", costs.fingerprint_ms},
                   {"fingerprint_bytes", costs.fingerprint_bytes},
                   {"manifest_bytes", costs.manifest_bytes},
                   {"append_ms", costs.append_ms},
                   {"look_up_ms", costs.look_up_ms}};
  return json.dump(2);
}

}  // namespace brandiron::experiments
