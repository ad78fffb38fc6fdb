#include <fmt/format.h>

#include "brandiron/core/error.h"
#include "corpus_import/found.h"

namespace brandiron::experiments::corpus_import {
namespace {

namespace fs = std::filesystem;

std::string label_of_folder(const std::string& name) {
  if (name == "ai" || name == "fake" || name == "synthetic") return "ai";
  if (name == "human" || name == "real") return "human";
  return name == "mixed" ? "mixed" : "";
}

}  // namespace

Listing list_folder(const CorpusImportOptions& options) {
  Listing listing;
  for (const fs::path& file : audio_below(options.from)) {
    Found found;
    found.file = file;
    const fs::path inside = file.lexically_relative(options.from);
    found.name = inside.string();
    for (const fs::path& part : inside.parent_path()) {
      if (const std::string label = label_of_folder(part.string()); !label.empty()) {
        found.label = label;
      }
      if (const std::string split = split_name(part.string()); !split.empty()) found.split = split;
    }
    if (!options.label.empty()) found.label = options.label;
    if (found.label.empty()) {
      listing.failed.emplace_back(
          found.name, "no folder human, real, ai, fake or mixed on its path; give --label");
      continue;
    }
    // Versions of a track in ai/ and human/ have one name, and belong to one split.
    found.track = track_of(file.stem().string(), options.track_pattern);
    found.title = file.stem().string();
    found.generator = found.label == "human" ? "human" : "";
    listing.found.push_back(std::move(found));
  }
  return listing;
}

}  // namespace brandiron::experiments::corpus_import
