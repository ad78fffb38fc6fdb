#include "song_models.h"

#include "audio_io.h"
#include "brandiron/watermark/watermark.h"

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

std::unique_ptr<Marker> song_marker(bool no_watermark, const std::string& key_file,
                                    double strength) {
  if (no_watermark) return std::make_unique<NullMarker>();
  // No preset of this version pays for more than one pass.
  return watermark::make_marker(read_key(key_file),
                                {.strength = strength, .effort = watermark::Effort::kFast});
}

}  // namespace brandiron::app
