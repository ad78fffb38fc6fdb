#include <nlohmann/json.hpp>

#include "brandiron/core/version.h"
#include "cli.h"

namespace brandiron::app {

void add_version(Cli& cli) {
  cli.verb(
      cli.app, "version", "what this binary is", {"brandiron version", "brandiron version --json"},
      [&cli] {
        if (cli.globals.json) {
          print_line(nlohmann::ordered_json{
              {"version", version()}, {"git_commit", git_commit()}, {"machine", machine_name()}}
                         .dump());
        } else {
          print_line("brandiron " + version() + " (" + git_commit() + ", " + machine_name() + ")");
        }
        return 0;
      });
}

}  // namespace brandiron::app
