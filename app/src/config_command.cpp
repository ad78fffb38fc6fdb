#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "cli.h"

namespace brandiron::app {

void add_config(Cli& cli) {
  CLI::App* group = cli.group("config", "where a configuration value comes from");
  auto path = std::make_shared<std::string>();
  CLI::App* show = cli.verb(
      *group, "show", "the resolved values of a file, with their origins",
      {"brandiron config show configs/persona/rust-hollow.toml",
       "brandiron config show configs/persona/rust-hollow.toml --set voice.rasp=0.2 --json"},
      [&cli, path] {
        Config config = Config::from_file(*path);
        for (const std::string& assignment : cli.globals.set) config.set(assignment);
        if (cli.globals.json) {
          print_line(config.to_json());
          return 0;
        }
        const auto values = nlohmann::ordered_json::parse(config.to_json());
        for (const auto& [key, value] : values.items()) {
          print_line(fmt::format("{:32} = {:24} # {}", key, value.dump(), config.origin(key)));
        }
        return 0;
      });
  show->add_option("FILE", *path, "TOML file")->required();
}

}  // namespace brandiron::app
