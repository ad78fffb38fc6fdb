#include "corpus_tools.h"

#include "brandiron/core/error.h"
#include "corpus_song_tools.h"

namespace brandiron::app {

namespace fs = std::filesystem;

experiments::CorpusRecipe corpus_recipe(const std::string& recipe, const Globals& globals) {
  std::vector<std::string> assignments = globals.set;
  if (globals.seed) assignments.push_back("seed=" + std::to_string(*globals.seed));
  std::error_code error;
  const fs::path path = recipe;
  return experiments::load_corpus_recipe(
      fs::is_directory(path, error) ? (path / "recipe.toml").string() : recipe, assignments);
}

fs::path corpus_folder(const std::string& recipe_or_folder, const std::string& out) {
  if (!out.empty()) return out;
  std::error_code error;
  if (fs::is_directory(recipe_or_folder, error)) return recipe_or_folder;
  throw Error(ErrorCode::kInvalidArgument,
              recipe_or_folder + ": not a corpus folder; name one, or give -o DIR");
}

std::unique_ptr<experiments::ItemMaker> corpus_maker(
    const std::string& key_file, double strength, const SongModelLoaders& loaders,
    std::shared_ptr<const experiments::ControlPool> controls) {
  experiments::SongTools tools = corpus_song_tools(key_file, strength, loaders);
  tools.controls = std::move(controls);
  return experiments::make_song_maker(std::move(tools));
}

std::string shown_missing(const std::string& ranges) {
  constexpr std::size_t kMost = 200;
  if (ranges.size() <= kMost) return ranges;
  return ranges.substr(0, ranges.rfind(',', kMost)) + ", ... (`corpus status --json` has them all)";
}

void add_key_option(CLI::App& app, std::string& key_file) {
  app.add_option("--watermark-key", key_file,
                 "key file (default: demo, the published key: it protects nothing)")
      ->envname("BRANDIRON_WATERMARK_KEY");
}

}  // namespace brandiron::app
