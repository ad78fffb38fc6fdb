#include "sequence_training.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "brandiron/core/progress.h"
#include "brandiron/core/version.h"
#include "training_log.h"

namespace brandiron::app {
namespace {

using nlohmann::ordered_json;

/// Least validation cost that an earlier run of the log saw.
double least_of(const TrainingLog& log) {
  double least = 1e9;
  for (const ordered_json& line : log.lines()) {
    least = std::min(least, line.value("validation_nats", least));
  }
  return least;
}

template <typename Pick>
double perplexity_of(std::span<const SequenceNats> sequences, Pick pick) {
  double nats = 0, tokens = 0;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const SequenceNats& s = sequences[pick(i)];
    nats += s.nats;
    tokens += s.tokens;
  }
  return std::exp(nats / tokens);
}

}  // namespace

void train_sequence(models::SequenceNet& net, const SequenceTraining& training) {
  models::SequenceTrainer trainer(net, training.trainer);
  const auto checkpoint = training.out / "checkpoint.pt";
  TrainingLog log(training.out, training.resume);
  if (training.resume && std::filesystem::exists(checkpoint)) trainer.load_checkpoint(checkpoint);
  log.rewind(trainer.steps_done());
  double least = least_of(log), mean = 0;
  const std::uint64_t total = training.trainer.total_steps;
  Progress progress(training.name, total - std::min(total, trainer.steps_done()), "steps");
  const Rng rng(training.seed, training.name + "/batches");
  while (trainer.steps_done() < total) {
    // Batches are a function of the step: stopping and going on changes nothing.
    Rng stream = rng.child("step", trainer.steps_done());
    const double done = static_cast<double>(trainer.steps_done()) / static_cast<double>(total);
    const double loss = training.step(trainer, done, stream);
    mean = mean == 0 ? loss : 0.98 * mean + 0.02 * loss;
    const std::uint64_t step = trainer.steps_done();
    if (step % training.checkpoint_every == 0 || step == total) {
      const double nats = training.validate(trainer);
      if (nats < least) {
        least = nats;
        training.keep();
      }
      log.add({{"step", step}, {"nats", mean}, {"validation_nats", nats}});
      trainer.save_checkpoint(checkpoint);
    }
    progress.add(1, fmt::format("{:.3f} nats, validation {:.3f}", mean, least));
  }
}

models::Safetensors described(const models::SequenceNet& net, models::TensorStorage storage,
                              const std::string& recipe, const Config& config) {
  models::Safetensors content = net.to_tensors(storage);
  content.metadata["format_version"] = "1";
  content.metadata["version"] = version();
  content.metadata["licence"] = "Apache-2.0";
  content.metadata["training_run"] = recipe;
  content.metadata["config_sha256"] = config.sha256();
  return content;
}

ordered_json resampled_perplexity(std::span<const SequenceNats> sequences, Rng rng,
                                  std::size_t resamples) {
  const auto n = static_cast<std::uint32_t>(sequences.size());
  std::vector<double> values(resamples);
  for (double& value : values) {
    value = perplexity_of(sequences, [&](std::size_t) { return std::size_t{rng.below(n)}; });
  }
  std::sort(values.begin(), values.end());
  return {{"value", perplexity_of(sequences, [](std::size_t i) { return i; })},
          {"low", values[values.size() / 40]},
          {"high", values[values.size() - 1 - values.size() / 40]}};
}

}  // namespace brandiron::app
