#include "corpus_tools.h"

namespace brandiron::app {
namespace {

using namespace experiments;

int plan(const std::string& file, const Globals& globals) {
  const CorpusRecipe recipe = corpus_recipe(file, globals);
  const CorpusPlan found = plan_corpus(recipe);
  print_line(globals.json ? corpus_plan_json(recipe, found) : corpus_plan_text(recipe, found));
  check_leakage(recipe, found);
  return 0;
}

}  // namespace

void add_corpus_plan(Cli& cli, CLI::App& group) {
  auto recipe = std::make_shared<std::string>();
  CLI::App* sub =
      cli.verb(group, "plan", "counts, hours, bytes and CPU time before a sample is made",
               {"brandiron corpus plan configs/corpus/flood.toml",
                "brandiron corpus plan configs/corpus/default.toml --set songs=500 --json"},
               [&cli, recipe] { return plan(*recipe, cli.globals); });
  sub->add_option("RECIPE", *recipe, "TOML, or the name of one in configs/corpus")->required();
}

}  // namespace brandiron::app
