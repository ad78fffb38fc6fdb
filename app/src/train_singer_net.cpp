#include "train_singer_net.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/version.h"
#include "brandiron/gen/speech_corpus.h"
#include "brandiron/models/singer_net.h"
#include "singer_measures.h"
#include "training_log.h"
#include "training_run.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr std::size_t kMaxCorpusBytes = std::size_t{1} << 30;

struct Plan {
  std::uint64_t seed = 1;
  std::vector<std::string> voices;
  std::vector<double> minutes;
  std::string words;  ///< file of the words that are spoken
  std::size_t held_out_every = 12;
  models::SingerNetConfig net;
  models::SingerTrainerOptions trainer;
  std::size_t batch_size = 8, window = 224;
  std::uint64_t checkpoint_every = 250;
};

Plan read_plan(const Config& config) {
  const auto count = [&](const char* key, double fallback, double low, double high) {
    return static_cast<std::uint64_t>(config.get_double_in(key, fallback, low, high));
  };
  Plan p;
  p.seed = count("seed", 1, 0, 1e15);
  p.voices = config.get_strings("data.voices", {"kal16"});
  p.minutes = config.get_doubles("data.minutes", {10});
  if (p.minutes.size() != p.voices.size()) {
    throw Error(ErrorCode::kConfig, fmt::format("data.minutes: found {} numbers, expected {}, one "
                                                "for each of data.voices",
                                                p.minutes.size(), p.voices.size()));
  }
  p.words = find_shipped(config.get_string("data.words", "configs/train/singer-words.txt"));
  p.held_out_every = count("data.held_out_every", 12, 2, 1000);
  p.net.voices = p.voices;
  p.net.channels = static_cast<int>(count("net.channels", 96, 8, 512));
  p.net.layers = static_cast<int>(count("net.layers", 6, 1, 8));
  p.trainer.seed = p.seed;
  p.trainer.total_steps = count("train.steps", 6000, 1, 1e7);
  p.trainer.learning_rate = config.get_double_in("train.learning_rate", 2e-3, 1e-7, 0.5);
  p.trainer.discriminator_rate = config.get_double_in("train.discriminator_rate", 5e-4, 1e-7, 0.5);
  p.trainer.weight_decay = config.get_double_in("train.weight_decay", 1e-4, 0, 1);
  p.batch_size = count("train.batch_size", 8, 1, 1024);
  p.window = count("train.window_frames", 224, 2 * models::SingerNetTrainer::kMargin + 16, 4096);
  p.checkpoint_every = count("train.checkpoint_every_steps", 250, 1, 1e6);
  models::SingerObjective& o = p.trainer.objective;
  o.contrast = config.get_double_in("objective.contrast", 1, 0, 100);
  o.delta = config.get_double_in("objective.delta", 0.5, 0, 100);
  o.variance = config.get_double_in("objective.variance", 0.2, 0, 100);
  o.shares = config.get_double_in("objective.shares", 1, 0, 100);
  o.joins = config.get_double_in("objective.joins", 1, 0, 100);
  o.join_share = config.get_double_in("objective.join_share", 0.6, 0, 1);
  o.adversarial = config.get_double_in("objective.adversarial", 0.05, 0, 100);
  o.adversarial_from = config.get_double_in("objective.adversarial_from", 0.3, 0, 1);
  config.get_string("name", "");
  config.check_all_used();
  return p;
}

/// Speech that is there already is kept: it is a function of seed, voice and minutes.
gen::SpeechCorpus speech_of(const Plan& plan, std::size_t voice, const fs::path& folder) {
  const fs::path path = folder / fmt::format("{}-{:g}min-{}.speech", plan.voices[voice],
                                             plan.minutes[voice], plan.seed);
  if (!fs::exists(path)) {
    const gen::SpeechCorpus spoken = gen::speak_corpus(
        {plan.voices[voice], plan.minutes[voice], plan.seed}, gen::read_words(plan.words));
    write_file(path, spoken.serialise(), true);
  }
  return gen::SpeechCorpus::parse(read_file(path, kMaxCorpusBytes), path.string());
}

struct Sources {
  std::vector<SingerPhrase> learnt, held_out;
};

std::vector<float> voice_weights(std::size_t voice, std::size_t count) {
  std::vector<float> weights(count, 0.0F);
  weights[voice] = 1.0F;
  return weights;
}

Sources load_speech(const Plan& plan, const fs::path& folder) {
  fs::create_directories(folder);
  Sources sources;
  Progress progress("speech", plan.voices.size(), "voices");
  for (std::size_t v = 0; v < plan.voices.size(); ++v) {
    gen::SpeechCorpus corpus = speech_of(plan, v, folder);
    for (std::size_t i = 0; i < corpus.phrases.size(); ++i) {
      SingerPhrase phrase;
      phrase.voice = v;
      for (const gen::PhoneFeatures& p : corpus.phrases[i].phones) {
        phrase.phones.push_back({p.id, p.frames, p.stress, p.pitch, p.slope, p.effort_db});
      }
      phrase.draft = gen::bank_draft(plan.voices[v], corpus.phrases[i].phones);
      phrase.spoken = std::move(corpus.phrases[i]);
      const bool aside = (i + 1) % plan.held_out_every == 0;
      if (!aside && phrase.spoken.num_frames() < plan.window) continue;
      (aside ? sources.held_out : sources.learnt).push_back(std::move(phrase));
    }
    progress.add(1, plan.voices[v]);
  }
  if (sources.learnt.empty() || sources.held_out.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "train singer: too little speech; raise data.minutes");
  }
  return sources;
}

void train(models::SingerNet& net, const Plan& plan, const std::vector<SingerPhrase>& phrases,
           const fs::path& out, bool resume, TrainingLog& log) {
  models::SingerNetTrainer trainer(net, plan.trainer);
  const fs::path checkpoint = out / "checkpoint.pt";
  if (resume && fs::exists(checkpoint)) trainer.load_checkpoint(checkpoint);
  log.rewind(trainer.steps_done());
  const std::uint64_t total = plan.trainer.total_steps;
  Progress progress("singer", total - std::min(total, trainer.steps_done()), "steps");
  const Rng rng(plan.seed, "singer/batches");
  double distance = 0, sharp = 0, joins = 0;
  while (trainer.steps_done() < total) {
    // Batches are a function of the step: stopping and going on changes nothing.
    Rng stream = rng.child("step", trainer.steps_done());
    std::vector<models::SingerExample> batch;
    std::vector<std::vector<float>> targets;
    targets.reserve(plan.batch_size);
    for (std::size_t i = 0; i < plan.batch_size; ++i) {
      const SingerPhrase& phrase =
          phrases[stream.below(static_cast<std::uint32_t>(phrases.size()))];
      const std::size_t room = phrase.spoken.num_frames() - plan.window;
      const std::size_t first = stream.below(static_cast<std::uint32_t>(room + 1));
      targets.push_back(phrase.spoken.decoded(first, plan.window));
      batch.push_back(
          {phrase.phones, first, plan.window, voice_weights(phrase.voice, plan.voices.size()),
           std::span(phrase.draft)
               .subspan(first * models::kSingerOutputs, plan.window * models::kSingerOutputs),
           targets.back()});
    }
    const models::SingerLosses losses = trainer.step(batch);
    const double keep = distance == 0 ? 0 : 0.98;
    distance = keep * distance + (1 - keep) * losses.distance_db;
    sharp = keep * sharp + (1 - keep) * losses.contrast_db;
    joins = keep * joins + (1 - keep) * losses.joins_db;
    const std::uint64_t step = trainer.steps_done();
    if (step % plan.checkpoint_every == 0 || step == total) {
      log.add({{"step", step},
               {"distance_db", distance},
               {"contrast_db", sharp},
               {"joins_db", joins},
               {"shares", losses.shares},
               {"adversarial", losses.adversarial}});
      trainer.save_checkpoint(checkpoint);
    }
    progress.add(
        1, fmt::format("{:.2f} dB, contrast {:.2f} dB, joins {:.2f} dB", distance, sharp, joins));
  }
}

}  // namespace

int train_singer_net(Cli& cli, const TrainSingerArguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const Globals& globals = cli.globals;
  const Config config = training_config(globals, "configs/train/singer.toml");
  Plan plan = read_plan(config);
  plan.trainer.device = globals.device;
  plan.trainer.validate();
  const fs::path out = arguments.out;
  if (globals.dry_run) {
    print_line(fmt::format("would train on {} voices for {} steps in {}", plan.voices.size(),
                           plan.trainer.total_steps, out.string()));
    return 0;
  }
  const fs::path weights = out / "singer.safetensors";
  check_weights_free(weights, arguments.resume, globals);
  fs::create_directories(out);
  const Sources sources = load_speech(plan, out / "speech");

  models::SingerNet net(plan.net, plan.seed);
  set_scale_of(sources.learnt, net);
  TrainingLog log(out, arguments.resume);
  train(net, plan, sources.learnt, out, arguments.resume, log);

  models::Safetensors content = net.to_tensors();
  content.metadata["version"] = version();
  content.metadata["config_sha256"] = config.sha256();
  models::write_safetensors(weights, content, /*overwrite=*/true);
  const ordered_json table = measure_singer(net, sources.held_out, plan.voices);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const ordered_json metrics = {{"schema", "brandiron.singer-metrics/1"},
                                {"version", version()},
                                {"config_sha256", config.sha256()},
                                {"weights_sha256", sha256_hex(read_file(weights))},
                                {"parameters", net.num_parameters()},
                                {"seed", plan.seed},
                                {"steps", plan.trainer.total_steps},
                                {"phrases", sources.learnt.size()},
                                {"seconds", seconds.count()},
                                {"held_out", table}};
  write_file(out / "metrics.json", metrics.dump(1) + "\n", true);
  for (const auto& [voice, row] : table.items()) {
    print_line(fmt::format(
        "{}: {:.2f} dB apart (the draft: {:.2f}), spread {:.2f} of the teacher's, joins {:.2f} "
        "of the draft's ({} phrases)",
        voice, row["log_spectral_distance_db"].get<double>(),
        row["draft_distance_db"].get<double>(), row["variance_ratio"].get<double>(),
        row["boundary_step_ratio"].get<double>(), row["phrases"].get<int>()));
  }
  print_line(
      fmt::format("weights {}\nmetrics {}", weights.string(), (out / "metrics.json").string()));
  return 0;
}

}  // namespace brandiron::app
