#include "brandiron/core/files.h"
#include "brandiron/experiments/security_study.h"
#include "cli.h"

namespace brandiron::app {
namespace {

using namespace experiments;

struct Arguments {
  SecurityOptions study;
  std::vector<std::string> material;
  std::string split, out;
};

int evaluate_security(Arguments& a, const Globals& globals) {
  a.study.folder = a.out;
  a.study.files = read_material(a.material, a.split);
  a.study.seed = globals.seed.value_or(1);
  a.study.overwrite = globals.overwrite;
  if (globals.dry_run) {
    print_line(std::to_string(a.study.files.size()) + " recordings");
    return 0;
  }
  const std::vector<SecurityRow> rows = summarise_security(run_security_study(a.study));
  write_file(a.study.folder / "security.json", security_json(rows) + "\n", true);
  write_file(a.study.folder / "security.txt", security_text(rows), true);
  print_line(globals.json ? security_json(rows) : security_text(rows));
  return 0;
}

}  // namespace

void add_evaluate_security(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      group, "security", "what can be done to a mark without its key",
      {"brandiron evaluate security song.flac clip.mp3 -o out/security --attack overwrite "
       "--attack difference",
       "brandiron evaluate security song.flac -o out/oracle --attack oracle --oracle-queries 20 "
       "--json"},
      [&cli, a] { return evaluate_security(*a, cli.globals); });
  sub->add_option("MATERIAL", a->material, "unmarked audio files, folders or manifest.jsonl")
      ->required();
  sub->add_option("-o,--out", a->out, "folder of results")->required();
  sub->add_option("--split", a->split, "only this split of a manifest");
  sub->add_option("--attack", a->study.attacks, "only these; default: all")
      ->check(CLI::IsMember(security_attacks()))
      ->allow_extra_args(false);
  sub->add_option("--piece-s", a->study.piece_s, "seconds from the middle of each recording")
      ->check(CLI::Range(5.0, 600.0));
  sub->add_option("--targets", a->study.most_files, "recordings that an attack is tried on")
      ->check(CLI::Range(1, 1000));
  sub->add_option("--observed", a->study.most_observed,
                  "marked recordings that estimating the pattern may use")
      ->check(CLI::Range(0, 1000));
  sub->add_option("--oracle-queries", a->study.oracle_queries, "answered about one clip")
      ->check(CLI::Range(2, 100000));
}

}  // namespace brandiron::app
