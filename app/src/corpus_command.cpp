#include "corpus_commands.h"

namespace brandiron::app {

void add_corpus(Cli& cli, const SongModelLoaders& models) {
  CLI::App* group = cli.group("corpus", "plan, build, check labelled corpora (docs/corpora.md)");
  add_corpus_plan(cli, *group);
  add_corpus_build(cli, *group, models);
  add_corpus_status(cli, *group);
  add_corpus_merge(cli, *group);
  add_corpus_render(cli, *group, models);
  add_corpus_check(cli, *group, models);
}

}  // namespace brandiron::app
