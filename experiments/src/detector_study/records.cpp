#include "detector_study/records.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"

namespace brandiron::experiments {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kSchema = "brandiron.detector-records/1";

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A number that reads well and comes back near enough; JSON has no infinity.
double rounded(double x) {
  if (!std::isfinite(x)) return x < 0 ? -1e300 : 1e300;
  return x == 0 ? 0 : std::stod(fmt::format("{:.9g}", x));
}

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double x : values) list.push_back(rounded(x));
  return list;
}

DetectorScore read_score(const Json& j) {
  DetectorScore s;
  s.detector = j.at("detector");
  s.clip = j.at("clip");
  s.row = j.at("row");
  s.score = j.at("score");
  if (!j.at("p").is_null()) s.p = j.at("p").get<double>();
  for (const Json& segment : j.value("segments", Json::array())) {
    s.segments.push_back({segment.at(0), segment.at(1), segment.at(2)});
  }
  s.error = j.at("error");
  return s;
}

DetectorCopy read_copy(const Json& j) {
  DetectorCopy c;
  c.clip = j.at("clip");
  c.row = j.at("row");
  c.chain = j.at("chain");
  c.start_s = j.at("start_s");
  c.duration_s = j.at("duration_s");
  c.gain_db = j.at("gain_db");
  c.content_free = j.at("content_free").get<std::vector<double>>();
  c.content_free_raw = j.at("content_free_raw").get<std::vector<double>>();
  c.error = j.at("error");
  return c;
}

DetectorBatch read_batch(const Json& j) {
  return {j.at("detector"), j.at("failure"), j.at("audio_s"), j.at("wall_s"), j.at("cpu_s")};
}

void read_record(const Json& json, DetectorResults& results) {
  const std::string kind = json.at("kind");
  if (kind == "score") results.scores.push_back(read_score(json));
  if (kind == "copy") results.copies.push_back(read_copy(json));
  if (kind == "batch") results.batches.push_back(read_batch(json));
}

}  // namespace

void check_header(const fs::path& path, const std::string& found, const std::string& wanted) {
  const Json a = Json::parse(found, nullptr, false), b = Json::parse(wanted);
  for (const auto& [key, value] : b.items()) {
    if (key == "version" || key == "git_commit" || key == "machine" || key == "detectors") continue;
    if (a.value(key, Json()) != value) {
      throw Error(ErrorCode::kConfig, path.string() + ": was run with " + key + " = " +
                                          dump(a.value(key, Json())) + ", this run has " +
                                          dump(value) + "; use another folder, or --overwrite");
    }
  }
  // More detectors may join; one that has changed behind its name may not.
  const Json before = a.value("detectors", Json::object());
  for (const auto& [name, identity] : b.at("detectors").items()) {
    if (before.contains(name) && before.at(name) != identity) {
      throw Error(ErrorCode::kConfig, path.string() + ": detector " + name +
                                          " was another one before (" + dump(before.at(name)) +
                                          ", now " + dump(identity) +
                                          "); give it another name, or --overwrite");
    }
  }
}

std::string score_line(const DetectorScore& s) {
  Json json{
      {"kind", "score"}, {"detector", s.detector},    {"clip", s.clip},
      {"row", s.row},    {"score", rounded(s.score)}, {"p", s.p ? Json(rounded(*s.p)) : Json()},
      {"error", s.error}};
  if (!s.segments.empty()) {
    json["segments"] = Json::array();
    for (const ScoredStretch& segment : s.segments) {
      json["segments"].push_back(
          {rounded(segment.start_s), rounded(segment.end_s), rounded(segment.score)});
    }
  }
  return dump(json);
}

std::string copy_line(const DetectorCopy& c) {
  return dump({{"kind", "copy"},
               {"clip", c.clip},
               {"row", c.row},
               {"chain", c.chain},
               {"start_s", rounded(c.start_s)},
               {"duration_s", rounded(c.duration_s)},
               {"gain_db", rounded(c.gain_db)},
               {"content_free", numbers(c.content_free)},
               {"content_free_raw", numbers(c.content_free_raw)},
               {"error", c.error}});
}

std::string batch_line(const DetectorBatch& b) {
  return dump({{"kind", "batch"},
               {"detector", b.detector},
               {"audio_s", rounded(b.audio_s)},
               {"wall_s", rounded(b.wall_s)},
               {"cpu_s", rounded(b.cpu_s)},
               {"failure", b.failure}});
}

DetectorCopy parse_copy(const std::string& line, const std::string& place) {
  try {
    return read_copy(Json::parse(line));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kFormat, place + ": " + error.what());
  }
}

std::string score_id(const std::string& detector, const std::string& clip, const std::string& row) {
  return "score\n" + detector + "\n" + clip + "\n" + row;
}

std::string copy_id(const std::string& clip, const std::string& row) {
  return "copy\n" + clip + "\n" + row;
}

DetectorResults read_detector_results(const fs::path& folder) {
  DetectorResults results;
  results.header_json = read_records(folder / kDetectorRecords, kSchema,
                                     [&](const Json& json) { read_record(json, results); });
  return results;
}

DetectorLog::DetectorLog(const DetectorStudyOptions& options, const std::string& header) {
  const fs::path path = options.folder / kDetectorRecords;
  const bool keep = keeps_records(path, options.resume, options.overwrite);
  if (keep) {
    const DetectorResults results = read_detector_results(options.folder);
    if (!results.header_json.empty()) check_header(path, results.header_json, header);
    for (const DetectorScore& s : results.scores) done_.insert(score_id(s.detector, s.clip, s.row));
    for (const DetectorCopy& c : results.copies) done_.insert(copy_id(c.clip, c.row));
  } else {
    fs::remove_all(options.folder / "features");
  }
  log_.emplace(path, keep, header);
}

}  // namespace brandiron::experiments
