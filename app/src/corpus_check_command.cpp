#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "corpus_tools.h"

namespace brandiron::app {
namespace {

using namespace experiments;
using nlohmann::ordered_json;

constexpr int kFindings = 4;

struct Arguments {
  std::string corpus, out, key_file = "demo";
  std::size_t sample = 0;
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
  return report.findings.empty() ? 0 : kFindings;
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
  add_key_option(*sub, a->key_file);
}

}  // namespace brandiron::app
