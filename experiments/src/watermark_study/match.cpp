#include <unistd.h>

#include <fmt/format.h>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/progress.h"
#include "watermark_study/fidelity.h"
#include "watermark_study/material_audio.h"
#include "watermark_study/scheme.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

constexpr double kWeakest = 0.1, kStrongest = 4.0;
constexpr double kToleranceDb = 0.02;
constexpr int kMostSteps = 16;

const char* name_of(Match match) { return match == Match::kSdr ? "sdr" : "nmr"; }

double mean_of(const StudyOptions& options, const Scheme& scheme, Match match, Progress& progress) {
  double sum = 0;
  for (const StudyFile& file : options.files) {
    const AudioBuffer original = read_excerpt(file.path, options.excerpt_s);
    const Marked marked = scheme.embed(original, 0, scheme.payload(file.id, 0));
    EmbedResult measured;
    measure_fidelity(original, marked.audio, measured);
    sum += match == Match::kSdr ? measured.sdr_db : measured.nmr_db;
    progress.add(1, fmt::format("{} {:g}", scheme.name(), scheme.strength()));
  }
  return sum / static_cast<double>(options.files.size());
}

}  // namespace

double match_strength(const StudyOptions& options, const StudyTool& tool, Match match) {
  const fs::path kept = options.folder / "match.json";
  if (options.resume && fs::exists(kept)) {
    const auto json = nlohmann::json::parse(read_file(kept), nullptr, false);
    if (json.is_object() && json.value("tool", "") == tool.name &&
        json.value("match", "") == name_of(match) && json.contains("strength")) {
      return json["strength"];
    }
  }
  fs::create_directories(options.folder);
  const fs::path scratch_path =
      fs::temp_directory_path() / fmt::format("brandiron-match-{}", ::getpid());
  fs::create_directories(scratch_path);
  const TemporaryPath scratch(scratch_path);
  Progress progress("equal " + std::string(name_of(match)), 0, "files");
  const auto theirs = make_command_scheme(options.seed, tool, scratch.path());
  const double wanted = mean_of(options, *theirs, match, progress);
  // A stronger mark has less SDR and more noise over the mask.
  const double sign = match == Match::kSdr ? -1 : 1;
  const auto ours = [&](double strength) {
    return mean_of(options, *make_brandiron_scheme(options, strength), match, progress);
  };
  double low = kWeakest, high = kStrongest, strength = 1, found = 0;
  for (int step = 0; step < kMostSteps; ++step) {
    strength = std::round(1e4 * strength) / 1e4;
    found = ours(strength);
    if (std::abs(found - wanted) <= kToleranceDb) break;
    (sign * (found - wanted) < 0 ? low : high) = strength;
    strength = std::sqrt(low * high);
  }
  if (std::abs(found - wanted) > 0.5) {
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("evaluate: {} has a mean {} of {:.2f} dB; ours at strength {:g} has "
                    "{:.2f} dB and cannot come nearer within strengths {:g} to {:g}",
                    tool.name, name_of(match), wanted, strength, found, kWeakest, kStrongest));
  }
  const nlohmann::ordered_json json{{"tool", tool.name},    {"match", name_of(match)},
                                    {"mean_db", wanted},    {"strength", strength},
                                    {"our_mean_db", found}, {"files", options.files.size()}};
  write_file(kept, json.dump() + "\n", true);
  return strength;
}

}  // namespace brandiron::experiments
