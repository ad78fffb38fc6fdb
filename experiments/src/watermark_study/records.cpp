#include "watermark_study/records.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"

namespace brandiron::experiments {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kSchema = "brandiron.watermark-study/1";

// JSON has no infinity; 999 dB stands for "nothing there".
double finite(double x) { return std::isfinite(x) ? x : (x < 0 ? -999.0 : 999.0); }

// A number that reads well and comes back near enough.
double rounded(double x) {
  return std::isfinite(x) && x != 0 ? std::stod(fmt::format("{:.6g}", x)) : finite(x);
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

EmbedResult read_embed(const Json& j) {
  EmbedResult r;
  r.tool = j.at("tool");
  r.file = j.at("file");
  r.source = j.at("source");
  r.key = j.at("key");
  r.strength = j.at("strength");
  r.duration_s = j.at("duration_s");
  r.sdr_db = j.at("sdr_db");
  r.nmr_db = j.at("nmr_db");
  r.nmr_above = j.at("nmr_above");
  r.loudness_change_lu = j.at("loudness_change_lu");
  r.clipped = j.at("clipped");
  r.original_over = j.at("original_over");
  r.cpu_s = j.at("cpu_s");
  r.warning = j.at("warning");
  return r;
}

TrialResult read_trial(const Json& j) {
  TrialResult r;
  r.tool = j.at("tool");
  r.file = j.at("file");
  r.source = j.at("source");
  r.key = j.at("key");
  r.strength = j.at("strength");
  r.row = j.at("row");
  r.repeat = j.at("repeat");
  r.negative = j.at("negative");
  r.chain = j.at("chain");
  r.error = j.at("error");
  r.exact = j.at("exact");
  r.present = j.at("present");
  r.wrong = j.at("wrong");
  r.p = j.at("p");
  r.z = j.at("z");
  r.pilot_z = j.at("pilot_z");
  r.ber = j.at("ber");
  r.speed_ratio = j.at("speed_ratio");
  r.pitch_ratio = j.at("pitch_ratio");
  r.duration_s = j.at("duration_s");
  r.attack_cpu_s = j.at("attack_cpu_s");
  r.cpu_s = j.at("cpu_s");
  return r;
}

void check_header(const fs::path& path, const std::string& found, const std::string& wanted) {
  const Json a = Json::parse(found, nullptr, false), b = Json::parse(wanted);
  for (const char* key : {"schema", "grid", "rows_sha256", "seed", "excerpt_s", "effort",
                          "front_end", "keys", "strengths", "negatives", "tools"}) {
    if (a.value(key, Json()) != b.value(key, Json())) {
      throw Error(ErrorCode::kConfig, path.string() + ": was run with " + key + " = " +
                                          dump(a.value(key, Json())) + ", this run has " +
                                          dump(b.value(key, Json())) +
                                          "; use another folder, or --overwrite");
    }
  }
}

}  // namespace

std::string embed_line(const EmbedResult& r) {
  return dump({{"kind", "embed"},
               {"tool", r.tool},
               {"file", r.file},
               {"source", r.source},
               {"key", r.key},
               {"strength", r.strength},
               {"duration_s", rounded(r.duration_s)},
               {"sdr_db", rounded(r.sdr_db)},
               {"nmr_db", rounded(r.nmr_db)},
               {"nmr_above", rounded(r.nmr_above)},
               {"loudness_change_lu", rounded(r.loudness_change_lu)},
               {"clipped", r.clipped},
               {"original_over", r.original_over},
               {"cpu_s", rounded(r.cpu_s)},
               {"warning", r.warning}});
}

std::string trial_line(const TrialResult& r) {
  return dump({{"kind", "trial"},
               {"tool", r.tool},
               {"file", r.file},
               {"source", r.source},
               {"key", r.key},
               {"strength", r.strength},
               {"row", r.row},
               {"repeat", r.repeat},
               {"negative", r.negative},
               {"exact", r.exact},
               {"present", r.present},
               {"wrong", r.wrong},
               {"p", rounded(r.p)},
               {"z", rounded(r.z)},
               {"pilot_z", rounded(r.pilot_z)},
               {"ber", rounded(r.ber)},
               {"speed_ratio", r.speed_ratio},
               {"pitch_ratio", r.pitch_ratio},
               {"duration_s", rounded(r.duration_s)},
               {"attack_cpu_s", rounded(r.attack_cpu_s)},
               {"cpu_s", rounded(r.cpu_s)},
               {"chain", r.chain},
               {"error", r.error}});
}

std::string embed_id(const EmbedResult& r) {
  return fmt::format("embed|{}|{}|{}|{}", r.tool, r.file, r.key, r.strength);
}

std::string trial_id(const TrialResult& r) {
  return fmt::format("trial|{}|{}|{}|{}|{}|{}|{}", r.tool, r.file, r.key, r.strength, r.row,
                     r.repeat, r.negative);
}

StudyResults read_study_results(const fs::path& folder) {
  StudyResults results;
  results.header_json = read_records(folder / kResultsFile, kSchema, [&](const Json& json) {
    if (json.at("kind") == "embed") {
      results.embeds.push_back(read_embed(json));
    } else {
      results.trials.push_back(read_trial(json));
    }
  });
  return results;
}

ResultLog::ResultLog(const StudyOptions& options, const std::string& header) {
  const fs::path path = options.folder / kResultsFile;
  const bool keep = keeps_records(path, options.resume, options.overwrite);
  if (keep) {
    const StudyResults results = read_study_results(options.folder);
    if (!results.header_json.empty()) check_header(path, results.header_json, header);
    for (const EmbedResult& r : results.embeds) done_.insert(embed_id(r));
    for (const TrialResult& r : results.trials) done_.insert(trial_id(r));
  }
  log_.emplace(path, keep, header);
}

}  // namespace brandiron::experiments
