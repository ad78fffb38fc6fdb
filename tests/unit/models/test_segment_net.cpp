#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/rng.h"
#include "brandiron/models/segment_net.h"

namespace brandiron::models {
namespace {

namespace fs = std::filesystem;

SegmentNetConfig small_config() {
  SegmentNetConfig config;
  config.num_mels = 24;
  config.num_windows = 40;
  config.channels = {8, 12};
  config.dropout = 0;
  return config;
}

struct Batch {
  std::vector<float> segments, labels;
};

/// Noise; every second segment also has a slow tremolo, which is what there is to learn.
Batch tremolo_batch(const SegmentNetConfig& config, int n, std::uint64_t seed) {
  Rng rng(seed, "batch");
  Batch batch;
  for (int i = 0; i < n; ++i) {
    const float label = static_cast<float>(i % 2);
    batch.labels.push_back(label);
    for (int m = 0; m < config.num_mels; ++m) {
      for (int t = 0; t < config.num_windows; ++t) {
        batch.segments.push_back(
            static_cast<float>(rng.normal() + 1.5 * label * std::sin(0.9 * t)));
      }
    }
  }
  return batch;
}

TrainerOptions quick(std::uint64_t steps) {
  TrainerOptions options;
  options.total_steps = steps;
  options.learning_rate = 1e-2;
  return options;
}

TEST(SegmentNet, OverfitsEightExamples) {
  SegmentNet net(small_config(), 3);
  // Pure noise with arbitrary labels: nothing to learn but the examples themselves.
  Batch batch = tremolo_batch(small_config(), 8, 5);
  batch.labels = {1, 1, 0, 1, 0, 0, 1, 0};
  TrainerOptions options = quick(150);
  options.label_smoothing = 0;
  double loss = 1;
  {
    SegmentNetTrainer trainer(net, options);
    for (int i = 0; i < 150; ++i) loss = trainer.step(batch.segments, batch.labels);
  }
  EXPECT_LT(loss, 0.02);
  const std::vector<float> logits = net.logits(batch.segments);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(logits[i] > 0, batch.labels[i] > 0.5F) << i;
}

TEST(SegmentNet, LearnsAModulationItHasToGeneralise) {
  SegmentNet net(small_config(), 3);
  {
    SegmentNetTrainer trainer(net, quick(60));
    for (std::uint64_t i = 0; i < 60; ++i) {
      const Batch batch = tremolo_batch(small_config(), 16, 100 + i);
      trainer.step(batch.segments, batch.labels);
    }
  }
  const Batch unseen = tremolo_batch(small_config(), 40, 7);
  const std::vector<float> logits = net.logits(unseen.segments);
  int right = 0;
  for (std::size_t i = 0; i < logits.size(); ++i)
    right += (logits[i] > 0) == (unseen.labels[i] > 0);
  EXPECT_GE(right, 38);
}

TEST(SegmentNet, GradientsReachEveryParameter) {
  const SegmentNetConfig config;  // the shipped shape
  SegmentNet net(config, 1);
  SegmentNetTrainer trainer(net, quick(10));
  const Batch batch = tremolo_batch(config, 4, 1);
  const auto norms = trainer.gradient_norms(batch.segments, batch.labels);
  EXPECT_EQ(norms.size(), 4U * 3 + 3);
  for (const auto& [name, norm] : norms) EXPECT_GT(norm, 1e-9) << name;
}

TEST(SegmentNet, ParameterNamesAreAFileFormat) {
  const SegmentNet net(small_config(), 1);
  const std::vector<std::string> expected = {
      "attention.weight", "conv.0.weight", "conv.1.weight",       "head.bias",
      "head.weight",      "norm.0.bias",   "norm.0.running_mean", "norm.0.running_var",
      "norm.0.weight",    "norm.1.bias",   "norm.1.running_mean", "norm.1.running_var",
      "norm.1.weight"};
  EXPECT_EQ(net.parameter_names(), expected);
}

TEST(SegmentNet, DefaultWeightsStayUnderAMegabyte) {
  const SegmentNet net(SegmentNetConfig{}, 1);
  EXPECT_EQ(net.num_parameters(), 46993U);
  EXPECT_LT(to_safetensors(net.to_tensors()).size(), 1000000U);
}

TEST(SegmentNet, SavedAndLoadedNetworksAgreeToTheBit) {
  SegmentNet net(small_config(), 9);
  const Batch batch = tremolo_batch(small_config(), 6, 2);
  {
    SegmentNetTrainer trainer(net, quick(10));
    for (int i = 0; i < 10; ++i) trainer.step(batch.segments, batch.labels);
  }
  const auto bytes = to_safetensors(net.to_tensors());
  const SegmentNet loaded = SegmentNet::from_tensors(parse_safetensors(bytes, "memory"));
  EXPECT_EQ(net.logits(batch.segments), loaded.logits(batch.segments));
  EXPECT_EQ(to_safetensors(loaded.to_tensors()), bytes);
}

TEST(SegmentNet, ASegmentsLogitDoesNotDependOnItsNeighboursOrTheThread) {
  const SegmentNet net(small_config(), 9);
  const Batch batch = tremolo_batch(small_config(), 4, 2);
  const std::vector<float> all = net.logits(batch.segments);
  const std::size_t size = small_config().segment_size();
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(net.logits(std::span(batch.segments).subspan(i * size, size))[0], all[i]);
  }
  std::vector<std::vector<float>> results(3);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] { result = net.logits(batch.segments); });
    }
  }
  for (const auto& result : results) EXPECT_EQ(result, all);
}

TEST(SegmentNet, TheSameSeedTrainsToTheSameWeights) {
  const auto train = [] {
    SegmentNetConfig config = small_config();
    config.dropout = 0.3;
    SegmentNet net(config, 4);
    {
      SegmentNetTrainer trainer(net, quick(12));
      for (std::uint64_t i = 0; i < 12; ++i) {
        const Batch batch = tremolo_batch(config, 8, i);
        trainer.step(batch.segments, batch.labels);
      }
    }
    return sha256_hex(to_safetensors(net.to_tensors()));
  };
  EXPECT_EQ(train(), train());
}

TEST(SegmentNet, StoppingAtACheckpointChangesNothing) {
  SegmentNetConfig config = small_config();
  config.dropout = 0.3;
  const fs::path file =
      fs::temp_directory_path() / ("brandiron-checkpoint-" + std::to_string(getpid()) + ".ckpt");
  const auto steps = [&](SegmentNetTrainer& trainer, std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t i = from; i < to; ++i) {
      const Batch batch = tremolo_batch(config, 8, i);
      trainer.step(batch.segments, batch.labels);
    }
  };
  SegmentNet straight(config, 4), halted(config, 4), resumed(config, 77);
  {
    SegmentNetTrainer trainer(straight, quick(20));
    steps(trainer, 0, 20);
  }
  {
    SegmentNetTrainer trainer(halted, quick(20));
    steps(trainer, 0, 9);
    trainer.save_checkpoint(file);
  }
  {
    SegmentNetTrainer trainer(resumed, quick(20));
    trainer.load_checkpoint(file);
    EXPECT_EQ(trainer.steps_done(), 9U);
    steps(trainer, 9, 20);
  }
  fs::remove(file);
  EXPECT_EQ(to_safetensors(straight.to_tensors()), to_safetensors(resumed.to_tensors()));
}

TEST(SegmentNet, RefusesWeightsThatDoNotFit) {
  const SegmentNet net(small_config(), 1);
  const auto refused = [](Safetensors content) {
    EXPECT_THROW(SegmentNet::from_tensors(content), Error);
  };
  Safetensors other = net.to_tensors();
  other.metadata["architecture"] = "something-else/1";
  refused(other);
  other = net.to_tensors();
  other.metadata["net_config"] = R"({"num_mels": 100000})";
  refused(other);
  other = net.to_tensors();
  other.tensors.pop_back();
  refused(other);
  other = net.to_tensors();
  other.tensors[0].shape = {1, 1};
  other.tensors[0].data.resize(1);
  refused(other);
  other = net.to_tensors();
  other.tensors[0].data[0] = std::nanf("");
  refused(other);
  refused({});
}

TEST(SegmentNet, RefusesABatchOfTheWrongSize) {
  const SegmentNet net(small_config(), 1);
  const std::vector<float> segments(small_config().segment_size() + 1);
  EXPECT_THROW(net.logits(segments), Error);
}

TEST(SegmentNet, UnknownDevicesAreNamed) {
  SegmentNet net(small_config(), 1);
  TrainerOptions options;
  options.device = "abacus";
  EXPECT_THROW(SegmentNetTrainer(net, options), Error);
}

}  // namespace
}  // namespace brandiron::models
