#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "corpus_tools.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using namespace experiments;
using nlohmann::ordered_json;

struct Arguments {
  std::string manifest, id, out, key_file = "demo";
};

ManifestItem find_item(const fs::path& manifest, const std::string& id) {
  ManifestReader reader(manifest);
  while (auto line = reader.next(false)) {
    if (line->item.id == id) return std::move(*line);
  }
  throw Error(ErrorCode::kInvalidArgument, manifest.string() + ": has no item \"" + id + "\"");
}

int render(const Arguments& a, const SongModelLoaders& loaders, const Globals& globals) {
  std::error_code error;
  fs::path manifest = a.manifest;
  if (fs::is_directory(manifest, error)) manifest /= "manifest.jsonl";
  const ManifestItem line = find_item(manifest, a.id);
  const fs::path file = fs::path(a.out) / fs::path(item_file(line.item)).filename();
  if (globals.dry_run) {
    print_line("would write " + file.string());
    return 0;
  }
  if (!globals.overwrite && fs::exists(file, error)) {
    throw Error(ErrorCode::kOutput, file.string() + ": exists; give --overwrite or another folder");
  }
  fs::create_directories(a.out, error);
  if (error) throw Error(ErrorCode::kOutput, a.out + ": " + error.message());
  // Controls need the folders that the recipe names.
  const fs::path recipe = manifest.parent_path() / "recipe.toml";
  const bool is_control = !line.item.material.empty() && fs::exists(recipe, error);
  const auto maker =
      corpus_maker(a.key_file, line.item.mark_strength, loaders,
                   is_control ? load_corpus_recipe(recipe.string()).controls.pool : nullptr);
  const ItemFacts made = render_item(line, *maker, a.out);
  const bool recorded = line.facts && !line.facts->pcm_sha256.empty();
  if (globals.json) {
    print_line(ordered_json{{"schema", "brandiron.corpus-rendered/1"},
                            {"id", line.item.id},
                            {"file", file.string()},
                            {"pcm_sha256", made.pcm_sha256},
                            {"identical", recorded ? ordered_json(true) : ordered_json()}}
                   .dump());
  } else {
    print_line(fmt::format("{}: \"{}\", {:.1f} s{}", file.string(), made.title, made.duration_s,
                           recorded ? ", identical to the recorded pcm_sha256" : ""));
  }
  return 0;
}

}  // namespace

void add_corpus_render(Cli& cli, CLI::App& group, const SongModelLoaders& models) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub =
      cli.verb(group, "render", "the audio of a manifest's line again",
               {"brandiron corpus render out/corpus/manifest.jsonl --id s00001 -o out/again",
                "brandiron corpus render out/corpus --id s00000 -o out/first --json"},
               [&cli, a, models] { return render(*a, models, cli.globals); });
  sub->add_option("MANIFEST", a->manifest, "manifest.jsonl, or the folder of a corpus")->required();
  sub->add_option("--id", a->id, "of the item")->required();
  sub->add_option("-o,--out", a->out, "folder of the file")->required();
  add_key_option(*sub, a->key_file);
}

}  // namespace brandiron::app
