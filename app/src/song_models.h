#pragma once

#include <memory>
#include <string>

#include "brandiron/core/marker.h"
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

/// What marks a song on its way out; with `no_watermark` nothing does.
/// @throws Error as Key::read; `key_file` may be "demo".
std::unique_ptr<Marker> song_marker(bool no_watermark, const std::string& key_file,
                                    double strength = 1.0);

}  // namespace brandiron::app
