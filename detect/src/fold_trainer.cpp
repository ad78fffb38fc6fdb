#include "fold_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/rng.h"
#include "statistics.h"

namespace brandiron::detect {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesForSound = 20;

/// Examples of one class by source, and how often each source is drawn.
struct Pool {
  std::vector<std::vector<const Features*>> sources;
  std::vector<double> weights;
};

Pool make_pool(const std::vector<Example>& examples, bool is_ai) {
  std::map<std::string, std::vector<const Features*>> by_source;
  for (const Example& e : examples) {
    if (e.is_ai == is_ai) by_source[e.source].push_back(e.features);
  }
  Pool pool;
  for (auto& [source, list] : by_source) {
    pool.weights.push_back(std::sqrt(static_cast<double>(list.size())));
    pool.sources.push_back(std::move(list));
  }
  if (pool.sources.empty()) {
    throw Error(ErrorCode::kConfig,
                fmt::format("training: a fold holds no recordings with label {}; use fewer folds",
                            is_ai ? "ai" : "human"));
  }
  return pool;
}

/// Blanks one band and two stretches: no single cue may carry the verdict.
/// @see Park et al., "SpecAugment", Interspeech 2019.
void blank_parts(std::span<float> segment, const FeatureConfig& features,
                 const FoldTrainingOptions& options, Rng& rng) {
  const std::size_t mels = features.num_mels, width = features.segment_windows;
  const auto draw = [&](std::size_t n) {
    return static_cast<std::size_t>(rng.below(static_cast<std::uint32_t>(n)));
  };
  const std::size_t band = draw(std::min(options.frequency_mask, mels - 1) + 1);
  const std::size_t low = draw(mels - band + 1);
  std::fill_n(segment.begin() + static_cast<std::ptrdiff_t>(low * width), band * width, 0.0F);
  for (int i = 0; i < 2; ++i) {
    const std::size_t length = draw(std::min(options.time_mask, width - 1) + 1);
    const std::size_t start = draw(width - length + 1);
    for (std::size_t m = 0; m < mels; ++m) {
      std::fill_n(segment.begin() + static_cast<std::ptrdiff_t>(m * width + start), length, 0.0F);
    }
  }
}

void draw_segment(const Pool& pool, const FeatureConfig& features,
                  const FoldTrainingOptions& options, Rng& rng, std::span<float> out) {
  for (int attempt = 0; attempt < kTriesForSound; ++attempt) {
    const auto& source = pool.sources[rng.pick(pool.weights)];
    const LogMel& mel = source[rng.below(static_cast<std::uint32_t>(source.size()))]->mel;
    const std::size_t room =
        mel.num_windows > features.segment_windows ? mel.num_windows - features.segment_windows : 0;
    const std::size_t start = rng.below(static_cast<std::uint32_t>(room + 1));
    if (!cut_segment(mel, start, features, out)) continue;
    blank_parts(out, features, options, rng);
    return;
  }
  throw Error(ErrorCode::kInvalidArgument, "training: found silence only; check the recordings");
}

}  // namespace

models::SegmentNet train_fold(const std::string& title, const std::vector<Example>& examples,
                              const FeatureConfig& features, const FoldTrainingOptions& options,
                              std::string& loss_log) {
  const fs::path finished = fs::path(options.checkpoint).replace_extension(".safetensors");
  if (options.resume && fs::exists(finished)) {
    return models::SegmentNet::from_tensors(models::read_safetensors(finished));
  }
  const Pool ai = make_pool(examples, true), human = make_pool(examples, false);
  models::SegmentNet net(options.net, options.trainer.seed);
  {
    models::SegmentNetTrainer trainer(net, options.trainer);
    if (options.resume && fs::exists(options.checkpoint)) {
      trainer.load_checkpoint(options.checkpoint);
    }
    const std::uint64_t total = options.trainer.total_steps;
    Progress progress(title, total - trainer.steps_done(), "steps");
    const Rng rng(options.trainer.seed, "batches");
    std::vector<float> segments(options.batch_size * features.segment_size());
    std::vector<float> labels(options.batch_size);
    double running = 0;
    while (trainer.steps_done() < total) {
      // Batches are a function of the step: stopping and going on changes nothing.
      Rng stream = rng.child("step", trainer.steps_done());
      for (std::size_t i = 0; i < options.batch_size; ++i) {
        labels[i] = static_cast<float>(i % 2);
        draw_segment(
            i % 2 == 1 ? ai : human, features, options, stream,
            std::span(segments).subspan(i * features.segment_size(), features.segment_size()));
      }
      const double loss = trainer.step(segments, labels);
      running = running == 0 ? loss : 0.95 * running + 0.05 * loss;
      const std::uint64_t step = trainer.steps_done();
      if (step % options.checkpoint_every == 0 || step == total) {
        trainer.save_checkpoint(options.checkpoint);
        loss_log +=
            nlohmann::ordered_json{{"net", title}, {"step", step}, {"loss", running}}.dump() + "\n";
      }
      progress.add(1, fmt::format("loss {:.3f}", running));
    }
  }
  models::write_safetensors(finished, net.to_tensors(), /*overwrite=*/true);
  fs::remove(options.checkpoint);
  return net;
}

Scored score(const models::SegmentNet& net, const LogMel& mel, const FeatureConfig& features) {
  std::vector<float> one(features.segment_size());
  Scored result;
  for (const std::size_t start : segment_starts(mel.num_windows, features)) {
    if (!cut_segment(mel, start, features, one)) continue;
    result.segments.push_back(net.logits(one)[0]);
  }
  if (result.segments.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "detect: every segment is silent");
  }
  result.logit = mean(result.segments);
  return result;
}

}  // namespace brandiron::detect
