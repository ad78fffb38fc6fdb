#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/log.h"
#include "brandiron/experiments/corpus_import.h"
#include "cli.h"

namespace brandiron::app {
namespace {

using namespace experiments;
using nlohmann::ordered_json;

constexpr int kSomeFailed = 4;

struct Arguments {
  CorpusImportOptions options;
  std::string from, out;
  std::vector<double> shares;
};

ordered_json json_of(const CorpusImport& result, const Arguments& a) {
  ordered_json failed = ordered_json::array();
  for (const auto& [name, why] : result.failed) {
    failed.push_back({{"file", name}, {"error", {{"code", "format"}, {"message", why}}}});
  }
  return {{"schema", "brandiron.import/1"},
          {"manifest", a.out + "/manifest.jsonl"},
          {"items", result.items},
          {"labels", {{"ai", result.ai}, {"human", result.human}, {"mixed", result.mixed}}},
          {"splits",
           {{"train", result.train}, {"validation", result.validation}, {"test", result.test}}},
          {"duration_s", result.duration_s},
          {"failed", failed},
          {"notes", result.notes}};
}

std::string text_of(const CorpusImport& result, const Arguments& a) {
  return fmt::format(
      "{}/manifest.jsonl: {} items ({} ai, {} human, {} mixed), {:.2f} h; train {}, validation {}, "
      "test {}",
      a.out, result.items, result.ai, result.human, result.mixed, result.duration_s / 3600,
      result.train, result.validation, result.test);
}

int import_command(Arguments& a, const Globals& globals) {
  a.options.from = a.from;
  a.options.out = a.out;
  a.options.seed = globals.seed.value_or(1);
  a.options.jobs = globals.jobs;
  a.options.overwrite = globals.overwrite;
  if (!a.shares.empty()) a.options.shares = {a.shares[0], a.shares[1], a.shares[2]};
  if (globals.dry_run) {
    a.options.validate();
    print_line(a.out + "/manifest.jsonl");
    return 0;
  }
  const CorpusImport result = import_corpus(a.options);
  for (const std::string& note : result.notes) log_warning(note);
  for (const auto& [name, why] : result.failed) log_error(name + ": " + why);
  print_line(globals.json ? json_of(result, a).dump() : text_of(result, a));
  if (result.failed.empty()) return 0;
  log_error(fmt::format("{} of {} could not be imported", result.failed.size(),
                        result.failed.size() + result.items));
  return kSomeFailed;
}

}  // namespace

void add_corpus_import(Cli& cli, CLI::App& corpus) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      corpus, "import", "recordings of others as a corpus: labels, splits, hashes",
      {"brandiron corpus import folder recordings --label human --licence CC-BY-4.0 -o out/people",
       "brandiron corpus import fakemusiccaps fakes --licence CC-BY-4.0 --link -o out/fakes "
       "--json"},
      [&cli, a] { return import_command(*a, cli.globals); });
  sub->add_option("FORMAT", a->options.format, "sonics, fakemusiccaps or folder")
      ->required()
      ->check(CLI::IsMember(corpus_import_formats()));
  sub->add_option("PATH", a->from, "the folder as its makers publish it; sonics: or one table")
      ->required();
  sub->add_option("-o,--out", a->out, "folder that gets manifest.jsonl")->required();
  sub->add_option("--licence", a->options.licence, "of the recordings, as SPDX spells it")
      ->required();
  sub->add_option("--label", a->options.label,
                  "folder: of all; else from folders human, real, ai, fake, mixed")
      ->check(CLI::IsMember({"ai", "human", "mixed"}));
  sub->add_option("--human", a->options.human_folders,
                  "fakemusiccaps: folders of recordings by people (MusicCaps)")
      ->delimiter(',')
      ->allow_extra_args(false);
  sub->add_option("--source", a->options.source, "what the recordings are called as a whole");
  sub->add_option("--track", a->options.track_pattern,
                  "regular expression whose first group names a clip's track in the file's name");
  sub->add_option("--splits", a->shares, "shares of train, validation, test (0.8,0.1,0.1)")
      ->delimiter(',')
      ->expected(3);
  sub->add_flag("--link", a->options.link, "link the audio into OUT/audio");
}

}  // namespace brandiron::app
