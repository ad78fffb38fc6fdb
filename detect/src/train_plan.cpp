#include "train_plan.h"

#include <fmt/format.h>

#include "brandiron/core/error.h"

namespace brandiron::detect {
namespace {

std::size_t count_in(const Config& config, const std::string& key, std::int64_t fallback,
                     std::int64_t low, std::int64_t high) {
  const std::int64_t value = config.get_int(key, fallback);
  if (value < low || value > high) {
    throw Error(ErrorCode::kConfig, fmt::format("{}: {}: found {}, expected {}-{}",
                                                config.origin(key), key, value, low, high));
  }
  return static_cast<std::size_t>(value);
}

void read_training(const Config& config, TrainPlan& plan) {
  FoldTrainingOptions& t = plan.training;
  t.net.num_mels = static_cast<int>(plan.features.num_mels);
  t.net.num_windows = static_cast<int>(plan.features.segment_windows);
  const auto channels = config.get_doubles("net.channels", {16, 32, 48, 64});
  t.net.channels.clear();
  for (const double c : channels) t.net.channels.push_back(static_cast<int>(c));
  t.net.groups = question_sizes();
  t.net.dropout = config.get_double_in("net.dropout", 0.2, 0, 0.9);
  t.net.mel_position = config.get_bool("net.mel_position", false);
  try {
    t.net.validate();
  } catch (const Error& e) {
    throw Error(ErrorCode::kConfig, fmt::format("net: {}", e.what()));
  }
  t.trainer.seed = plan.seed;
  t.trainer.total_steps = count_in(config, "train.steps", 500, 1, 1000000);
  t.trainer.learning_rate = config.get_double_in("train.learning_rate", 2e-3, 1e-6, 0.5);
  t.trainer.weight_decay = config.get_double_in("train.weight_decay", 1e-3, 0, 1);
  t.trainer.label_smoothing = config.get_double_in("train.label_smoothing", 0.02, 0, 0.4);
  t.trainer.step_weight = config.get_double_in("train.step_weight", 0.3, 0, 10);
  t.trainer.adversary_weight = config.get_double_in("train.adversary_weight", 0, 0, 10);
  t.trainer.group_weights = config.get_doubles("train.question_weights", {1.0, 0.3, 0.15, 0.15});
  if (t.trainer.group_weights.size() != t.net.groups.size()) {
    throw Error(ErrorCode::kConfig,
                fmt::format("train.question_weights: {} numbers, expected {}",
                            t.trainer.group_weights.size(), t.net.groups.size()));
  }
  t.batch_size = count_in(config, "train.batch_size", 32, 2, 1024);
  t.bag = count_in(config, "train.bag", 2, 1, 16);
  t.splice_chance = config.get_double_in("train.splice_chance", 0.2, 0, 1);
  t.layer_chance = config.get_double_in("train.layer_chance", 0, 0, 1);
  t.frequency_mask = count_in(config, "train.frequency_mask_mels", 12, 0, 255);
  t.time_mask = count_in(config, "train.time_mask_windows", 25, 0, 4095);
  t.checkpoint_every = count_in(config, "train.checkpoint_every_steps", 100, 1, 1000000);
}

}  // namespace

TrainPlan TrainPlan::from_config(const Config& config) {
  TrainPlan plan;
  plan.seed = static_cast<std::uint64_t>(config.get_int("seed", 1));
  plan.name = config.get_string("name", "brandiron-detector");
  plan.scope = config.get_string("scope");
  plan.folds = static_cast<int>(count_in(config, "folds", 5, 2, 20));
  plan.held_out_families = config.get_strings("held_out_families");
  plan.copies = static_cast<int>(count_in(config, "treatment.copies", 4, 1, 64));
  plan.crop_s = config.get_double_in("treatment.crop_s", 24, 1, kMostSeconds);
  plan.plain_copies = static_cast<int>(count_in(config, "treatment.plain_copies", 0, 0, 64));
  plan.plain_crop_s = config.get_double_in("treatment.plain_crop_s", 30, 1, kMostSeconds);
  plan.voice_chance = config.get_double_in("treatment.voice_chance", 0.3, 0, 1);
  plan.voice_low_db = config.get_double_in("treatment.voice_low_db", -6, -60, 60);
  plan.voice_high_db = config.get_double_in("treatment.voice_high_db", 6, -60, 60);
  plan.treatment = Treatment::from_config(config, "treatment.step");
  plan.plain = Treatment::from_config(config, "treatment.plain");
  plan.lossless = Treatment::from_config(config, "treatment.lossless");
  plan.comb = config.get_bool("comb", true);
  read_training(config, plan);
  plan.texture_ridge = config.get_double_in("fit.texture_ridge", 0.02, 1e-9, 1e3);
  plan.comb_ridge = config.get_double_in("fit.comb_ridge", 0.02, 1e-9, 1e3);
  plan.fusion_ridge = config.get_double_in("fit.fusion_ridge", 0.002, 1e-9, 1e3);
  plan.fusion_own_share = config.get_double_in("fit.fusion_own_share", 2, 1e-3, 1e3);
  plan.family_ridge = config.get_double_in("fit.family_ridge", 0.02, 1e-9, 1e3);
  plan.shrinkage = config.get_double_in("fit.shrinkage", 0.2, 0, 1);
  plan.target_rate = config.get_double_in("calibrate.target_rate", 0.01, 0, 0.5);
  plan.least_p = config.get_double_in("calibrate.least_p", 0.7, 0.5, 0.999);
  plan.attacked_s = config.get_double_in("evaluate.attacked_s", 20, 1, kMostSeconds);
  plan.attacked_titles = count_in(config, "evaluate.attacked_titles", 40, 0, 100000);
  for (std::size_t i = 0; i < config.array_size("evaluate.chain"); ++i) {
    const std::string prefix = fmt::format("evaluate.chain.{}.", i);
    EvaluationChain chain;
    chain.name = config.get_string(prefix + "name");
    const std::string both = config.get_string(prefix + "both", "");
    chain.ai = config.get_string(prefix + "ai", both);
    chain.human = config.get_string(prefix + "human", both);
    chain.mark = config.get_bool(prefix + "mark", false);
    plan.chains.push_back(chain);
  }
  if (plan.chains.empty() || plan.chains.front().name != "as_is") {
    throw Error(ErrorCode::kConfig, "evaluate.chain: the first must be named as_is");
  }
  return plan;
}

}  // namespace brandiron::detect
