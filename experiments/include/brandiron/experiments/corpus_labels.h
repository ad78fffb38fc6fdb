#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "brandiron/experiments/corpus_build.h"
#include "brandiron/experiments/label_check.h"

namespace brandiron::experiments {

struct CorpusLabelOptions {
  std::size_t songs = 500;  ///< to draw among songs and twins; all where there are fewer
  std::uint64_t seed = 1;   ///< of the draw
  int jobs = 1;
  std::shared_ptr<const watermark::Key> key;  ///< of the marks; null: marks aren't compared
};

/// Compares the labels of a corpus with its sound (`check_song_labels`). The published file is
/// read, or made again in a virtual corpus; stems are those of the song made again, which must give
/// the recorded samples (`pcm_sha256`). Pitch and phones come from song.json, or, with labels in
/// the manifest's line, from the song made again. In order of the manifest; a song that cannot be
/// compared says why and the rest goes on. @throws Error(kIo), Error(kFormat) for the manifest.
std::vector<SongFindings> check_corpus_labels(const std::filesystem::path& folder,
                                              const CorpusLabelOptions& options,
                                              const SongTools& tools);

}  // namespace brandiron::experiments
