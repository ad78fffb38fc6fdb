#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/log.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/version.h"
#include "brandiron/models/decoder_net.h"
#include "brandiron/models/safetensors.h"
#include "cli.h"
#include "decoder_corpus.h"
#include "training_log.h"
#include "training_run.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using models::DecoderLosses;
using models::DecoderNetTrainer;
using nlohmann::ordered_json;

constexpr std::size_t kHeldOutSegments = 48, kFitSegments = 96;

struct Arguments {
  std::string family, out, material, from;
  bool resume = false;
};

struct Plan {
  std::uint64_t seed = 1;
  DecoderCorpusPlan data;
  models::DecoderNetConfig net;
  models::DecoderTrainerOptions trainer, finish;  ///< one after the other
  std::size_t batch_size = 8;
  std::uint64_t checkpoint_every = 250;
};

Plan read_plan(const Config& config, const std::string& family) {
  const auto count = [&](const char* key, double fallback, double low, double high) {
    return static_cast<std::uint64_t>(config.get_double_in(key, fallback, low, high));
  };
  const auto size = [&](const char* key, int fallback, double low, double high) {
    return static_cast<int>(config.get_double_in(key, fallback, low, high));
  };
  Plan p;
  p.seed = count("seed", 1, 0, 1e15);
  p.data = DecoderCorpusPlan::from_config(config);
  models::DecoderNetConfig& n = p.net;
  n.family = config.get_string("family", family);
  if (n.family != family) {
    throw Error(ErrorCode::kConfig, config.origin("family") + ": family: found " + n.family +
                                        ", but --family says " + family);
  }
  n.channels = size("net.channels", n.channels, 8, 2048);
  n.frame_channels = size("net.frame_channels", n.frame_channels, 0, 2048);
  n.layers = size("net.layers", n.layers, 1, 32);
  n.smooth_start = config.get_bool("net.smooth_start", n.smooth_start);
  n.leak = config.get_double_in("net.leak", n.leak, 0, 1);
  n.lapped_start = config.get_bool("net.lapped_start", n.lapped_start);
  n.encoder_channels = size("net.encoder_channels", n.encoder_channels, 2, 256);
  n.code_size = size("net.code_size", n.code_size, 4, 1024);
  n.codebooks = size("net.codebooks", n.codebooks, 1, 64);
  n.codebook_size = size("net.codebook_size", n.codebook_size, 2, 65536);
  n.codebook_dims = size("net.codebook_dims", n.codebook_dims, 1, 256);
  models::DecoderTrainerOptions& t = p.trainer;
  t.seed = p.seed;
  t.total_steps = count("train.steps", 4000, 1, 1e7);
  t.learning_rate = config.get_double_in("train.learning_rate", 1e-3, 1e-7, 0.5);
  t.discriminator_rate = config.get_double_in("train.discriminator_rate", 4e-4, 1e-7, 0.5);
  t.weight_decay = config.get_double_in("train.weight_decay", 1e-4, 0, 1);
  p.batch_size = count("train.batch_size", 8, 1, 1024);
  p.checkpoint_every = count("train.checkpoint_every_steps", 250, 1, 1e6);
  models::DecoderObjective& o = t.objective;
  o.spectral = config.get_double_in("objective.spectral", o.spectral, 0, 100);
  o.mel = config.get_double_in("objective.mel", o.mel, 0, 100);
  o.waveform = config.get_double_in("objective.waveform", o.waveform, 0, 100);
  o.phase = config.get_double_in("objective.phase", o.phase, 0, 100);
  o.commitment = config.get_double_in("objective.commitment", o.commitment, 0, 100);
  o.adversarial = config.get_double_in("objective.adversarial", o.adversarial, 0, 100);
  o.adversarial_from = config.get_double_in("objective.adversarial_from", o.adversarial_from, 0, 1);
  // With the phase found, what is left to learn is how it sounds.
  p.finish = p.trainer;
  p.finish.total_steps = count("finish.steps", 0, 0, 1e7);
  p.finish.learning_rate = config.get_double_in("finish.learning_rate", 4e-4, 1e-7, 0.5);
  models::DecoderObjective& f = p.finish.objective;
  f.spectral = config.get_double_in("finish.spectral", o.spectral, 0, 100);
  f.mel = config.get_double_in("finish.mel", o.mel, 0, 100);
  f.waveform = config.get_double_in("finish.waveform", o.waveform, 0, 100);
  f.phase = config.get_double_in("finish.phase", o.phase, 0, 100);
  config.get_string("name", "");
  config.check_all_used();
  return p;
}

ordered_json json_of(const DecoderLosses& l) {
  return {{"spectral", l.spectral},     {"mel", l.mel},
          {"waveform", l.waveform},     {"phase", l.phase},
          {"commitment", l.commitment}, {"adversarial", l.adversarial},
          {"codes_used", l.codes_used}};
}

using Segments = std::vector<std::vector<float>>;

Segments draw_batch(const std::vector<DecoderTrack>& tracks, const DecoderCorpusPlan& plan,
                    std::size_t count, Rng rng) {
  Segments segments;
  for (std::size_t i = 0; i < count; ++i) {
    segments.push_back(draw_segment(tracks, plan, DecoderNetTrainer::kSegment, rng));
  }
  return segments;
}

/// Of segments that are never learnt from, always the same.
DecoderLosses measure_held_out(DecoderNetTrainer& trainer, const Plan& plan,
                               const DecoderCorpus& corpus) {
  const Segments segments =
      draw_batch(corpus.held_out, plan.data, kHeldOutSegments, Rng(plan.seed, "decoder/held-out"));
  return trainer.measure(segments);
}

/// One stage of the training, "first" or "finish".
DecoderLosses train(models::DecoderNet& net, const Plan& plan,
                    const models::DecoderTrainerOptions& options, const std::string& stage,
                    const DecoderCorpus& corpus, const fs::path& out, bool resume, bool fresh,
                    TrainingLog& log) {
  const bool first = stage == "first";
  const fs::path checkpoint = out / (first ? "checkpoint.pt" : "checkpoint-finish.pt");
  DecoderNetTrainer trainer(net, options);
  if (resume && fs::exists(checkpoint)) trainer.load_checkpoint(checkpoint);
  log.rewind(trainer.steps_done(), stage);
  if (fresh && trainer.steps_done() == 0) {
    trainer.prepare(
        draw_batch(corpus.learnt, plan.data, kFitSegments, Rng(plan.seed, "decoder/fit")));
  }
  const std::uint64_t total = options.total_steps;
  Progress progress("decoder", total - std::min(total, trainer.steps_done()), "steps");
  const Rng rng(plan.seed, first ? "decoder/batches" : "decoder/finish");
  std::optional<DecoderLosses> held_out;
  while (trainer.steps_done() < total) {
    // Batches are a function of the step: stopping and going on changes nothing.
    const DecoderLosses losses = trainer.step(draw_batch(corpus.learnt, plan.data, plan.batch_size,
                                                         rng.child("step", trainer.steps_done())));
    const std::uint64_t step = trainer.steps_done();
    if (step % plan.checkpoint_every == 0 || step == total) {
      held_out = measure_held_out(trainer, plan, corpus);
      log.add({{"stage", stage},
               {"step", step},
               {"learnt", json_of(losses)},
               {"held_out", json_of(*held_out)}});
      trainer.save_checkpoint(checkpoint);
    }
    progress.add(1, fmt::format("spectral {:.3f}, mel {:.3f}", losses.spectral, losses.mel));
  }
  return held_out ? *held_out : measure_held_out(trainer, plan, corpus);
}

/// Fresh, or the weights to go on from, whose shape must be the plan's.
models::DecoderNet first_net(const Plan& plan, const fs::path& from) {
  if (from.empty()) return models::DecoderNet(plan.net, plan.seed);
  models::DecoderNet net = models::DecoderNet::from_tensors(models::read_safetensors(from));
  if (!(net.config() == plan.net)) {
    throw Error(ErrorCode::kConfig,
                from.string() +
                    ": weights of another shape than the "
                    "configuration's [net]; give the configuration that made them");
  }
  return net;
}

/// From `folder` if it was kept there; kept there once made.
DecoderCorpus material_of(const DecoderCorpusPlan& plan, const fs::path& folder, int jobs) {
  if (!folder.empty() && has_decoder_material(folder)) return read_decoder_material(folder, plan);
  DecoderCorpus corpus = make_decoder_corpus(plan, jobs);
  if (!folder.empty()) write_decoder_material(folder, plan, corpus);
  return corpus;
}

int train_decoder(const Globals& globals, const Arguments& a) {
  const auto begin = std::chrono::steady_clock::now();
  models::decoder_family(a.family);  // refuse before any work
  const Config config = training_config(globals, "configs/train/decoder-" + a.family + ".toml");
  Plan plan = read_plan(config, a.family);
  plan.trainer.device = globals.device;
  plan.trainer.validate();
  plan.net.validate();
  const fs::path out = a.out;
  if (globals.dry_run) {
    print_line(fmt::format("would train {} on {} songs for {} steps in {}", a.family,
                           plan.data.songs, plan.trainer.total_steps, out.string()));
    return 0;
  }
  const fs::path weights = out / ("decoder-" + a.family + ".safetensors");
  check_weights_free(weights, a.resume, globals);
  fs::create_directories(out);
  const DecoderCorpus corpus = material_of(plan.data, a.material, globals.jobs);
  for (const std::string& note : corpus.notes) log_info(note);

  TrainingLog log(out, a.resume);
  models::DecoderNet net = first_net(plan, a.from);
  DecoderLosses held_out =
      train(net, plan, plan.trainer, "first", corpus, out, a.resume, a.from.empty(), log);
  if (plan.finish.total_steps > 0) {
    held_out = train(net, plan, plan.finish, "finish", corpus, out, a.resume, false, log);
  }
  models::Safetensors content = net.to_tensors(models::TensorStorage::kF16);
  content.metadata["version"] = version();
  content.metadata["config_sha256"] = config.sha256();
  models::write_safetensors(weights, content, /*overwrite=*/true);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  std::vector<std::string> clips;
  for (const DecoderTrack& track : corpus.learnt) {
    if (track.clip) clips.push_back(track.name);
  }
  const ordered_json metrics = {{"schema", "brandiron.decoder-metrics/1"},
                                {"version", version()},
                                {"family", a.family},
                                {"config_sha256", config.sha256()},
                                {"weights_sha256", sha256_hex(read_file(weights))},
                                {"parameters", net.num_parameters()},
                                {"kbps", net.bitrate_kbps(plan.net.codebooks)},
                                {"seed", plan.seed},
                                {"steps", plan.trainer.total_steps},
                                {"finish_steps", plan.finish.total_steps},
                                {"songs", plan.data.songs},
                                {"clips", clips},
                                {"seconds", seconds.count()},
                                {"held_out", json_of(held_out)}};
  write_file(out / "metrics.json", metrics.dump(1) + "\n", true);
  print_line(
      fmt::format("{}: held out: spectral {:.3f}, mel {:.3f}, unexplained {:.3f}\n"
                  "weights {}\nmetrics {}",
                  a.family, held_out.spectral, held_out.mel, held_out.waveform, weights.string(),
                  (out / "metrics.json").string()));
  return 0;
}

}  // namespace

void add_train_decoder(Cli& cli, CLI::App& train) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub =
      cli.verb(train, "decoder", "train a neural decoder: what leaves its marks on generated music",
               {"brandiron train decoder --family hifigan -o out/train-decoder-hifigan",
                "brandiron train decoder --family dac --resume -o out/train-decoder-dac"},
               [&cli, a] { return train_decoder(cli.globals, *a); });
  std::vector<std::string> families;
  for (const models::DecoderFamily& f : models::decoder_families()) families.push_back(f.name);
  sub->add_option("--family", a->family, "hifigan, encodec, dac, nearest or istft")
      ->required()
      ->check(CLI::IsMember(families));
  sub->add_flag("--resume", a->resume, "go on from the checkpoint of the run folder");
  sub->add_option("--material", a->material,
                  "keep songs and clips in this folder, or read them there: made here, learnt from "
                  "on a machine with a GPU");
  sub->add_option("--from", a->from, "begin at these weights instead of fresh ones");
  sub->add_option("-o,--out", a->out, "run folder: checkpoint, weights, metrics")->required();
}

}  // namespace brandiron::app
