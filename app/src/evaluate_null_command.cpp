#include "brandiron/core/files.h"
#include "brandiron/experiments/null_study.h"
#include "cli.h"

namespace brandiron::app {
namespace {

using namespace experiments;

struct Arguments {
  NullOptions study;
  std::vector<std::string> material;
  std::string out;
};

int evaluate_null(Arguments& a, const Globals& globals) {
  a.study.folder = a.out;
  a.study.files = read_material(a.material, "");
  a.study.seed = globals.seed.value_or(1);
  a.study.jobs = globals.jobs;
  a.study.overwrite = globals.overwrite;
  if (globals.dry_run) {
    print_line(std::to_string(a.study.files.size()) + " recordings");
    return 0;
  }
  const NullSummary summary = run_null_study(a.study);
  write_file(a.study.folder / "null.json", null_json(summary) + "\n", true);
  write_file(a.study.folder / "null.txt", null_text(summary), true);
  print_line(globals.json ? null_json(summary) : null_text(summary));
  return 0;
}

}  // namespace

void add_evaluate_null(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      group, "false-positives", "how often unmarked audio answers to random keys",
      {"brandiron evaluate false-positives song.flac -o out/null --aligned-keys 50 "
       "--searched-keys 1",
       "brandiron evaluate false-positives song.flac clip.mp3 -o out/null2 --aligned-keys 20 "
       "--searched-keys 0 --json"},
      [&cli, a] { return evaluate_null(*a, cli.globals); });
  sub->add_option("MATERIAL", a->material, "unmarked audio files, folders or manifest.jsonl")
      ->required();
  sub->add_option("-o,--out", a->out, "folder of counts")->required();
  sub->add_option("--aligned-keys", a->study.aligned_keys, "random keys read at one place")
      ->check(CLI::Range(1, 10000000));
  sub->add_option("--searched-keys", a->study.searched_keys, "random keys with all searches on")
      ->check(CLI::Range(0, 1000000));
  sub->add_option("--piece-s", a->study.piece_s, "seconds from the middle of each; 0: all")
      ->check(CLI::Range(0.0, 86400.0));
  sub->add_flag("--resume", a->study.resume, "keep the recordings that the folder holds");
}

}  // namespace brandiron::app
