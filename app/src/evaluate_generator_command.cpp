#include "brandiron/core/files.h"
#include "brandiron/experiments/generator_study.h"
#include "cli.h"

namespace brandiron::app {
namespace {

using namespace experiments;

struct Arguments {
  GeneratorStudyOptions study;
  std::string human, out;
};

int evaluate_generator(Arguments& a, const Globals& globals) {
  namespace fs = std::filesystem;
  a.study.human = a.human;
  a.study.seed = globals.seed.value_or(1);
  a.study.jobs = globals.jobs;
  a.study.validate();
  if (globals.dry_run) {
    print_line(std::to_string(a.study.songs) + " songs of " + a.study.persona);
    return 0;
  }
  const fs::path folder = a.out;
  fs::create_directories(folder);
  // Refused before the work rather than after it.
  AtomicFile text(folder / "tables.txt", globals.overwrite);
  const GeneratorSummary summary = run_generator_study(a.study);
  write_file(folder / "summary.json", generator_json(summary) + "\n", true);
  write_file(folder / "report.html", generator_page(summary), true);
  write_file(folder / "tables.txt", generator_text(summary), globals.overwrite);
  print_line(globals.json ? generator_json(summary) : generator_text(summary));
  return 0;
}

}  // namespace

void add_evaluate_generator(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      group, "generator", "written songs against targets and beside human songs; no audio",
      {"brandiron evaluate generator -o out/songs --songs 20",
       "brandiron evaluate generator -o out/finch --songs 10 --persona wire-finch --seed 9 --json"},
      [&cli, a] { return evaluate_generator(*a, cli.globals); });
  sub->add_option("-o,--out", a->out, "folder of tables and page")->required();
  sub->add_option("--songs", a->study.songs, "scores to write, seeds from --seed on")
      ->check(CLI::Range(1, 1000000));
  sub->add_option("--persona", a->study.persona, "name in configs/persona, or a TOML file");
  sub->add_option("--human", a->human,
                  "folder with melodies.jsonl, chord_stats.json and lyrics/*.txt; without it the "
                  "rows that need human songs are skipped");
}

}  // namespace brandiron::app
