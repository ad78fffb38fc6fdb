#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/experiments/corpus_export.h"
#include "cli.h"

namespace brandiron::app {
namespace {

using namespace experiments;
using nlohmann::ordered_json;

struct Arguments {
  CorpusExportOptions options;
  std::string corpus, out;
  std::uint64_t shard_mb = 1000;
};

std::string json_line(const CorpusExport& part) {
  return ordered_json{{"schema", "brandiron.export/1"},
                      {"format", part.format},
                      {"folder", part.folder.string()},
                      {"items", part.items},
                      {"files", part.files},
                      {"bytes", part.bytes},
                      {"left_out", part.left_out}}
      .dump();
}

std::string text_of(const CorpusExport& part) {
  std::string text =
      part.folder.empty()
          ? part.format
          : fmt::format("{}: {} items, {} files, {:.1f} MB in {}", part.format, part.items,
                        part.files, static_cast<double>(part.bytes) / 1e6, part.folder.string());
  for (const std::string& line : part.left_out) text += "\n  left out: " + line;
  return text;
}

int export_command(Arguments& a, const Globals& globals) {
  a.options.corpus = a.corpus;
  a.options.out = a.out;
  a.options.max_shard_bytes = a.shard_mb * 1'000'000;
  a.options.jobs = globals.jobs;
  a.options.overwrite = globals.overwrite;
  if (globals.dry_run) {
    a.options.validate();
    print_line(a.out);
    return 0;
  }
  for (const CorpusExport& part : export_corpus(a.options)) {
    print_line(globals.json ? json_line(part) : text_of(part));
  }
  return 0;
}

}  // namespace

void add_corpus_export(Cli& cli, CLI::App& corpus) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(corpus, "export", "a corpus in the formats that others read",
                           {"brandiron corpus export out/tracks --format audiofolder -o out/hub",
                            "brandiron corpus export out/tracks --format webdataset,parquet "
                            "--shard-mb 500 -o out/shards "
                            "--json"},
                           [&cli, a] { return export_command(*a, cli.globals); });
  sub->add_option("DIR", a->corpus, "corpus folder: holds manifest.jsonl")->required();
  std::vector<std::string> formats = corpus_export_formats();
  formats.emplace_back("all");
  sub->add_option("--format", a->options.formats,
                  "audiofolder webdataset parquet jams mirdata lab croissant sqlite card, or all")
      ->required()
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(formats));
  sub->add_option("-o,--out", a->out, "folder; with several formats a folder a format in it")
      ->required();
  sub->add_option("--shard-mb", a->shard_mb, "webdataset: size of a shard at most (1000)")
      ->check(CLI::Range(1, 1000000));
  sub->add_flag("--copy", a->options.copy, "copy audio rather than link it");
  sub->add_option("--title", a->options.title, "of the data card (default: the recipe's name)");
  sub->add_option("--author", a->options.authors, "of CITATION.cff (repeatable)")
      ->allow_extra_args(false);
  sub->add_option("--url", a->options.url, "where it is published (Croissant)");
  sub->add_option("--date", a->options.date, "when it is published, YYYY-MM-DD (Croissant)");
}

}  // namespace brandiron::app
