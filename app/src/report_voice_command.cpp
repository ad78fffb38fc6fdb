#include <fmt/format.h>

#include <filesystem>

#include "brandiron/core/files.h"
#include "brandiron/core/progress.h"
#include "brandiron/experiments/voice_pictures.h"
#include "brandiron/gen/persona.h"
#include "cli.h"

namespace brandiron::app {
namespace {

struct Arguments {
  std::vector<std::string> personas;
  std::string words = experiments::kPictureLine, out;
};

int draw_voices(const Globals& globals, const Arguments& a) {
  const std::vector<std::string> names = a.personas.empty() ? gen::list_personas() : a.personas;
  std::vector<gen::Persona> personas;
  for (const std::string& name : names) personas.push_back(gen::load_persona(name));
  if (globals.dry_run) return 0;
  std::filesystem::create_directories(a.out);
  Progress progress("voices", personas.size(), "personas");
  for (const gen::Persona& p : personas) {
    const std::filesystem::path path = std::filesystem::path(a.out) / (p.id + ".svg");
    const gen::SungPart part = experiments::sing_line(p, a.words, globals.seed.value_or(1));
    const std::string title =
        fmt::format("{} (version {}, {}): {}", p.name, p.version, p.voice.bank, a.words);
    write_file(path, experiments::sung_line_svg(title, part), globals.overwrite);
    progress.add(1, p.id);
  }
  print_line(fmt::format("{}: {} pictures", a.out, personas.size()));
  return 0;
}

}  // namespace

void add_report_voice(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(group, "voice", "spectrograms of personas that sing the same line",
                           {"brandiron report voice -o out/voices",
                            "brandiron report voice --persona rust-hollow --words \"Rain on a tin "
                            "roof\" -o out/voices-rain"},
                           [&cli, a] { return draw_voices(cli.globals, *a); });
  sub->add_option("--persona", a->personas, "who sings (default: everybody in configs/persona)");
  sub->add_option("--words", a->words, "the line");
  sub->add_option("-o,--out", a->out, "folder of the SVG pictures")->required();
}

}  // namespace brandiron::app
