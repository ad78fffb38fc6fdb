#include <set>

#include "brandiron/core/audio/effects.h"
#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/watermark_study.h"
#include "watermark_study/chain.h"

namespace brandiron::experiments {
namespace {

constexpr const char* kSchema = "brandiron.attack-grid/1";

std::filesystem::path grid_path(const std::string& what) {
  const std::filesystem::path named =
      home_folder() / "configs/evaluate" / ("watermark-" + what + ".toml");
  return what.find_first_of("/.") == std::string::npos && std::filesystem::exists(named)
             ? named
             : std::filesystem::path(what);
}

std::optional<double> optional_share(const Config& config, const std::string& key) {
  if (!config.has(key)) return std::nullopt;
  return config.get_double_in(key, 0, 0, 1);
}

AttackRow read_row(const Config& config, std::size_t index) {
  const std::string at = "row." + std::to_string(index) + ".";
  AttackRow row;
  row.id = config.get_string(at + "id");
  row.title = config.get_string(at + "title", row.id);
  row.chain = config.get_string(at + "chain");
  row.family = config.get_string(at + "family", "");
  row.level = config.get_double(at + "level", 0);
  row.unit = config.get_string(at + "unit", "");
  row.repeats = static_cast<int>(config.get_double_in(at + "repeats", 1, 1, 1000));
  row.pool = config.get_bool(at + "pool", true);
  row.p_threshold = config.get_double_in(at + "p_threshold", 1e-9, 1e-300, 0.5);
  row.target_exact = optional_share(config, at + "target_exact");
  row.target_present = optional_share(config, at + "target_present");
  return row;
}

// A chain that cannot be parsed must fail now, not after an hour.
void check_row(const Config& config, std::size_t index, const AttackRow& row,
               std::set<std::string>& ids) {
  const std::string at = "row." + std::to_string(index) + ".";
  if (!ids.insert(row.id).second) {
    throw Error(ErrorCode::kConfig, config.origin(at + "id") + ": row id \"" + row.id +
                                        "\" is used twice, expected each once");
  }
  try {
    (void)EffectChain::parse(fill_chain(row.chain, "other.wav", {"none", "none"}));
  } catch (const Error& error) {
    throw Error(ErrorCode::kConfig, config.origin(at + "chain") + ": " + error.what());
  }
}

}  // namespace

AttackGrid read_attack_grid(const std::string& what) {
  const Config config = Config::from_file(grid_path(what));
  if (config.get_string("schema", "") != kSchema) {
    throw Error(ErrorCode::kConfig, what + ": schema is \"" + config.get_string("schema", "") +
                                        "\", expected \"" + kSchema + "\"");
  }
  AttackGrid grid;
  grid.name = config.get_string("name", what);
  std::set<std::string> ids;
  for (std::size_t i = 0; i < config.array_size("row"); ++i) {
    grid.rows.push_back(read_row(config, i));
    check_row(config, i, grid.rows.back(), ids);
  }
  if (grid.rows.empty()) {
    throw Error(ErrorCode::kConfig, what + ": no [[row]], expected at least one");
  }
  config.check_all_used();
  return grid;
}

}  // namespace brandiron::experiments
