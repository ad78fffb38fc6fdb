#pragma once

#include <string>

#include "brandiron/experiments/corpus_build.h"
#include "cli.h"

namespace brandiron::app {

/// What songs are made with: the marker of `key_file` ("demo" is the published key), networks on
/// demand.
experiments::SongTools corpus_song_tools(const std::string& key_file, double strength,
                                         const SongModelLoaders& loaders);

}  // namespace brandiron::app
