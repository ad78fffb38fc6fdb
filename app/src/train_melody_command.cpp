#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/version.h"
#include "brandiron/models/sequence_net.h"
#include "cli.h"
#include "melody_corpus.h"
#include "melody_measures.h"
#include "sequence_training.h"
#include "training_run.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Arguments {
  std::string out = "out/train-melody";
  bool resume = false;
};

struct Plan {
  std::uint64_t seed = 1;
  std::string tunes, splits;
  double fiddle_share = 0.5, fiddle_until = 0.4;
  int hidden = 192, head_width = 128;
  models::SequenceTrainerOptions trainer;
  std::size_t batch_size = 12, window = 96;
  std::uint64_t checkpoint_every = 100;
};

Plan read_plan(const Config& config) {
  const auto count = [&](const char* key, double fallback, double low, double high) {
    return static_cast<std::uint64_t>(config.get_double_in(key, fallback, low, high));
  };
  Plan p;
  p.seed = count("seed", 1, 0, 1e15);
  p.tunes = config.get_string("data.tunes");
  p.splits = find_shipped(config.get_string("data.splits"));
  p.fiddle_share = config.get_double_in("data.fiddle_share", p.fiddle_share, 0, 1);
  p.fiddle_until = config.get_double_in("data.fiddle_until", p.fiddle_until, 0, 1);
  p.hidden = static_cast<int>(count("net.hidden", 192, 8, 1024));
  p.head_width = static_cast<int>(count("net.head_width", 128, 8, 1024));
  p.trainer.seed = p.seed;
  p.trainer.total_steps = count("train.steps", 1800, 1, 1e7);
  p.trainer.learning_rate = config.get_double_in("train.learning_rate", 3e-3, 1e-7, 0.5);
  p.trainer.weight_decay = config.get_double_in("train.weight_decay", 0.05, 0, 10);
  p.trainer.gradient_clip = config.get_double_in("train.gradient_clip", 1, 1e-3, 100);
  p.trainer.dropout_input = config.get_double_in("train.dropout_input", 0.15, 0, 0.95);
  p.trainer.dropout_output = config.get_double_in("train.dropout_output", 0.4, 0, 0.95);
  p.batch_size = count("train.batch_size", 12, 1, 1024);
  p.window = count("train.window", 96, 4, 1024);
  p.checkpoint_every = count("train.checkpoint_every_steps", 100, 1, 1e6);
  config.get_string("name", "");
  config.check_all_used();
  return p;
}

models::SequenceConfig net_config(const Plan& plan) {
  models::SequenceConfig config;
  for (const gen::MelodyInputShape& input : gen::melody_input_shapes()) {
    config.inputs.push_back({input.name, input.size, input.width});
  }
  config.hidden = plan.hidden;
  config.layers = 1;
  config.heads = {{"length", static_cast<int>(gen::kMelodyLengths.size()), plan.head_width, ""},
                  {"pitch", gen::kMelodyPitches, plan.head_width, ""}};
  return config;
}

double validation_nats(models::SequenceTrainer& trainer, const std::vector<MelodyBatch>& tunes) {
  double nats = 0, notes = 0;
  for (const MelodyBatch& tune : tunes) {
    const std::vector<models::SequenceCost> costs = trainer.evaluate(tune.view());
    for (const models::SequenceCost& cost : costs) nats += cost.nats;
    notes += costs.front().weight;
  }
  return nats / notes;
}

/// Fiddle tunes first, less and less of them, then what is sung alone.
const std::vector<CorpusTune>& source_at(double done, const Plan& plan, const MelodyCorpus& corpus,
                                         Rng& rng) {
  const double share =
      done < plan.fiddle_until ? plan.fiddle_share * (1 - done / plan.fiddle_until) : 0;
  return !corpus.fiddle.empty() && rng.chance(share) ? corpus.fiddle : corpus.learnt;
}

int train_melody(const Cli& cli, const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const Globals& globals = cli.globals;
  const Config config = training_config(globals, "configs/train/melody.toml");
  Plan plan = read_plan(config);
  plan.trainer.device = globals.device;
  plan.trainer.validate();
  const fs::path out = arguments.out;
  if (globals.dry_run) {
    print_line(fmt::format("would learn from {} for {} steps in {}", plan.tunes,
                           plan.trainer.total_steps, out.string()));
    return 0;
  }
  const fs::path weights = out / "melody.safetensors";
  check_weights_free(weights, arguments.resume, globals);
  fs::create_directories(out);
  const MelodyCorpus corpus = read_melody_corpus(plan.tunes, plan.splits);
  models::SequenceNet net(net_config(plan), plan.seed);
  std::vector<MelodyBatch> held_out;
  for (const CorpusTune& tune : corpus.validation) held_out.push_back(whole_tune(tune));
  train_sequence(
      net,
      {"melody", plan.seed, plan.checkpoint_every, plan.trainer, out, arguments.resume,
       [&](models::SequenceTrainer& trainer, double done, Rng& stream) {
         const std::vector<CorpusTune>& tunes = source_at(done, plan, corpus, stream);
         return trainer.step(draw_melody_batch(tunes, plan.batch_size, plan.window, stream).view());
       },
       [&](models::SequenceTrainer& trainer) { return validation_nats(trainer, held_out); },
       [&] {
         models::write_safetensors(
             weights,
             described(net, models::TensorStorage::kF32, "experiments/recipes/melody", config),
             /*overwrite=*/true);
       }});

  const auto model = models::SequenceModel::read(weights);
  const ordered_json table = measure_melody(model, corpus);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const ordered_json metrics = {{"schema", "brandiron.melody-metrics/1"},
                                {"version", version()},
                                {"config_sha256", config.sha256()},
                                {"weights_sha256", sha256_hex(read_file(weights))},
                                {"parameters", model.num_parameters()},
                                {"seed", plan.seed},
                                {"steps", plan.trainer.total_steps},
                                {"learnt_tunes", corpus.learnt.size()},
                                {"fiddle_tunes", corpus.fiddle.size()},
                                {"left_out_tunes", corpus.left_out},
                                {"seconds", seconds.count()},
                                {"held_out", table}};
  write_file(out / "metrics.json", metrics.dump(1) + "\n", true);
  for (const auto& [name, row] : table["ngrams"].items()) {
    print_line(
        fmt::format("held-out perplexity a note {:.2f}; n-gram with {}: {:.2f}, ratio {:.3f} "
                    "({:.3f}-{:.3f})",
                    table["perplexity"].get<double>(), name, row["perplexity"].get<double>(),
                    row["ratio"]["value"].get<double>(), row["ratio"]["low"].get<double>(),
                    row["ratio"]["high"].get<double>()));
  }
  print_line(
      fmt::format("weights {}\nmetrics {}", weights.string(), (out / "metrics.json").string()));
  return 0;
}

}  // namespace

void add_train_melody(Cli& cli, CLI::App& train) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      train, "melody", "train the model of tunes, a note at a time, and measure it",
      {"brandiron train melody --config configs/train/melody.toml -o out/train-melody",
       "brandiron train melody --config configs/train/melody.toml --resume -o out/train-melody"},
      [&cli, a] { return train_melody(cli, *a); });
  sub->add_option("-o,--out", a->out, "run folder: checkpoint, weights, metrics");
  sub->add_flag("--resume", a->resume, "go on from the last checkpoint of the run folder");
}

}  // namespace brandiron::app
