#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "corpus_tools.h"

namespace brandiron::app {
namespace {

using namespace experiments;
using nlohmann::ordered_json;

constexpr int kSomeSongsMissing = 4;

struct Arguments {
  std::string corpus, out;
  bool allow_missing = false;
};

int merge(const Arguments& a, const Globals& globals) {
  const auto folder = corpus_folder(a.corpus, a.out);
  const MergeReport merged = merge_corpus(folder, a.allow_missing);
  const std::string missing = ranges_text(merged.missing);
  if (globals.json) {
    print_line(ordered_json{
        {"schema", "brandiron.corpus-merged/1"},
        {"folder", folder.string()},
        {"merged", merged.written},
        {"songs", merged.songs},
        {"items", merged.items},
        {"missing",
         missing}}.dump());
  } else {
    const std::string manifest = (folder / "manifest.jsonl").string();
    std::string text =
        merged.written ? fmt::format("{}: {} songs, {} items", manifest, merged.songs, merged.items)
                       : manifest + ": not written";
    if (!missing.empty()) {
      text +=
          fmt::format("; {} songs are missing: {}", merged.missing.size(), shown_missing(missing));
    }
    print_line(text);
  }
  return merged.missing.empty() ? 0 : kSomeSongsMissing;
}

}  // namespace

void add_corpus_merge(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub =
      cli.verb(group, "merge", "what shards made into one manifest, whole or not at all",
               {"brandiron corpus merge out/corpus",
                "brandiron corpus merge configs/corpus/debug.toml -o out/corpus --json"},
               [&cli, a] { return merge(*a, cli.globals); });
  sub->add_option("CORPUS", a->corpus, "folder, or its recipe with -o")->required();
  sub->add_option("-o,--out", a->out, "folder of the corpus");
  sub->add_flag("--allow-missing", a->allow_missing,
                "write it without the songs that are missing (its header names them)");
}

}  // namespace brandiron::app
