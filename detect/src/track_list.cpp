#include "track_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/log.h"
#include "brandiron/core/recording_names.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/table.h"

namespace brandiron::detect {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::string kSchema = "brandiron.manifest/1";

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t to = std::min(text.find('\n', from), text.size());
    parts.emplace_back(text.substr(from, to - from));
    from = to + 1;
  }
  return parts;
}

std::string label_of(const std::string& given, const std::string& name) {
  static const std::set<std::string> known = {"ai", "human", "resynthesised", "mixed", "voice"};
  const std::string label = label_of_recording(given);
  if (known.contains(label)) return label;
  throw Error(ErrorCode::kFormat,
              fmt::format("{}: label '{}', expected ai, human, resynthesised, mixed or voice", name,
                          label));
}

/// What follows from a label when nothing is said.
void fill_parts(Track& track) {
  const bool ai = track.is_ai(), human = track.is_human() || track.is_resynthesised();
  if (track.instrumental.empty() && (ai || human)) track.instrumental = ai ? "ai" : "human";
}

std::vector<SourceSpan> spans_from(const Json& rows) {
  std::vector<SourceSpan> spans;
  for (const Json& row : rows) {
    spans.push_back(
        {row.at(0).get<double>(), row.at(1).get<double>(), row.at(2).get<std::string>() == "ai"});
  }
  return spans;
}

/// A member that may be missing or null.
std::string text_or(const Json& row, const char* key, const std::string& fallback) {
  const auto found = row.find(key);
  return found == row.end() || found->is_null() ? fallback : found->get<std::string>();
}

Track track_from_song(const fs::path& folder) {
  const fs::path file = folder / "song.json";
  try {
    const Json song = Json::parse(read_file(file));
    Track track;
    track.id = song.at("persona").at("id").get<std::string>() + "/" + folder.filename().string();
    track.file = folder / song.at("audio").at("file").get<std::string>();
    track.label = "ai";
    track.source = "brandiron:" + song.at("persona").at("id").get<std::string>();
    track.title = song.at("title").get<std::string>() + "#" + song.at("seed").dump();
    track.licence = "own";
    track.lossless = track.file.extension() == ".flac" || track.file.extension() == ".wav";
    track.marked = song.at("watermark").at("present").get<bool>();
    track.generator = "brandiron";
    track.persona = song.at("persona").at("id").get<std::string>();
    if (song.contains("decoder") && song.at("decoder").is_object()) {
      track.decoder = text_or(song.at("decoder"), "family", "none");
    }
    fill_parts(track);
    return track;
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::kFormat,
                fmt::format("{}: not a song.json: {}", file.string(), e.what()));
  }
}

std::vector<Track> read_songs(const fs::path& root) {
  std::vector<fs::path> folders;
  if (!fs::is_directory(root)) {
    throw Error(ErrorCode::kIo,
                fmt::format("{}: no such folder of songs; generate some first", root.string()));
  }
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.path().filename() == "song.json") folders.push_back(entry.path().parent_path());
  }
  std::sort(folders.begin(), folders.end());
  std::vector<Track> tracks;
  for (const fs::path& folder : folders) tracks.push_back(track_from_song(folder));
  return tracks;
}

void split_off_tests(std::vector<Track>& tracks, const std::vector<std::string>& evaluation_only,
                     double test_share, std::uint64_t seed) {
  std::map<std::string, std::vector<std::string>> titles;  // of our songs, by persona
  for (Track& track : tracks) {
    for (const std::string& prefix : evaluation_only) {
      if (track.source.starts_with(prefix)) track.split = "test";
    }
    if (track.source.starts_with("brandiron:") && !track.is_test()) {
      titles[track.source].push_back(track.title);
    }
  }
  for (auto& [source, names] : titles) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::vector<std::uint32_t> order(names.size());
    Rng(seed, "test-split").child(source).shuffle(order);
    const auto count = static_cast<std::size_t>(test_share * static_cast<double>(names.size()));
    std::set<std::string> chosen;
    for (std::size_t i = 0; i < count; ++i) chosen.insert(names[order[i]]);
    for (Track& track : tracks) {
      if (track.source == source && chosen.contains(track.title)) track.split = "test";
    }
  }
}

/// Takes out what does not decode: one bad file must not stop a run of hours, nor vanish unseen.
std::vector<std::string> drop_unreadable(std::vector<Track>& tracks) {
  std::vector<std::string> unreadable;
  std::erase_if(tracks, [&](const Track& track) {
    try {
      ReadOptions options;
      options.max_frames = 48000;
      read_audio(track.file, options);
      return false;
    } catch (const Error& e) {
      unreadable.push_back(track.id + ": " + e.what());
      log_warning("left out: " + unreadable.back());
      return true;
    }
  });
  return unreadable;
}

}  // namespace

std::vector<Track> parse_manifest(std::string_view text, const fs::path& folder,
                                  const std::string& name) {
  std::vector<Track> tracks;
  std::size_t line_number = 0;
  for (const std::string& line : lines_of(text)) {
    ++line_number;
    if (line.empty()) continue;
    try {
      const Json row = Json::parse(line);
      if (row.contains("schema")) {
        if (row.at("schema") != kSchema) {
          throw Error(ErrorCode::kFormat,
                      fmt::format("{}:{}: schema {}, expected {}", name, line_number,
                                  row.at("schema").dump(), kSchema));
        }
        continue;
      }
      Track track;
      track.id = row.at("id").get<std::string>();
      track.file = folder / row.at("file").get<std::string>();
      track.label = label_of(row.at("label").get<std::string>(), name);
      track.source = row.at("source").get<std::string>();
      track.title = text_or(row, "title", track.id);
      track.licence = text_or(row, "licence", "");
      track.split = text_or(row, "split", "train");
      track.lossless = row.value("lossless", false);
      track.marked = row.value("marked", false);
      track.generator = text_or(row, "generator", "");
      track.persona = text_or(row, "persona", "");
      track.preset = text_or(row, "preset", "");
      track.decoder = text_or(row, "decoder", "none");
      track.vocals = text_or(row, "vocals", "");
      track.instrumental = text_or(row, "instrumental", "");
      if (row.contains("spans") && row.at("spans").is_array()) {
        track.spans = spans_from(row.at("spans"));
      }
      fill_parts(track);
      tracks.push_back(track);
    } catch (const Json::exception& e) {
      throw Error(ErrorCode::kFormat, fmt::format("{}:{}: {}", name, line_number, e.what()));
    }
  }
  return tracks;
}

std::vector<Track> parse_clips(std::string_view text, const fs::path& folder,
                               const std::string& name) {
  const Table table = parse_tsv(text, name);
  table.require({"file", "label", "source", "title", "licence", "codec"});
  std::vector<Track> tracks;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    Track track;
    track.id = table.at(row, "file");
    track.file = folder / track.id;
    track.label = label_of(table.at(row, "label"), name);
    track.source = source_without_version(table.at(row, "source"));
    track.title = table.at(row, "title");
    track.licence = table.at(row, "licence");
    const std::string& codec = table.at(row, "codec");
    track.lossless = codec.starts_with("pcm") || codec == "flac";
    if (track.is_ai()) {
      track.generator = track.source;
      track.decoder = "other";
    }
    if (track.is_human() && table.has("vocals")) {
      const std::string& vocals = table.at(row, "vocals");
      track.vocals = vocals == "yes" ? "human" : vocals == "no" ? "none" : "";
    }
    fill_parts(track);
    tracks.push_back(track);
  }
  return tracks;
}

void assign_folds(std::vector<Track>& tracks, int folds) {
  std::map<std::string, std::map<std::string, int>> sources;  // source -> label -> tracks
  for (const Track& track : tracks) {
    if (!track.is_test() && !track.is_voice()) ++sources[track.source][track.label];
  }
  struct Source {
    std::string name, label;
    int count = 0;
  };
  std::vector<Source> order;
  for (const auto& [name, labels] : sources) {
    // What the folds must have alike is human and AI music; other labels follow their source.
    const char* label = labels.contains("human") ? "human" : labels.contains("ai") ? "ai" : "";
    const std::string by = *label != '\0' ? label : labels.begin()->first;
    order.push_back({name, by, labels.at(by)});
  }
  std::stable_sort(order.begin(), order.end(),
                   [](const Source& a, const Source& b) { return a.count > b.count; });
  std::map<std::string, std::vector<int>> load;
  std::map<std::string, int> fold;
  for (const Source& source : order) {
    std::vector<int>& of_label = load[source.label];
    of_label.resize(static_cast<std::size_t>(folds), 0);
    const auto least = std::min_element(of_label.begin(), of_label.end());
    fold[source.name] = static_cast<int>(least - of_label.begin());
    *least += source.count;
  }
  for (Track& track : tracks) {
    const bool dealt = !track.is_test() && !track.is_voice();
    track.fold = dealt ? fold[track.source] : -1;
  }
}

TrackList list_tracks(const Config& config, std::uint64_t seed, int folds) {
  std::vector<Track> tracks;
  const auto append = [&](std::vector<Track> more) {
    tracks.insert(tracks.end(), more.begin(), more.end());
  };
  for (const fs::path file : config.get_strings("data.manifests")) {
    append(parse_manifest(read_file(file), file.parent_path(), file.string()));
  }
  for (const fs::path file : config.get_strings("data.clips")) {
    append(parse_clips(read_file(file), file.parent_path(), file.string()));
  }
  for (const fs::path folder : config.get_strings("data.songs")) append(read_songs(folder));

  const auto excluded = config.get_strings("data.exclude");
  std::erase_if(tracks, [&](const Track& t) {
    return std::any_of(excluded.begin(), excluded.end(),
                       [&](const std::string& prefix) { return t.source.starts_with(prefix); });
  });
  std::sort(tracks.begin(), tracks.end(),
            [](const Track& a, const Track& b) { return a.id < b.id; });
  for (std::size_t i = 1; i < tracks.size(); ++i) {
    if (tracks[i].id == tracks[i - 1].id) {
      throw Error(ErrorCode::kConfig,
                  fmt::format("data: track id '{}' occurs twice", tracks[i].id));
    }
  }
  std::vector<std::string> unreadable = drop_unreadable(tracks);
  split_off_tests(tracks, config.get_strings("data.evaluation_only"),
                  config.get_double_in("data.test_share", 0.2, 0, 0.9), seed);
  assign_folds(tracks, folds);

  for (const std::string label : {"ai", "human"}) {
    std::set<std::string> sources;
    for (const Track& t : tracks) {
      if (t.label == label && !t.is_test()) sources.insert(t.source);
    }
    if (sources.size() < static_cast<std::size_t>(folds)) {
      throw Error(
          ErrorCode::kConfig,
          fmt::format("data: {} training sources with label {}, expected at least {} (one a "
                      "fold); name more in data.songs, data.clips or data.manifests",
                      sources.size(), label, folds));
    }
  }
  return {std::move(tracks), std::move(unreadable)};
}

std::string manifest_jsonl(const std::vector<Track>& tracks) {
  std::string text = Json{{"schema", kSchema}, {"tracks", tracks.size()}}.dump() + "\n";
  for (const Track& t : tracks) {
    nlohmann::ordered_json row = {
        {"id", t.id},           {"file", t.file.string()}, {"label", t.label},
        {"source", t.source},   {"title", t.title},        {"split", t.split},
        {"fold", t.fold},       {"lossless", t.lossless},  {"marked", t.marked},
        {"decoder", t.decoder}, {"vocals", t.vocals},      {"instrumental", t.instrumental},
        {"licence", t.licence}};
    if (!t.spans.empty()) {
      row["spans"] = Json::array();
      for (const SourceSpan& s : t.spans) {
        row["spans"].push_back({s.start_s, s.end_s, s.is_ai ? "ai" : "human"});
      }
    }
    text += row.dump() + "\n";
  }
  return text;
}

}  // namespace brandiron::detect
