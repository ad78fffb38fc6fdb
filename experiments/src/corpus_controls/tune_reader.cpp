#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/human_tune.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

bool has_minor_third(const std::string& mode) {
  return mode == "minor" || mode == "dorian" || mode == "phrygian";
}

std::string text_of(const json& document, const char* key) {
  return document.contains(key) && document[key].is_string() ? document[key].get<std::string>()
                                                             : "";
}

HumanTune tune_from(const json& document) {
  HumanTune tune;
  tune.id = document.at("id");
  tune.source = document.at("source");
  tune.tier = document.at("tier");
  tune.split = document.at("split");
  tune.title = document.at("title");
  tune.composer = text_of(document, "composer");
  tune.licence = document.at("license");
  tune.meter = document.at("meter");
  tune.one_meter = !document.contains("meter_changes") || document["meter_changes"].size() < 2;
  tune.tonic_pc = document.at("tonic_pc");
  tune.minor = has_minor_third(document.at("mode"));
  document.at("bars").get_to(tune.bars);
  for (const json& note : document.at("notes")) {
    tune.notes.push_back({note.at(0), note.at(1), note.at(2)});
  }
  for (const json& chord : document.value("chords", json::array())) {
    tune.chords.push_back({chord.at(0), chord.at(1), chord.at(2)});
  }
  if (document.contains("verses")) document["verses"].get_to(tune.verses);
  if (document.contains("slur")) document["slur"].get_to(tune.slurs);
  const auto whole = [&](const auto& verse) { return verse.size() == tune.notes.size(); };
  if (tune.notes.empty() || !std::all_of(tune.verses.begin(), tune.verses.end(), whole)) {
    throw Error(ErrorCode::kFormat, tune.id + ": expected notes, and a syllable a note in verses");
  }
  return tune;
}

}  // namespace

std::vector<HumanTune> read_tune_pack(const fs::path& path, const std::vector<std::string>& tiers) {
  const fs::path file = fs::is_directory(path) ? path / "melodies.jsonl" : path;
  const std::string text = read_file(file);
  std::vector<HumanTune> tunes;
  int number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.empty()) continue;
    try {
      const json document = json::parse(line);
      const std::string tier = document.at("tier");
      if (std::find(tiers.begin(), tiers.end(), tier) == tiers.end()) continue;
      tunes.push_back(tune_from(document));
    } catch (const std::exception& error) {
      throw Error(ErrorCode::kFormat, fmt::format("{}:{}: not a tune of the pack: {}",
                                                  file.string(), number, error.what()));
    }
  }
  return tunes;
}

}  // namespace brandiron::experiments
