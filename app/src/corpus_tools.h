#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "brandiron/experiments/corpus_build.h"
#include "corpus_commands.h"

namespace brandiron::app {

/// RECIPE.toml (or the name of one in configs/corpus) with `--set` and `--seed`.
experiments::CorpusRecipe corpus_recipe(const std::string& recipe, const Globals& globals);

/// The corpus that a command speaks of: `-o DIR`, or DIR in the place of a recipe.
/// @throws Error(kInvalidArgument) for a recipe without a folder.
std::filesystem::path corpus_folder(const std::string& recipe_or_folder, const std::string& out);

/// What makes songs: the marker of `key_file` ("demo" is the published key), networks on demand.
/// `controls` is for items that were read from a manifest: what the folders of their recipe hold.
std::unique_ptr<experiments::ItemMaker> corpus_maker(
    const std::string& key_file, double strength, const SongModelLoaders& loaders,
    std::shared_ptr<const experiments::ControlPool> controls = nullptr);

/// What ranges_text says of the songs that a corpus lacks, as a line of text shows it: cut at a
/// comma where it is long.
std::string shown_missing(const std::string& ranges);

/// `--watermark-key` as every command has it.
void add_key_option(CLI::App& app, std::string& key_file);

}  // namespace brandiron::app
