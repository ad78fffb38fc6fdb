#include "corpus_export/summary.h"

#include <fmt/format.h>

#include "corpus_export/writer.h"

namespace brandiron::experiments::corpus_export {

void Summary::add(const CorpusItem& item, const FileHashes& audio,
                  const std::optional<nlohmann::ordered_json>& labels) {
  const auto duration = item.line.find("duration_s");
  const double seconds =
      duration != item.line.end() && duration->is_number() ? duration->get<double>() : 0.0;
  const auto count = [&](Tally& tally) {
    ++tally.items;
    tally.bytes += audio.bytes;
    tally.duration_s += seconds;
  };
  const auto count_named = [&](std::map<std::string, Tally>& tallies, const std::string& name) {
    if (!name.empty()) count(tallies[name]);
  };
  count(all);
  count_named(by_split, item.split);
  count_named(by_label, item.text("label"));
  count_named(by_kind, item.text("kind"));
  count_named(by_persona, item.text("persona"));
  count_named(by_generator, item.text("generator"));
  count_named(by_licence, item.text("licence"));
  count_named(by_extension, item.audio.extension().string());
  if (labels) {
    ++with_labels;
    const nlohmann::ordered_json::json_pointer language("/lyrics/language");
    if (labels->contains(language) && labels->at(language).is_string()) {
      languages.insert(labels->at(language).get<std::string>().substr(0, 2));
    }
  }
  const auto mark = item.line.find("marked");
  marked += mark != item.line.end() && mark->is_boolean() && mark->get<bool>() ? 1 : 0;
}

std::vector<std::string> splits_of(const Summary& summary) {
  std::vector<std::string> splits;
  for (const char* split : {"train", "validation", "test"}) {
    if (summary.by_split.contains(split)) splits.emplace_back(split);
  }
  return splits;
}

void MissingCount::tell(std::vector<std::string>& notes) const {
  if (missing_ > 0) notes.push_back(fmt::format("{} of {} items {}", missing_, items_, what_));
}

}  // namespace brandiron::experiments::corpus_export
