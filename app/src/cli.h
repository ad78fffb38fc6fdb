#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace brandiron::watermark {
class FrontEndModel;
}
namespace brandiron::gen {
class DecoderModel;
class SingerModel;
}  // namespace brandiron::gen

namespace brandiron::app {

/// Flags that every command understands. Each has an environment name BRANDIRON_<FLAG>.
struct Globals {
  std::vector<std::string> set;
  std::string config;
  std::optional<std::uint64_t> seed;
  std::string device = "cpu";
  int jobs = 1;
  bool json = false, quiet = false, dry_run = false, overwrite = false, no_progress = false;
  int verbose = 0;
};

/// What a command leaves for `run` to do once the line is parsed.
using Action = std::function<int()>;

/// The command line under construction.
struct Cli {
  CLI::App app;
  Globals globals;
  Action action;

  Cli(const std::string& description, const std::string& name);
  /// A verb below `parent` that runs `action` when chosen. `examples` end its --help.
  CLI::App* verb(CLI::App& parent, const std::string& name, const std::string& description,
                 const std::vector<std::string>& examples, Action action);
  /// A verb that only groups others.
  CLI::App* group(const std::string& name, const std::string& description);
};

/// Parses, runs, maps errors to one line and the contract's exit codes.
int run(Cli& cli, int argc, char** argv);

// Results
// -------------------------------------------------------------------------------------------

/// One result line to standard output.
void print_line(const std::string& text);

/// Runs `work(i)` for each of `names` on `jobs` threads and prints what it returns in order. An
/// Error is printed in the item's place. Returns 0, 3 (the only file failed) or 4 (some failed).
int for_each_file(const std::vector<std::string>& names, const Globals& globals,
                  const std::string& title,
                  const std::function<std::string(const std::string&)>& work);

/// {"file": ..., "error": {"code": ..., "message": ...}}
std::string error_json(const std::string& file, const std::string& code,
                       const std::string& message);

// The commands, one file each.
void add_version(Cli& cli);
void add_config(Cli& cli);
void add_attack(Cli& cli);
/// Makes the learned front end of the watermark's verifier; null when its weights are missing.
using FrontEndLoader = std::function<std::shared_ptr<const watermark::FrontEndModel>()>;
/// Without a loader verification has the classical front end and no `--front-end`.
void add_watermark(Cli& cli, const FrontEndLoader& load_front_end = {});
void add_disclose(Cli& cli);
void add_doctor(Cli& cli);
void add_models(Cli& cli);
/// Makes the learned singer; null when its weights are missing.
using SingerLoader = std::function<std::shared_ptr<const gen::SingerModel>()>;
/// Makes a neural decoder of a family at a bit rate (kbit/s a channel, 0: its default).
/// @throws Error(kModel) without weights; Error(kInvalidArgument) for what does not exist.
using DecoderLoader =
    std::function<std::shared_ptr<const gen::DecoderModel>(const std::string& family, double kbps)>;
/// Where a song's networks come from. Without a loader there are none: the bank sings, nothing is
/// decoded.
struct SongModelLoaders {
  SingerLoader singer;
  DecoderLoader decoder;
};
void add_generate(Cli& cli, const SongModelLoaders& models = {});
void add_twins(Cli& cli, const SongModelLoaders& models = {});
void add_decode(Cli& cli, const DecoderLoader& load_decoder);
void add_persona(Cli& cli);
void add_detect(Cli& cli);
void add_train_singer(Cli& cli, CLI::App& train);
void add_train_detector(Cli& cli, CLI::App& train);
void add_train_melody(Cli& cli, CLI::App& train);
void add_train_lyrics(Cli& cli, CLI::App& train);
void add_train_decoder(Cli& cli, CLI::App& train);
void add_train_watermark(Cli& cli, CLI::App& train);
void add_report(Cli& cli);
void add_report_voice(Cli& cli, CLI::App& group);
void add_report_sound(Cli& cli, CLI::App& group);
void add_corpus_export(Cli& cli, CLI::App& corpus);
void add_corpus_import(Cli& cli, CLI::App& corpus);
void add_evaluate(Cli& cli, const FrontEndLoader& load_front_end = {});
void add_evaluate_null(Cli& cli, CLI::App& group);
void add_evaluate_security(Cli& cli, CLI::App& group);
void add_evaluate_disclosure(Cli& cli, CLI::App& group);
void add_evaluate_generator(Cli& cli, CLI::App& group);
void add_evaluate_detector(Cli& cli, CLI::App& group);
void add_evaluate_singer(Cli& cli, CLI::App& group);
void add_evaluate_decoder(Cli& cli, CLI::App& group, const FrontEndLoader& load_front_end = {});

}  // namespace brandiron::app
