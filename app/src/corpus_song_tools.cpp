#include "corpus_song_tools.h"

#include "audio_io.h"
#include "brandiron/core/memory.h"
#include "song_models.h"

namespace brandiron::app {

experiments::SongTools corpus_song_tools(const std::string& key_file, double strength,
                                         const SongModelLoaders& loaders) {
  keep_freed_memory();
  experiments::SongTools tools;
  tools.marker = song_marker(false, key_file, strength);
  tools.key_fingerprint = read_key(key_file).fingerprint();
  tools.singer = loaders.singer;
  tools.decoder = loaders.decoder;
  return tools;
}

}  // namespace brandiron::app
