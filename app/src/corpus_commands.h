#pragma once

#include "cli.h"

namespace brandiron::app {

/// Plans, builds and checks corpora; a file a verb.
void add_corpus(Cli& cli, const SongModelLoaders& models = {});
void add_corpus_plan(Cli& cli, CLI::App& group);
void add_corpus_build(Cli& cli, CLI::App& group, const SongModelLoaders& models);
void add_corpus_status(Cli& cli, CLI::App& group);
void add_corpus_merge(Cli& cli, CLI::App& group);
void add_corpus_render(Cli& cli, CLI::App& group, const SongModelLoaders& models);
void add_corpus_check(Cli& cli, CLI::App& group, const SongModelLoaders& models);

}  // namespace brandiron::app
