#include "brandiron/core/files.h"
#include "brandiron/experiments/disclosure_study.h"
#include "cli.h"

namespace brandiron::app {
namespace {

using namespace experiments;

struct Arguments {
  DisclosureStudyOptions study;
  std::vector<std::string> material;
  std::string split, out;
};

int evaluate_disclosure(Arguments& a, const Globals& globals) {
  a.study.folder = a.out;
  a.study.files = read_material(a.material, a.split);
  a.study.seed = globals.seed.value_or(1);
  a.study.jobs = globals.jobs;
  a.study.overwrite = globals.overwrite;
  if (globals.dry_run) {
    print_line(std::to_string(a.study.files.size()) + " recordings");
    return 0;
  }
  const DisclosureResults results = run_disclosure_study(a.study);
  const std::vector<DisclosureRow> rows = summarise_disclosure(results.trials);
  const std::string json = disclosure_json(rows, results.costs);
  const std::string text = disclosure_text(rows, results.costs);
  write_file(a.study.folder / "disclosure.json", json + "\n", true);
  write_file(a.study.folder / "disclosure.txt", text, true);
  print_line(globals.json ? json : text);
  return 0;
}

}  // namespace

void add_evaluate_disclosure(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      group, "disclosure", "is a stripped file led back to its manifest, is a copied mark noticed",
      {"brandiron evaluate disclosure song.flac clip.mp3 -o out/disclosure --excerpt-s 11",
       "brandiron evaluate disclosure song.flac clip.mp3 -o out/copied --excerpt-s 11 "
       "--part copied --json"},
      [&cli, a] { return evaluate_disclosure(*a, cli.globals); });
  sub->add_option("MATERIAL", a->material, "unmarked audio files, folders or manifest.jsonl")
      ->required();
  sub->add_option("-o,--out", a->out, "folder of results")->required();
  sub->add_option("--split", a->split, "only this split of a manifest");
  sub->add_option("--part", a->study.parts, "only these; default: all")
      ->check(CLI::IsMember(disclosure_parts()))
      ->allow_extra_args(false);
  sub->add_option("--excerpt-s", a->study.excerpt_s,
                  "seconds from the middle of each recording; shorter ones are left out")
      ->check(CLI::Range(11.0, 600.0));
  sub->add_option("--targets", a->study.targets, "recordings that marks are copied to")
      ->check(CLI::Range(1, 100000));
  sub->add_option("--observed", a->study.observed,
                  "recordings of one payload that estimating may use")
      ->check(CLI::Range(1, 1000));
}

}  // namespace brandiron::app
