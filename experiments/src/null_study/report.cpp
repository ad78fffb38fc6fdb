#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/experiments/null_study.h"

namespace brandiron::experiments {
namespace {

nlohmann::ordered_json counts_json(const NullCounts& counts) {
  nlohmann::ordered_json json;
  json["trials"] = counts.trials;
  json["smallest_p"] = counts.smallest_p;
  json["payloads"] = counts.payloads;
  for (std::size_t i = 0; i < kNullPoints.size(); ++i) {
    json["at_most"].push_back({{"p", kNullPoints[i]}, {"count", counts.at_most[i]}});
  }
  return json;
}

std::string counts_text(const char* name, const NullCounts& counts) {
  if (counts.trials == 0) return "";
  std::string text =
      fmt::format("{}: {} trials, smallest p {:.2g}\n", name, counts.trials, counts.smallest_p);
  for (std::size_t i = 0; i < kNullPoints.size(); ++i) {
    const double share =
        static_cast<double>(counts.at_most[i]) / static_cast<double>(counts.trials);
    // With none seen, n trials support a rate under 3/n (95 %).
    const std::string bound =
        counts.at_most[i] == 0
            ? fmt::format(", under {:.2g} at 95 %", 3.0 / static_cast<double>(counts.trials))
            : "";
    text += fmt::format("  p <= {:<6.0e} {:>8} of {} (share {:.3g}{})\n", kNullPoints[i],
                        counts.at_most[i], counts.trials, share, bound);
  }
  return text;
}

}  // namespace

std::string null_text(const NullSummary& summary) {
  return fmt::format("{} unmarked recordings\n", summary.recordings) +
         counts_text("aligned, one place", summary.aligned) +
         counts_text("all searches on", summary.searched) +
         fmt::format("payloads reported: {}\n",
                     summary.aligned.payloads + summary.searched.payloads);
}

std::string null_json(const NullSummary& summary) {
  nlohmann::ordered_json json;
  json["schema"] = "brandiron.null-study/1";
  json["recordings"] = summary.recordings;
  json["aligned"] = counts_json(summary.aligned);
  json["searched"] = counts_json(summary.searched);
  return json.dump(2);
}

}  // namespace brandiron::experiments
