#include <algorithm>
#include <set>

#include "brandiron/core/audio/effects.h"
#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/detector_study.h"
#include "detector_study/names.h"
#include "watermark_study/chain.h"

namespace brandiron::experiments {
namespace {

constexpr const char* kSchema = "brandiron.detector-grid/1";
const std::set<std::string> kKinds = {"attack", "codec", "same",       "swap",
                                      "mark",   "tags",  "resynthesis"};

std::filesystem::path grid_path(const std::string& what) {
  const bool name = what.find_first_of("/.") == std::string::npos;
  return name ? home_folder() / "configs/evaluate" / (what + ".toml") : std::filesystem::path(what);
}

int whole(const Config& config, const std::string& key, int fallback, int low, int high) {
  return static_cast<int>(config.get_double_in(key, fallback, low, high));
}

/// Names the effect of a chain that this machine lacks, "" when all are there.
std::string missing_effect(const std::string& chain) {
  const std::string canonical = "| " + chain;
  for (const EffectInfo& effect : list_effects()) {
    if (effect.available) continue;
    for (const char* start : {"|", "| "}) {
      if (canonical.find(start + effect.name + "(") != std::string::npos ||
          canonical.find(start + effect.name + " ") != std::string::npos) {
        return effect.name;
      }
    }
  }
  return "";
}

// A chain that cannot be parsed must fail now, not after an hour.
void check_chain(const std::string& chain, const std::string& origin) {
  try {
    std::string filled = chain;
    for (const char* what : {"{voice}", "{human}", "{ai}"}) {
      filled = replace_all(filled, what, "\"other.wav\"");
    }
    (void)EffectChain::parse(filled);
  } catch (const Error& error) {
    throw Error(ErrorCode::kConfig, origin + ": " + error.what());
  }
}

DetectorRow read_row(const Config& config, const std::string& at) {
  DetectorRow row;
  row.id = config.get_string(at + "id");
  row.title = config.get_string(at + "title", row.id);
  row.kind = config.get_string(at + "kind", "attack");
  if (!kKinds.contains(row.kind)) {
    throw Error(ErrorCode::kConfig,
                config.origin(at + "kind") + ": kind is \"" + row.kind +
                    "\", expected attack, codec, same, swap, mark, tags or resynthesis");
  }
  const std::string both = config.get_string(at + "chain", "none");
  row.ai = config.get_string(at + "ai", both);
  row.human = config.get_string(at + "human", both);
  row.labels = config.get_strings(at + "labels");
  check_chain(row.ai, config.origin(at + "id"));
  check_chain(row.human, config.origin(at + "id"));
  return row;
}

void read_rows(const Config& config, DetectorGrid& grid) {
  std::set<std::string> ids = {kCleanRow};
  for (std::size_t i = 0; i < config.array_size("row"); ++i) {
    const std::string at = "row." + std::to_string(i) + ".";
    const DetectorRow row = read_row(config, at);
    if (!ids.insert(row.id).second) {
      throw Error(ErrorCode::kConfig, config.origin(at + "id") + ": row id \"" + row.id +
                                          "\" is used twice, expected each once");
    }
    std::string missing = missing_effect(row.ai);
    if (missing.empty()) missing = missing_effect(row.human);
    if (missing.empty()) {
      grid.rows.push_back(row);
    } else {
      grid.left_out.push_back("row " + row.id + " needs " + missing + ", which this machine lacks");
    }
  }
}

void read_settings(const Config& config, DetectorGrid& grid) {
  grid.excerpt_s = config.get_double_in("material.excerpt_s", grid.excerpt_s, 1, 3600);
  grid.spans_s = config.get_double_in("material.spans_s", grid.spans_s, 1, 3600);
  grid.selection.splits = config.get_strings("material.splits");
  grid.selection.leave_out = config.get_strings("material.leave_out");
  grid.selection.most = static_cast<std::size_t>(whole(config, "material.most", 0, 0, 1000000));
  grid.selection.most_source =
      static_cast<std::size_t>(whole(config, "material.most_source", 0, 0, 1000000));
  grid.rate_hz = whole(config, "blind.rate_hz", grid.rate_hz, 8000, 192000);
  grid.channels = whole(config, "blind.channels", grid.channels, 1, 2);
  grid.treatment = Treatment::from_config(config, "treatment");
  grid.folds = whole(config, "protocol.folds", grid.folds, 2, 100);
  grid.resamples = whole(config, "protocol.resamples", grid.resamples, 20, 100000);
  grid.prevalence =
      config.get_double_in("protocol.prevalence", grid.prevalence, 0.000001, 0.999999);
  grid.batch = whole(config, "run.batch", grid.batch, 1, 100000);
  grid.timeout_s = config.get_double_in("run.timeout_s", grid.timeout_s, 0.01, 86400);
}

}  // namespace

DetectorGrid read_detector_grid(const std::string& what, const std::vector<std::string>& set) {
  Config config = Config::from_file(grid_path(what));
  for (const std::string& assignment : set) config.set(assignment);
  if (config.get_string("schema", "") != kSchema) {
    throw Error(ErrorCode::kConfig, what + ": schema is \"" + config.get_string("schema", "") +
                                        "\", expected \"" + kSchema + "\"");
  }
  DetectorGrid grid;
  grid.name = config.get_string("name", what);
  read_settings(config, grid);
  read_rows(config, grid);
  config.check_all_used();
  grid.config_json = config.to_json();
  return grid;
}

}  // namespace brandiron::experiments
