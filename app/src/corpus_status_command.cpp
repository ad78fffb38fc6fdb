#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/experiments/corpus_slurm.h"
#include "corpus_tools.h"

namespace brandiron::app {
namespace {

using namespace experiments;
using nlohmann::ordered_json;

std::string text_of(const std::string& folder, const CorpusStatus& s) {
  if (s.is_virtual) {
    return fmt::format("{}: {}, a virtual corpus of {} songs, {} items", folder, s.recipe, s.songs,
                       s.items);
  }
  std::string text =
      fmt::format("{}: {}, {} of {} songs, {} of {} items, {:.2f} hours of audio; {}", folder,
                  s.recipe, s.songs_done, s.songs, s.items_done, s.items, s.hours_done,
                  s.merged ? "manifest.jsonl is there" : "not merged");
  if (!s.missing.empty()) {
    text += fmt::format("\nmissing: {}\nabout {:.2f} CPU hours are left",
                        shown_missing(ranges_text(s.missing)), s.cpu_hours_left);
  }
  return text;
}

std::string json_of(const std::string& folder, const CorpusStatus& s) {
  return ordered_json{{"schema", "brandiron.corpus-status/1"},
                      {"folder", folder},
                      {"recipe", s.recipe},
                      {"songs", s.songs},
                      {"songs_done", s.songs_done},
                      {"items", s.items},
                      {"items_done", s.items_done},
                      {"hours_done", s.hours_done},
                      {"cpu_hours_left", s.cpu_hours_left},
                      {"missing", s.is_virtual ? "" : ranges_text(s.missing)},
                      {"merged", s.merged},
                      {"virtual", s.is_virtual}}
      .dump();
}

struct Arguments {
  std::string corpus, out;
  std::size_t array = 0;
};

int status(const Arguments& a, const Globals& globals) {
  const std::string folder = corpus_folder(a.corpus, a.out).string();
  const CorpusStatus found = corpus_status(folder);
  if (a.array > 0) {
    print_line(ranges_text(slurm_shards(found.missing, a.array)));
  } else {
    print_line(globals.json ? json_of(folder, found) : text_of(folder, found));
  }
  return 0;
}

}  // namespace

void add_corpus_status(Cli& cli, CLI::App& group) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub =
      cli.verb(group, "status", "how far a corpus is",
               {"brandiron corpus status out/corpus", "brandiron corpus status out/flood --json"},
               [&cli, a] { return status(*a, cli.globals); });
  sub->add_option("CORPUS", a->corpus, "folder, or its recipe with -o")->required();
  sub->add_option("-o,--out", a->out, "folder of the corpus");
  sub->add_option("--array", a->array,
                  "print which of so many shards miss a song, as sbatch --array takes them")
      ->check(CLI::Range(1, 4000001));
}

}  // namespace brandiron::app
