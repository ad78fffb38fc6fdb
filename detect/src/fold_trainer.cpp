#include "fold_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/rng.h"

namespace brandiron::detect {
namespace {

namespace fs = std::filesystem;

constexpr int kTriesForSound = 20;
constexpr double kLayerDb = 8;          // a layer's level against what it lies over, either way
constexpr double kLayerOfPeople = 0.5;  // of people's music under another layer of people's music
constexpr double kAiShare = 0.32, kResynthesisedShare = 0.18, kMixedShare = 0.1;

std::size_t draw(Rng& rng, std::size_t below) {
  return rng.below(static_cast<std::uint32_t>(below));
}

/// Examples of one label by source, and how often each source is drawn.
struct Pool {
  std::vector<std::vector<const Example*>> sources;
  std::vector<double> weights;

  bool empty() const { return sources.empty(); }
  const Example& pick(Rng& rng) const {
    const auto& source = sources[rng.pick(weights)];
    return *source[draw(rng, source.size())];
  }
};

Pool make_pool(const std::vector<Example>& examples, const std::string& label, bool required) {
  std::map<std::string, std::vector<const Example*>> by_source;
  for (const Example& e : examples) {
    if (e.label == label) by_source[e.source].push_back(&e);
  }
  Pool pool;
  for (auto& [source, list] : by_source) {
    pool.weights.push_back(std::sqrt(static_cast<double>(list.size())));
    pool.sources.push_back(std::move(list));
  }
  if (required && pool.empty()) {
    throw Error(
        ErrorCode::kConfig,
        fmt::format("training: a fold holds no recordings with label {}; use fewer folds", label));
  }
  return pool;
}

/// Blanks one band and two stretches: no single cue may carry the verdict.
/// @see Park et al., "SpecAugment", Interspeech 2019.
void blank_parts(std::span<float> segment, const FeatureConfig& features,
                 const FoldTrainingOptions& options, Rng& rng) {
  const std::size_t mels = features.num_mels, width = features.segment_windows;
  const std::size_t band = draw(rng, std::min(options.frequency_mask, mels - 1) + 1);
  const std::size_t low = draw(rng, mels - band + 1);
  std::fill_n(segment.begin() + static_cast<std::ptrdiff_t>(low * width), band * width, 0.0F);
  for (int i = 0; i < 2; ++i) {
    const std::size_t length = draw(rng, std::min(options.time_mask, width - 1) + 1);
    const std::size_t start = draw(rng, width - length + 1);
    for (std::size_t m = 0; m < mels; ++m) {
      std::fill_n(segment.begin() + static_cast<std::ptrdiff_t>(m * width + start), length, 0.0F);
    }
  }
}

/// Fills one batch from the pools.
class BatchMaker {
 public:
  BatchMaker(const std::vector<Example>& examples, const FeatureConfig& features,
             const FoldTrainingOptions& options)
      : features_(features),
        options_(options),
        human_(make_pool(examples, "human", true)),
        ai_(make_pool(examples, "ai", true)),
        resynthesised_(make_pool(examples, "resynthesised", false)),
        mixed_(make_pool(examples, "mixed", false)) {
    for (const auto& source : human_.sources) {
      people_.emplace(source.front()->source, static_cast<std::int64_t>(people_.size()));
    }
  }

  /// Sources of people's music: what an adversary may be asked to tell apart.
  std::size_t num_sources() const { return people_.size(); }

  models::SegmentBatch make(Rng& rng) const {
    models::SegmentBatch batch;
    batch.bag = options_.bag;
    for (std::size_t i = 0; i < options_.batch_size; ++i) add_bag(i, rng, batch);
    return batch;
  }

 private:
  const Pool& pool_for(std::size_t i, Rng& rng) const {
    if (i % 2 == 0) return human_;
    const double u = rng.uniform() * (kAiShare + kResynthesisedShare);
    if (!mixed_.empty() && u < kMixedShare) return mixed_;
    if (!resynthesised_.empty() && u > kAiShare) return resynthesised_;
    return ai_;
  }

  /// Who made what sounds at a window: of a hybrid it depends.
  std::int64_t origin_at(const Example& example, std::size_t window) const {
    if (example.label != "mixed") return example.targets[kOrigin];
    const double time_s = static_cast<double>(window) * features_.hop_s();
    for (const SourceSpan& span : example.spans) {
      if (time_s >= span.start_s && time_s < span.end_s) return span.is_ai ? kAi : kHuman;
    }
    return -1;
  }

  std::size_t random_start(const LogMel& mel, Rng& rng) const {
    const std::size_t width = features_.segment_windows;
    return mel.num_windows > width ? draw(rng, mel.num_windows - width + 1) : 0;
  }

  /// What else sounds in a bag, and how it comes in.
  struct Company {
    const Example* other = nullptr;
    bool layered = false;
  };

  /// Splices change from people to a machine or back. In layers people's music gets company of
  /// either kind, so that two things at once are no sign of a machine.
  Company company_of(const Example& example, Rng& rng) const {
    if (example.label != "human" && example.label != "ai") return {};
    const bool is_ai = example.label == "ai";
    if (rng.chance(options_.splice_chance)) return {&(is_ai ? human_ : ai_).pick(rng), false};
    if (!rng.chance(options_.layer_chance)) return {};
    const bool people = is_ai || rng.chance(kLayerOfPeople);
    return {&(people ? human_ : ai_).pick(rng), true};
  }

  /// A bag of segments of one recording, or of splices or layers of it with another.
  void add_bag(std::size_t i, Rng& rng, models::SegmentBatch& batch) const {
    const Example& example = pool_for(i, rng).pick(rng);
    const Company company = company_of(example, rng);
    std::vector<std::int64_t> targets = example.targets;
    if (company.other != nullptr) std::fill(targets.begin(), targets.end(), -1);
    // Among people's alone: across labels, to hide the source would be to hide the label.
    if (options_.trainer.adversary_weight > 0) {
      const bool known = example.label == "human" && company.other == nullptr;
      batch.sources.push_back(known ? people_.at(example.source) : -1);
    }
    batch.targets.insert(batch.targets.end(), targets.begin(), targets.end());
    for (std::size_t s = 0; s < options_.bag; ++s) add_segment(example, company, rng, batch);
  }

  SegmentSource draw_source(const Example& example, const Company& company, Rng& rng) const {
    const LogMel& first = example.features->audio.mel;
    SegmentSource source{.first = &first, .first_start = random_start(first, rng)};
    if (company.other == nullptr) return source;
    source.second = &company.other->features->audio.mel;
    source.second_start = random_start(*source.second, rng);
    source.join = features_.segment_windows / 8 +
                  draw(rng, features_.segment_windows - features_.segment_windows / 4);
    source.layered = company.layered;
    if (source.layered) {
      source.second_db = kLayerDb * (2 * rng.uniform() - 1);
      // Half of the layers sound from the first window on: no join betrays them.
      if (rng.chance(0.5)) source.join = 0;
    }
    return source;
  }

  void add_segment(const Example& example, const Company& company, Rng& rng,
                   models::SegmentBatch& batch) const {
    const std::size_t size = features_.segment_size(), steps = options_.net.num_steps();
    const std::size_t at = batch.segments.size();
    batch.segments.resize(at + size);
    const auto out = std::span(batch.segments).subspan(at, size);
    SegmentSource source{};
    bool heard = false;
    for (int attempt = 0; attempt < kTriesForSound && !heard; ++attempt) {
      source = draw_source(example, company, rng);
      heard = cut_segment(source, features_, out);
    }
    // What stays silent is a segment of zeros: it teaches nothing, and says so.
    if (heard) blank_parts(out, features_, options_, rng);
    for (std::size_t j = 0; j < steps; ++j) {
      const std::size_t window = j * options_.net.step_windows();
      std::int64_t target = origin_at(example, source.first_start + window);
      if (source.second != nullptr && window >= source.join) {
        const std::int64_t joined = company.other->targets[kOrigin];
        // With a machine's part in it a step is the machine's.
        target = source.layered && target == kAi ? target : joined;
      }
      batch.step_targets.push_back(heard ? target : -1);
    }
  }

  const FeatureConfig& features_;
  const FoldTrainingOptions& options_;
  Pool human_, ai_, resynthesised_, mixed_;
  std::map<std::string, std::int64_t> people_;  ///< sources of people's music, counted
};

}  // namespace

std::vector<std::int64_t> targets_of(const Track& track, bool mixed_voice) {
  std::vector<std::int64_t> targets(4, -1);
  if (track.is_human()) targets[kOrigin] = kHuman;
  if (track.is_ai()) targets[kOrigin] = kAi;
  if (track.is_resynthesised()) targets[kOrigin] = kResynthesised;
  const bool synthetic = track.is_ai() || track.is_resynthesised();
  const auto family = std::find(kFamilies.begin(), kFamilies.end(), track.decoder);
  const auto index = family == kFamilies.end()
                         ? kFamilies.size() - 1
                         : static_cast<std::size_t>(family - kFamilies.begin());
  // Asked of synthetic sound only: people's recordings would teach the answer "none" to all.
  if (synthetic) targets[kFamily] = static_cast<std::int64_t>(index);
  // Other systems decode somehow, whatever their manifests know of it.
  if (track.is_ai() && !track.is_own() && track.decoder == "none") {
    targets[kFamily] = static_cast<std::int64_t>(kFamilies.size() - 1);
  }
  const std::string vocals =
      mixed_voice && (track.vocals == "none" || track.vocals.empty()) ? "human" : track.vocals;
  if (vocals == "ai" && !mixed_voice) targets[kVocals] = 1;
  if (vocals == "human" || vocals == "none") targets[kVocals] = 0;
  if (track.instrumental == "ai") targets[kInstrumental] = 1;
  if (track.instrumental == "human" || track.instrumental == "none") targets[kInstrumental] = 0;
  return targets;
}

std::vector<SourceSpan> spans_within(const std::vector<SourceSpan>& spans, double start_s,
                                     double length_s, double heard_s) {
  const double stretch = heard_s / length_s;
  std::vector<SourceSpan> within;
  for (SourceSpan span : spans) {
    span.start_s = std::max(0.0, span.start_s - start_s) * stretch;
    span.end_s = std::min(length_s, span.end_s - start_s) * stretch;
    if (span.start_s < span.end_s) within.push_back(span);
  }
  return within;
}

models::SegmentNet train_fold(const std::string& title, const std::vector<Example>& examples,
                              const FeatureConfig& features, const FoldTrainingOptions& options,
                              std::string& loss_log) {
  const fs::path finished = fs::path(options.checkpoint).replace_extension(".safetensors");
  if (options.resume && fs::exists(finished)) {
    return models::SegmentNet::from_tensors(models::read_safetensors(finished));
  }
  const BatchMaker batches(examples, features, options);
  models::SegmentNet net(options.net, options.trainer.seed);
  {
    models::TrainerOptions trained = options.trainer;
    trained.num_sources = static_cast<int>(batches.num_sources());
    if (trained.num_sources < 2) trained.adversary_weight = 0;  // nothing to tell apart
    models::SegmentNetTrainer trainer(net, trained);
    if (options.resume && fs::exists(options.checkpoint)) {
      trainer.load_checkpoint(options.checkpoint);
    }
    const std::uint64_t total = options.trainer.total_steps;
    Progress progress(title, total - trainer.steps_done(), "steps");
    const Rng rng(options.trainer.seed, "batches");
    double running = 0;
    while (trainer.steps_done() < total) {
      // Batches are a function of the step: stopping and going on changes nothing.
      Rng stream = rng.child("step", trainer.steps_done());
      const double loss = trainer.step(batches.make(stream));
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

}  // namespace brandiron::detect
