#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/recording_names.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/table.h"
#include "brandiron/experiments/detector_study.h"
#include "brandiron/experiments/manifest_lines.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// A value as text: an object stands for its name.
std::string text_of(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || found->is_null()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_object()) return found->dump();
  for (const char* name : {"name", "id", "family"}) {
    if (found->contains(name)) return text_of(*found, name);
  }
  return "";
}

std::vector<LabelSpan> spans_of(const Json& row, const std::string& place) {
  std::vector<LabelSpan> spans;
  const auto found = row.find("spans");
  if (found == row.end() || found->is_null()) return spans;
  for (const Json& span : *found) {
    if (!span.is_array() || span.size() != 3 || (span[2] != "ai" && span[2] != "human")) {
      throw Error(ErrorCode::kFormat, place + ": span " + span.dump() +
                                          ", expected [start_s, end_s, \"ai\"|\"human\"]");
    }
    spans.push_back({span[0].get<double>(), span[1].get<double>(), span[2] == "ai"});
  }
  return spans;
}

DetectorClip clip_of(const Json& row, const fs::path& folder, const std::string& place) {
  DetectorClip clip;
  clip.id = row.at("id").get<std::string>();
  clip.file = folder / row.at("file").get<std::string>();
  clip.label = label_of_recording(row.at("label").get<std::string>());
  clip.source = source_without_version(text_of(row, "source"));
  clip.title = text_of(row, "title");
  clip.generator = text_of(row, "generator");
  clip.persona = text_of(row, "persona");
  clip.decoder = text_of(row, "decoder");
  clip.preset = text_of(row, "preset");
  clip.split = text_of(row, "split");
  clip.parent_id = text_of(row, "parent_id");
  clip.vocals = text_of(row, "vocals");
  clip.marked = row.value("marked", false);
  clip.spans = spans_of(row, place);
  if (clip.source.empty()) clip.source = clip.generator.empty() ? "unknown" : clip.generator;
  return clip;
}

std::vector<DetectorClip> read_lines(const fs::path& file) {
  ManifestLines lines(file);
  std::vector<DetectorClip> clips;
  while (const auto line = lines.next()) {
    try {
      clips.push_back(clip_of(Json::parse(*line), file.parent_path(), lines.place()));
    } catch (const Json::exception& error) {
      throw Error(ErrorCode::kFormat,
                  lines.place() + ": " + error.what() + "; expected id, file, label and source");
    }
  }
  return clips;
}

std::vector<DetectorClip> read_table(const fs::path& file) {
  const Table table = parse_tsv(read_file(file), file.string());
  table.require({"file", "label", "source", "title"});
  std::vector<DetectorClip> clips;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    DetectorClip clip;
    clip.id = table.at(row, "file");
    clip.file = file.parent_path() / clip.id;
    clip.label = label_of_recording(table.at(row, "label"));
    clip.source = source_without_version(table.at(row, "source"));
    clip.title = table.at(row, "title");
    clip.vocals = table.at(row, "vocals");
    if (clip.label == "ai") clip.generator = clip.source;
    clips.push_back(clip);
  }
  return clips;
}

const DetectorClip& root_of(const DetectorClip& clip,
                            const std::map<std::string, const DetectorClip*>& by_id) {
  const DetectorClip* at = &clip;
  for (int step = 0; step < 16 && !at->parent_id.empty(); ++step) {  // a circle must end
    const auto found = by_id.find(at->parent_id);
    if (found == by_id.end()) break;
    at = found->second;
  }
  return *at;
}

void derive(std::vector<DetectorClip>& clips) {
  std::map<std::string, const DetectorClip*> by_id;
  for (const DetectorClip& clip : clips) {
    if (!by_id.emplace(clip.id, &clip).second) {
      throw Error(ErrorCode::kFormat,
                  "evaluate detector: id \"" + clip.id + "\" occurs twice, expected each once");
    }
  }
  for (DetectorClip& clip : clips) {
    const DetectorClip& root = root_of(clip, by_id);
    const std::string& title = root.title.empty() ? root.id : root.title;
    clip.recording =
        root.parent_id.empty() ? root.source + "|" + title : "twins of " + root.parent_id;
    clip.group = clip.source;
    if (clip.label != "ai") continue;
    clip.group = clip.generator.empty() ? clip.source : clip.generator;
    if (!clip.decoder.empty() && clip.decoder != "none") clip.group += " / " + clip.decoder;
  }
}

/// The clips of one source, recordings in a drawn order: twins stay together.
std::vector<std::size_t> drawn_order(const std::vector<DetectorClip>& clips,
                                     const std::vector<std::size_t>& members, Rng rng) {
  std::set<std::string> names;
  for (const std::size_t i : members) names.insert(clips[i].recording);
  std::vector<std::uint32_t> order(names.size());
  std::iota(order.begin(), order.end(), 0U);
  rng.shuffle(order);
  std::map<std::string, std::uint32_t> rank;
  std::size_t at = 0;
  for (const std::string& name : names) rank[name] = order[at++];
  std::vector<std::size_t> sorted = members;
  std::stable_sort(sorted.begin(), sorted.end(), [&](std::size_t a, std::size_t b) {
    return rank[clips[a].recording] < rank[clips[b].recording];
  });
  return sorted;
}

void choose(const std::vector<DetectorClip>& clips, const std::vector<std::size_t>& members,
            const DetectorSelection& selection, const Rng& rng, std::set<std::size_t>& chosen) {
  std::map<std::string, std::vector<std::size_t>> sources;
  for (const std::size_t i : members) sources[clips[i].source].push_back(i);
  for (auto& [source, of_source] : sources) {
    of_source = drawn_order(clips, of_source, rng.child(source));
    if (selection.most_source > 0 && of_source.size() > selection.most_source) {
      of_source.resize(selection.most_source);
    }
  }
  const std::size_t most = selection.most > 0 ? selection.most : members.size();
  std::size_t taken = 0;
  for (std::size_t turn = 0; taken < most; ++turn) {
    bool any = false;
    for (const auto& [source, of_source] : sources) {
      if (turn >= of_source.size() || taken >= most) continue;
      chosen.insert(of_source[turn]);
      ++taken;
      any = true;
    }
    if (!any) break;
  }
}

}  // namespace

std::vector<DetectorClip> read_detector_material(const std::vector<std::string>& manifests) {
  std::vector<DetectorClip> clips;
  for (const fs::path file : manifests) {
    const auto more = file.extension() == ".tsv" ? read_table(file) : read_lines(file);
    clips.insert(clips.end(), more.begin(), more.end());
  }
  derive(clips);
  return clips;
}

std::vector<DetectorClip> select_clips(std::vector<DetectorClip> clips,
                                       const DetectorSelection& selection, std::uint64_t seed) {
  std::erase_if(clips, [&](const DetectorClip& clip) {
    if (std::any_of(selection.leave_out.begin(), selection.leave_out.end(),
                    [&](const std::string& prefix) { return clip.source.starts_with(prefix); })) {
      return true;
    }
    return clip.label != "voice" && !selection.splits.empty() &&
           std::find(selection.splits.begin(), selection.splits.end(), clip.split) ==
               selection.splits.end();
  });
  std::map<std::string, std::vector<std::size_t>> labels;
  for (std::size_t i = 0; i < clips.size(); ++i) labels[clips[i].label].push_back(i);
  std::set<std::size_t> chosen;
  for (const auto& [label, members] : labels) {
    if (label == "voice") {
      chosen.insert(members.begin(), members.end());
    } else {
      choose(clips, members, selection, Rng(seed, "evaluate/detector/select").child(label), chosen);
    }
  }
  std::vector<DetectorClip> kept;
  for (const std::size_t i : chosen) kept.push_back(clips[i]);
  return kept;
}

}  // namespace brandiron::experiments
