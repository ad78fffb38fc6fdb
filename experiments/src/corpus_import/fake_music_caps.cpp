#include <algorithm>
#include <set>

#include "corpus_import/found.h"

namespace brandiron::experiments::corpus_import {

// A folder a generator, in each a clip a caption of MusicCaps, named by the caption's YouTube id:
// the clips of one id answer one text, so they are one track.
Listing list_fake_music_caps(const CorpusImportOptions& options) {
  namespace fs = std::filesystem;
  std::set<std::string> human(options.human_folders.begin(), options.human_folders.end());
  human.insert({"MusicCaps", "musiccaps"});
  Listing listing;
  for (const fs::path& file : audio_below(options.from)) {
    const fs::path inside = file.lexically_relative(options.from);
    Found found;
    found.file = file;
    found.name = inside.string();
    if (!inside.has_parent_path()) {
      listing.failed.emplace_back(found.name, "lies in no folder that names its generator");
      continue;
    }
    const std::string folder = inside.parent_path().filename().string();
    const bool is_human = human.contains(folder);
    found.label = is_human ? "human" : "ai";
    found.generator = is_human ? "human" : folder;
    found.source = "fakemusiccaps:" + folder;
    found.track = track_of(file.stem().string(), options.track_pattern);
    found.extra.emplace_back("caption_id", file.stem().string());
    // Text went in and the mix came out, so all that is heard is the model's; there are no words.
    if (!is_human) {
      found.instruments = "ai";
      found.composition = "ai";
    }
    listing.found.push_back(std::move(found));
  }
  return listing;
}

}  // namespace brandiron::experiments::corpus_import
