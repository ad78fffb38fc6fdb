#pragma once

#include <filesystem>
#include <string>

#include "brandiron/experiments/corpus_build.h"

namespace brandiron::experiments {

/// What a corpus folder was begun with: journal/build.json. All parts of it must agree.
struct BuildIdentity {
  std::string generator, key_fingerprint, audio;  ///< audio: "files", "hashes"
};

/// Makes DIR/recipe.toml, or sees that it is this recipe's. @throws Error(kOutput) for another.
void claim_folder(const CorpusRecipe& recipe, const std::filesystem::path& folder);
/// Makes DIR/journal/build.json, or sees that it says the same. @throws Error(kOutput).
void claim_build(const std::filesystem::path& folder, const BuildIdentity& identity);
/// Of a folder that was begun; "" for all where it was not.
BuildIdentity read_build_identity(const std::filesystem::path& folder);

std::filesystem::path manifest_of(const std::filesystem::path& folder);

}  // namespace brandiron::experiments
