#pragma once

#include <memory>

#include "brandiron/gen/song.h"
#include "cli.h"

namespace brandiron::app {

/// The networks that one song asks for, kept alive.
struct LoadedModels {
  std::shared_ptr<const gen::SingerModel> singer;
  std::shared_ptr<const gen::DecoderModel> decoder;
  gen::SongModels view() const { return {singer.get(), decoder.get()}; }
};

/// Loads what `options` wants and nothing else: weights take a moment to read.
LoadedModels load_models(const gen::GenerateOptions& options, const SongModelLoaders& loaders);

}  // namespace brandiron::app
