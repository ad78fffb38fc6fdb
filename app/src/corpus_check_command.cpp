#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "audio_io.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/corpus_labels.h"
#include "corpus_song_tools.h"
#include "corpus_tools.h"

namespace brandiron::app {
namespace {

using namespace experiments;
using nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr int kFindings = 4;

struct Arguments {
  std::string corpus, out, key_file = "demo";
  std::size_t sample = 0;
  bool labels = false;
  CorpusLabelOptions label_options;
  double least_agreement = 0.99;
  std::string csv;
};

std::string text_of(const std::string& folder, const CheckReport& report) {
  std::string text;
  for (const CheckFinding& finding : report.findings) {
    text += (finding.id.empty() ? "" : finding.id + ": ") + finding.what + "\n";
  }
  return text + fmt::format("{}: {} items, {} files, {} decoded, {} rendered again; {}", folder,
                            report.items, report.files, report.decoded, report.rendered,
                            report.findings.empty()
                                ? "nothing is wrong"
                                : fmt::format("{} findings", report.findings.size()));
}

std::string json_of(const std::string& folder, const CheckReport& report) {
  ordered_json findings = ordered_json::array();
  for (const CheckFinding& finding : report.findings) {
    findings.push_back({{"id", finding.id}, {"what", finding.what}});
  }
  return ordered_json{{"schema", "brandiron.corpus-check/1"},
                      {"folder", folder},
                      {"items", report.items},
                      {"files", report.files},
                      {"decoded", report.decoded},
                      {"rendered", report.rendered},
                      {"findings", findings}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// The labels against the sound. A sample of it costs as much as building it.
LabelReport check_labels(const fs::path& folder, const Arguments& a,
                         const SongModelLoaders& loaders, const Globals& globals) {
  CorpusLabelOptions options = a.label_options;
  options.jobs = globals.jobs;
  options.seed = globals.seed.value_or(1);
  options.key = std::make_shared<const watermark::Key>(read_key(a.key_file));
  // Refused before the work.
  std::optional<AtomicFile> csv;
  if (!a.csv.empty()) csv.emplace(a.csv, globals.overwrite);
  const double strength = corpus_folder_recipe(folder).mark_strength;
  const auto findings =
      check_corpus_labels(folder, options, corpus_song_tools(a.key_file, strength, loaders));
  if (csv) {
    write_file(csv->path(), label_csv(findings), true);
    csv->commit();
  }
  return summarise_labels(findings, a.least_agreement);
}

int check(const Arguments& a, const SongModelLoaders& loaders, const Globals& globals) {
  const auto folder = corpus_folder(a.corpus, a.out);
  CheckOptions options;
  options.jobs = globals.jobs;
  options.sample = a.sample;
  options.seed = globals.seed.value_or(1);
  std::unique_ptr<ItemMaker> maker;
  if (a.sample > 0) {
    const CorpusRecipe recipe = corpus_folder_recipe(folder);
    maker = corpus_maker(a.key_file, recipe.mark_strength, loaders, recipe.controls.pool);
  }
  const CheckReport report = check_corpus(folder, options, maker.get());
  print_line(globals.json ? json_of(folder.string(), report) : text_of(folder.string(), report));
  bool passed = report.findings.empty();
  if (a.labels) {
    const LabelReport labels = check_labels(folder, a, loaders, globals);
    print_line(globals.json ? label_json(labels) : label_text(labels));
    passed = passed && labels.passed();
  }
  return passed ? 0 : kFindings;
}

}  // namespace

void add_corpus_check(Cli& cli, CLI::App& group, const SongModelLoaders& models) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      group, "check", "is a corpus what its manifest says: files, hashes, splits; renders again",
      {"brandiron corpus check out/corpus -j 2",
       "brandiron corpus check out/corpus --sample 1 --json"},
      [&cli, a, models] { return check(*a, models, cli.globals); });
  sub->add_option("CORPUS", a->corpus, "folder, or its recipe with -o")->required();
  sub->add_option("-o,--out", a->out, "folder of the corpus");
  sub->add_option("--sample", a->sample, "so many items are rendered again and compared");
  sub->add_flag("--labels", a->labels,
                "derive the labels from the sound and compare: songs are made again with stems");
  sub->add_option("--label-songs", a->label_options.songs, "songs drawn for that (default 500)")
      ->check(CLI::PositiveNumber);
  sub->add_option("--least-agreement", a->least_agreement,
                  "share of songs in which an estimated label agrees (default 0.99)")
      ->check(CLI::Range(0.01, 1.0));
  sub->add_option("--label-csv", a->csv, "a line a song and label goes there");
  add_key_option(*sub, a->key_file);
}

}  // namespace brandiron::app
