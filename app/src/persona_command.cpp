#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/files.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/songwriter.h"
#include "cli.h"

namespace brandiron::app {
namespace {

int list(const Globals& globals, bool themes) {
  if (themes) {
    for (const std::string& theme : gen::song_themes()) print_line(theme);
    return 0;
  }
  for (const std::string& name : gen::list_personas()) {
    const gen::Persona p = gen::load_persona(name);
    if (globals.json) {
      print_line(nlohmann::ordered_json{
          {"id", p.id},
          {"version", p.version},
          {"name", p.name},
          {"description", p.description},
          {"sha256",
           p.sha256}}.dump());
    } else {
      print_line(fmt::format("{:18} {} - {}", p.id, p.name, p.description));
    }
  }
  return 0;
}

int show(const std::string& name, const Globals& globals) {
  const gen::Persona p = gen::load_persona(name);
  if (globals.json) {
    print_line(p.config_json);
    return 0;
  }
  print_line(fmt::format("{} (version {}, {}): {}\n{}", p.name, p.version, p.sha256.substr(0, 8),
                         p.id, p.description));
  const auto values = nlohmann::ordered_json::parse(p.config_json);
  for (const auto& [key, value] : values.items()) {
    print_line(fmt::format("  {:28} {}", key, value.dump()));
  }
  return 0;
}

int make_new(const std::string& id, const std::string& out, const Globals& globals) {
  const std::string toml = gen::new_persona_toml(globals.seed.value_or(1), id);
  if (out.empty() || globals.dry_run) {
    print_line(toml);
  } else {
    write_file(out, toml, globals.overwrite);
    print_line(out + ": new persona " + id);
  }
  return 0;
}

int check(const std::string& a, const std::string& b, const Globals& globals) {
  const double distance = gen::persona_distance(gen::load_persona(a), gen::load_persona(b));
  if (globals.json) {
    print_line(nlohmann::ordered_json{{"a", a}, {"b", b}, {"distance", distance}}.dump());
  } else {
    print_line(fmt::format("{} and {}: distance {:.3f} (0 the same voice, 1 nothing alike)", a, b,
                           distance));
  }
  return 0;
}

}  // namespace

void add_persona(Cli& cli) {
  CLI::App* group = cli.group("persona", "the fictional singers");
  auto themes = std::make_shared<bool>(false);
  cli.verb(*group, "list", "all personas of configs/persona",
           {"brandiron persona list", "brandiron persona list --json"},
           [&cli, themes] { return list(cli.globals, *themes); })
      ->add_flag("--themes", *themes, "the songwriter's themes instead");

  auto name = std::make_shared<std::string>();
  cli.verb(*group, "show", "one persona with every parameter",
           {"brandiron persona show rust-hollow", "brandiron persona show rust-hollow --json"},
           [&cli, name] { return show(*name, cli.globals); })
      ->add_option("NAME", *name, "name or TOML file")
      ->required();

  auto id = std::make_shared<std::string>("new-persona");
  auto out = std::make_shared<std::string>();
  CLI::App* fresh =
      cli.verb(*group, "new", "sample a new fictional persona",
               {"brandiron persona new --seed 12 --id gravel-creek",
                "brandiron persona new --seed 12 --id gravel-creek -o gravel-creek.toml"},
               [&cli, id, out] { return make_new(*id, *out, cli.globals); });
  fresh->add_option("--id", *id, "its id");
  fresh->add_option("-o,--out", *out, "TOML file (default: standard output)");

  auto a = std::make_shared<std::string>();
  auto b = std::make_shared<std::string>();
  CLI::App* compare =
      cli.verb(*group, "check", "how alike two personas are",
               {"brandiron persona check rust-hollow rust-hollow",
                "brandiron persona check rust-hollow configs/persona/rust-hollow.toml --json"},
               [&cli, a, b] { return check(*a, *b, cli.globals); });
  compare->add_option("A", *a)->required();
  compare->add_option("B", *b)->required();
}

}  // namespace brandiron::app
