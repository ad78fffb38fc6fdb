#include <fmt/format.h>

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
#include "brandiron/gen/lyric_language.h"
#include "brandiron/models/sequence_net.h"
#include "cli.h"
#include "lyric_corpus.h"
#include "lyric_measures.h"
#include "sequence_training.h"
#include "training_run.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using gen::LyricInput;
using gen::LyricLanguage;
using nlohmann::ordered_json;

struct Arguments {
  std::string out = "out/train-lyrics";
  bool resume = false;
};

struct Plan {
  std::uint64_t seed = 1;
  std::string folder;
  std::vector<std::string> test, validation, exclude;
  std::size_t most_words = 8000;
  int least_count = 2, least_rhymes = 3;
  int word_width = 192, count_width = 16, rhyme_width = 48, hidden = 320, layers = 1;
  models::SequenceTrainerOptions trainer;
  std::size_t batch_size = 24, window = 64;
  std::uint64_t checkpoint_every = 200;
};

Plan read_plan(const Config& config) {
  const auto count = [&](const char* key, double fallback, double low, double high) {
    return static_cast<std::uint64_t>(config.get_double_in(key, fallback, low, high));
  };
  const auto small = [&](const char* key, int fallback, double low, double high) {
    return static_cast<int>(count(key, fallback, low, high));
  };
  Plan p;
  p.seed = count("seed", 1, 0, 1e15);
  p.folder = config.get_string("data.folder");
  p.test = config.get_strings("data.test");
  p.validation = config.get_strings("data.validation");
  p.exclude = config.get_strings("data.exclude");
  p.most_words = count("vocabulary.words", 8000, 10, 60000);
  p.least_count = small("vocabulary.least_count", 2, 1, 1000);
  p.least_rhymes = small("vocabulary.least_rhymes", 3, 1, 1000);
  p.word_width = small("net.word_width", p.word_width, 4, 1024);
  p.count_width = small("net.count_width", p.count_width, 1, 256);
  p.rhyme_width = small("net.rhyme_width", p.rhyme_width, 1, 256);
  p.hidden = small("net.hidden", p.hidden, 8, 1024);
  p.layers = small("net.layers", p.layers, 1, 3);
  p.trainer.seed = p.seed;
  p.trainer.total_steps = count("train.steps", 6000, 1, 1e7);
  p.trainer.learning_rate = config.get_double_in("train.learning_rate", 2e-3, 1e-7, 0.5);
  p.trainer.weight_decay = config.get_double_in("train.weight_decay", 0.05, 0, 10);
  p.trainer.gradient_clip = config.get_double_in("train.gradient_clip", 1, 1e-3, 100);
  p.trainer.dropout_input = config.get_double_in("train.dropout_input", 0.3, 0, 0.95);
  p.trainer.dropout_hidden = config.get_double_in("train.dropout_hidden", 0.3, 0, 0.95);
  p.trainer.dropout_output = config.get_double_in("train.dropout_output", 0.4, 0, 0.95);
  p.trainer.self_normalisation = config.get_double_in("train.self_normalisation", 0.1, 0, 100);
  p.batch_size = count("train.batch_size", 24, 1, 1024);
  p.window = count("train.window", 64, 4, 1024);
  p.checkpoint_every = count("train.checkpoint_every_steps", 200, 1, 1e6);
  config.get_string("name", "");
  config.check_all_used();
  return p;
}

models::SequenceConfig net_config(const Plan& plan, const LyricLanguage& language) {
  models::SequenceConfig config;
  for (std::size_t i = 0; i < gen::kLyricInputs; ++i) {
    const auto which = static_cast<LyricInput>(i);
    const int width = which == LyricInput::kWord    ? plan.word_width
                      : which == LyricInput::kRhyme ? plan.rhyme_width
                                                    : plan.count_width;
    config.inputs.push_back({gen::kLyricInputNames[i], language.size_of(which), width});
  }
  config.hidden = plan.hidden;
  config.layers = plan.layers;
  config.heads = {{"word", language.num_tokens(), plan.word_width, "word"}};
  return config;
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, "\n"));
}

void write_weights(const fs::path& path, const models::SequenceNet& net,
                   const LyricLanguage& language, const Config& config) {
  models::Safetensors content =
      described(net, models::TensorStorage::kF16, "experiments/recipes/lyrics", config);
  content.metadata["words"] = joined(language.words());
  content.metadata["rhymes"] = joined(language.rhymes());
  models::write_safetensors(path, content, /*overwrite=*/true);
}

double validation_nats(models::SequenceTrainer& trainer, const std::vector<LyricBatch>& batches) {
  double nats = 0, tokens = 0;
  for (const LyricBatch& batch : batches) {
    const models::SequenceCost cost = trainer.evaluate(batch.view()).front();
    nats += cost.nats;
    tokens += cost.weight;
  }
  return nats / tokens;
}

int train_lyrics(const Cli& cli, const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const Globals& globals = cli.globals;
  const Config config = training_config(globals, "configs/train/lyrics.toml");
  Plan plan = read_plan(config);
  plan.trainer.device = globals.device;
  plan.trainer.validate();
  const fs::path out = arguments.out;
  if (globals.dry_run) {
    print_line(fmt::format("would learn from {} for {} steps in {}", plan.folder,
                           plan.trainer.total_steps, out.string()));
    return 0;
  }
  const fs::path weights = out / "lyrics.safetensors";
  check_weights_free(weights, arguments.resume, globals);
  fs::create_directories(out);
  const LyricCorpus corpus =
      read_lyric_corpus(plan.folder, plan.test, plan.validation, plan.exclude);
  const LyricLanguage language =
      LyricLanguage::learn(corpus.learnt, plan.most_words, plan.least_count, plan.least_rhymes);
  const std::vector<ReadPoem> learnt = read_poems(language, corpus.learnt);
  const std::vector<ReadPoem> validation = read_poems(language, corpus.validation);
  const std::vector<ReadPoem> test = read_poems(language, corpus.test);

  models::SequenceNet net(net_config(plan, language), plan.seed);
  const std::vector<LyricBatch> held_out = all_batches(validation, 32, plan.window);
  train_sequence(
      net, {"lyrics", plan.seed, plan.checkpoint_every, plan.trainer, out, arguments.resume,
            [&](models::SequenceTrainer& trainer, double, Rng& stream) {
              return trainer.step(draw_batch(learnt, plan.batch_size, plan.window, stream).view());
            },
            [&](models::SequenceTrainer& trainer) { return validation_nats(trainer, held_out); },
            [&] { write_weights(weights, net, language, config); }});

  const auto model = models::SequenceModel::read(weights);
  const ordered_json table = measure_lyrics(model, language, learnt, validation, test);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const ordered_json metrics = {{"schema", "brandiron.lyrics-metrics/1"},
                                {"version", version()},
                                {"config_sha256", config.sha256()},
                                {"weights_sha256", sha256_hex(read_file(weights))},
                                {"parameters", net.num_parameters()},
                                {"seed", plan.seed},
                                {"steps", plan.trainer.total_steps},
                                {"words", language.words().size()},
                                {"rhymes", language.rhymes().size()},
                                {"learnt_poems", learnt.size()},
                                {"seconds", seconds.count()},
                                {"held_out", table}};
  write_file(out / "metrics.json", metrics.dump(1) + "\n", true);
  print_line(fmt::format(
      "held-out perplexity {:.1f}; best n-gram {:.1f}, ratio {:.3f} ({:.3f}-{:.3f}); given the "
      "same conditions {:.1f}, ratio {:.3f}",
      table["perplexity"].get<double>(), table["best_ngram"]["perplexity"].get<double>(),
      table["ratio"]["value"].get<double>(), table["ratio"]["low"].get<double>(),
      table["ratio"]["high"].get<double>(),
      table["best_conditioned_ngram"]["perplexity"].get<double>(),
      table["conditioned_ratio"]["value"].get<double>()));
  print_line(
      fmt::format("weights {}\nmetrics {}", weights.string(), (out / "metrics.json").string()));
  return 0;
}

}  // namespace

void add_train_lyrics(Cli& cli, CLI::App& train) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      train, "lyrics", "train the model of words, last word of a line first, and measure it",
      {"brandiron train lyrics --config configs/train/lyrics.toml -o out/train-lyrics",
       "brandiron train lyrics --config configs/train/lyrics.toml --resume -o out/train-lyrics"},
      [&cli, a] { return train_lyrics(cli, *a); });
  sub->add_option("-o,--out", a->out, "run folder: checkpoint, weights, metrics");
  sub->add_flag("--resume", a->resume, "go on from the last checkpoint of the run folder");
}

}  // namespace brandiron::app
