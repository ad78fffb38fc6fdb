#include "song_models.h"

namespace brandiron::app {

LoadedModels load_models(const gen::GenerateOptions& options, const SongModelLoaders& loaders) {
  LoadedModels models;
  if (loaders.singer && gen::wants_learned_singer(options)) models.singer = loaders.singer();
  const std::string family = gen::wanted_decoder(options);
  if (loaders.decoder && !family.empty()) {
    models.decoder = loaders.decoder(family, options.decoder.kbps);
  }
  return models;
}

}  // namespace brandiron::app
