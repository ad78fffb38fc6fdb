#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "audio_io.h"
#include "brandiron/core/error.h"
#include "brandiron/core/progress.h"
#include "corpus_slurm.h"
#include "corpus_tools.h"
#include "interrupts.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using namespace experiments;
using nlohmann::ordered_json;

constexpr int kSomeSongsFailed = 4;

struct Arguments {
  std::string recipe, out, shard, key_file = "demo", engine = "local";
  bool is_virtual = false, hashes = false, verify = false;
  SlurmArguments slurm;
};

/// "I/N" -> shard of shards.
void take_shard(const std::string& text, BuildOptions& options) {
  if (text.empty()) return;
  const auto number = [](const char* from, const char* to, std::size_t& out) {
    const auto result = std::from_chars(from, to, out);
    return result.ec == std::errc{} && result.ptr == to;
  };
  const auto slash = text.find('/');
  const char* begin = text.data();
  if (slash == std::string::npos || !number(begin, begin + slash, options.shard) ||
      !number(begin + slash + 1, begin + text.size(), options.shards)) {
    throw Error(ErrorCode::kInvalidArgument,
                "--shard " + text + ": expected I/N with 0 <= I < N, as 0/4");
  }
  options.validate();
}

std::string text_of(const BuildReport& built, const MergeReport* merged, const Arguments& a) {
  std::string text = fmt::format("{}: {} songs made in {}, {} kept, {} failed", a.out, built.made,
                                 format_duration(built.seconds), built.kept, built.failed.size());
  if (merged == nullptr) return text + "; `brandiron corpus merge` joins the shards";
  if (merged->written) {
    return text + fmt::format("; manifest.jsonl: {} songs, {} items", merged->songs, merged->items);
  }
  return text + "; missing songs: " + ranges_text(merged->missing) +
         "; the same command goes on with them";
}

std::string json_of(const BuildReport& built, const MergeReport* merged, const Arguments& a) {
  ordered_json failed = ordered_json::array();
  for (const auto& [song, why] : built.failed) failed.push_back({{"song", song}, {"error", why}});
  ordered_json report = {{"schema", "brandiron.corpus-built/1"},
                         {"folder", a.out},
                         {"songs", built.songs},
                         {"made", built.made},
                         {"kept", built.kept},
                         {"failed", failed},
                         {"seconds", built.seconds}};
  if (merged != nullptr) {
    report["merged"] = merged->written;
    report["items"] = merged->items;
    report["missing"] = ranges_text(merged->missing);
  }
  return report.dump();
}

int build_virtual(const CorpusRecipe& recipe, const Arguments& a, const Globals& globals) {
  build_virtual_corpus(recipe, a.out);
  const std::string manifest = (fs::path(a.out) / "manifest.jsonl").string();
  print_line(globals.json ? ordered_json{{"schema", "brandiron.corpus-built/1"},
                                         {"folder", a.out},
                                         {"songs", recipe.songs},
                                         {"virtual", true}}
                                .dump()
                          : fmt::format("{}: {} songs, no audio", manifest, recipe.songs));
  return 0;
}

/// What each task is told beside its shard.
std::vector<std::string> task_arguments(const Arguments& a) {
  std::vector<std::string> arguments = {
      "--watermark-key", a.key_file == "demo" ? a.key_file : fs::absolute(a.key_file).string()};
  if (a.hashes) arguments.insert(arguments.end(), {"--virtual", "--hashes"});
  return arguments;
}

int submit(const CorpusRecipe& recipe, const Arguments& a, const Globals& globals) {
  if (!a.shard.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "--shard: an array has shards of its own; see --slurm-tasks");
  }
  if (a.is_virtual && !a.hashes) {
    throw Error(ErrorCode::kInvalidArgument,
                "--virtual: needs no cluster; leave --engine slurm out");
  }
  read_key(a.key_file);  // here rather than in every task
  return build_on_slurm(recipe, a.out, task_arguments(a), a.slurm, globals);
}

int build(const Arguments& a, const SongModelLoaders& loaders, const Globals& globals) {
  const CorpusRecipe recipe = corpus_recipe(a.recipe, globals);
  BuildOptions options;
  options.jobs = globals.jobs;
  options.verify = a.verify;
  take_shard(a.shard, options);
  if (a.hashes && !a.is_virtual) {
    throw Error(ErrorCode::kInvalidArgument, "--hashes: belongs to --virtual");
  }
  if (a.hashes) options.audio = CorpusAudio::kHashes;
  const bool on_slurm = a.engine == "slurm";
  if (a.slurm.wait && !on_slurm) {
    throw Error(ErrorCode::kInvalidArgument, "--wait: belongs to --engine slurm");
  }
  if (globals.dry_run && !on_slurm) {
    const CorpusPlan plan = plan_corpus(recipe);
    check_leakage(recipe, plan);
    print_line(corpus_plan_text(recipe, plan));
    return 0;
  }
  if (a.is_virtual && !a.hashes && !on_slurm) return build_virtual(recipe, a, globals);
  // A plan that leaks is refused before a sample is made.
  if (recipe.songs <= 100'000) check_leakage(recipe, plan_corpus(recipe));
  if (on_slurm) return submit(recipe, a, globals);
  retry_when_terminated();
  const auto maker = corpus_maker(a.key_file, recipe.mark_strength, loaders, recipe.controls.pool);
  const BuildReport built = build_corpus(recipe, a.out, *maker, options);
  MergeReport merged;
  const bool merges = options.shards == 1;
  if (merges) merged = merge_corpus(a.out);
  print_line(globals.json ? json_of(built, merges ? &merged : nullptr, a)
                          : text_of(built, merges ? &merged : nullptr, a));
  return built.failed.empty() && merged.missing.empty() ? 0 : kSomeSongsFailed;
}

}  // namespace

void add_corpus_build(Cli& cli, CLI::App& group, const SongModelLoaders& models) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub =
      cli.verb(group, "build", "make the songs; killed at any moment, the same command goes on",
               {"brandiron corpus build configs/corpus/debug.toml -o out/corpus -j 2",
                "brandiron corpus build configs/corpus/flood.toml -o out/flood --virtual"},
               [&cli, a, models] { return build(*a, models, cli.globals); });
  sub->add_option("RECIPE", a->recipe,
                  "TOML, the name of one in configs/corpus, or a corpus folder")
      ->required();
  sub->add_option("-o,--out", a->out, "folder of the corpus")->required();
  sub->add_option("--shard", a->shard, "I/N: only the songs s with s % N = I; merge joins them");
  sub->add_flag("--virtual", a->is_virtual, "the manifest alone, pure from the recipe: no audio");
  sub->add_flag("--hashes", a->hashes, "with --virtual: render, record pcm_sha256, keep no audio");
  sub->add_flag("--verify", a->verify, "hash the audio that is there, make again what is damaged");
  add_key_option(*sub, a->key_file);
  sub->add_option("--engine", a->engine,
                  "local (default: -j songs at a time), or slurm: a job array (docs/clusters.md)")
      ->check(CLI::IsMember({"local", "slurm"}));
  add_slurm_options(*sub, a->slurm);
}

}  // namespace brandiron::app
