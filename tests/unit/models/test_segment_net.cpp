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
  config.groups = {2, 3};
  config.dropout = 0;
  return config;
}

/// Noise; every second bag also has a slow tremolo, which is what there is to learn. The second
/// question is never answered.
SegmentBatch tremolo_batch(const SegmentNetConfig& config, int n, std::uint64_t seed,
                           std::size_t bag = 1) {
  Rng rng(seed, "batch");
  SegmentBatch batch;
  batch.bag = bag;
  for (int i = 0; i < n; ++i) {
    const std::int64_t label = i % 2;
    batch.targets.push_back(label);
    for (std::size_t g = 1; g < config.groups.size(); ++g) batch.targets.push_back(-1);
    for (std::size_t s = 0; s < bag; ++s) {
      for (int m = 0; m < config.num_mels; ++m) {
        for (int t = 0; t < config.num_windows; ++t) {
          batch.segments.push_back(static_cast<float>(
              rng.normal() + 1.5 * static_cast<double>(label) * std::sin(0.9 * t)));
        }
      }
      batch.step_targets.insert(batch.step_targets.end(), config.num_steps(), label);
    }
  }
  return batch;
}

/// Log odds of class 1 of the first question, pooled over each segment.
std::vector<double> log_odds(const SegmentNet& net, const std::vector<float>& segments) {
  std::vector<double> result;
  const std::size_t outputs = net.config().num_outputs();
  for (const SegmentScores& s : net.score(segments)) {
    double sum = 0, weight = 0;
    for (std::size_t j = 0; j < s.attention.size(); ++j) {
      const double w = std::exp(s.attention[j]);
      sum += w * (s.outputs[j * outputs + 1] - s.outputs[j * outputs]);
      weight += w;
    }
    result.push_back(sum / weight);
  }
  return result;
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
  SegmentBatch batch = tremolo_batch(small_config(), 8, 5);
  const std::vector<std::int64_t> labels = {1, 1, 0, 1, 0, 0, 1, 0};
  for (std::size_t i = 0; i < 8; ++i) batch.targets[2 * i] = labels[i];
  TrainerOptions options = quick(150);
  options.label_smoothing = 0;
  options.step_weight = 0;
  double loss = 1;
  {
    SegmentNetTrainer trainer(net, options);
    for (int i = 0; i < 150; ++i) loss = trainer.step(batch);
  }
  EXPECT_LT(loss, 0.02);
  const std::vector<double> odds = log_odds(net, batch.segments);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(odds[i] > 0, labels[i] == 1) << i;
}

TEST(SegmentNet, LearnsAModulationItHasToGeneralise) {
  SegmentNet net(small_config(), 3);
  {
    SegmentNetTrainer trainer(net, quick(60));
    for (std::uint64_t i = 0; i < 60; ++i) {
      trainer.step(tremolo_batch(small_config(), 8, 100 + i, 2));
    }
  }
  const SegmentBatch unseen = tremolo_batch(small_config(), 40, 7);
  const std::vector<double> odds = log_odds(net, unseen.segments);
  int right = 0;
  for (std::size_t i = 0; i < odds.size(); ++i) right += (odds[i] > 0) == (i % 2 == 1);
  EXPECT_GE(right, 38);
}

TEST(SegmentNet, LearnsWhereInASegmentTheChangeIs) {
  SegmentNetConfig config = small_config();
  config.num_windows = 80;
  SegmentNet net(config, 3);
  const auto half = [&](std::uint64_t seed) {  // tremolo in the second half only
    Rng rng(seed, "half");
    SegmentBatch batch;
    for (int i = 0; i < 12; ++i) {
      batch.targets.insert(batch.targets.end(), {-1, -1});
      for (int m = 0; m < 24; ++m) {
        for (int t = 0; t < 80; ++t) {
          const double wave = t >= 40 ? 1.5 * std::sin(0.9 * t) : 0.0;
          batch.segments.push_back(static_cast<float>(rng.normal() + wave));
        }
      }
      for (int j = 0; j < 20; ++j) batch.step_targets.push_back(j >= 10 ? 1 : 0);
    }
    return batch;
  };
  {
    SegmentNetTrainer trainer(net, quick(60));
    for (std::uint64_t i = 0; i < 60; ++i) trainer.step(half(i));
  }
  int right = 0;
  for (const SegmentScores& s : net.score(half(99).segments)) {
    ASSERT_EQ(s.attention.size(), 20U);
    for (std::size_t j = 0; j < 20; ++j) {
      right += (s.outputs[j * 5 + 1] > s.outputs[j * 5]) == (j >= 10) ? 1 : 0;
    }
  }
  EXPECT_GE(right, 12 * 17);
}

TEST(SegmentNet, GradientsReachEveryParameter) {
  const SegmentNetConfig config;  // the shipped shape
  SegmentNet net(config, 1);
  SegmentNetTrainer trainer(net, quick(10));
  SegmentBatch batch = tremolo_batch(config, 4, 1);
  std::fill(batch.targets.begin(), batch.targets.end(), 1);
  const auto norms = trainer.gradient_norms(batch);
  EXPECT_EQ(norms.size(), 4U * 3 + 3);
  for (const auto& [name, norm] : norms) EXPECT_GT(norm, 1e-9) << name;
}

TEST(SegmentNet, QuestionsWithoutAnAnswerTeachNothing) {
  SegmentNet net(small_config(), 1);
  TrainerOptions options = quick(10);
  options.step_weight = 0;
  SegmentNetTrainer trainer(net, options);
  SegmentBatch batch = tremolo_batch(small_config(), 4, 1);
  std::fill(batch.targets.begin(), batch.targets.end(), -1);
  for (const auto& [name, norm] : trainer.gradient_norms(batch)) EXPECT_EQ(norm, 0) << name;
}

/// As above, and every other pair of bags is of a source that has one band louder and rougher.
SegmentBatch batch_of_two_sources(const SegmentNetConfig& config, int n, std::uint64_t seed) {
  SegmentBatch batch = tremolo_batch(config, n, seed);
  for (int i = 0; i < n; ++i) {
    batch.sources.push_back(i / 2 % 2);
    if (batch.sources.back() == 0) continue;
    const std::size_t first = static_cast<std::size_t>(i) * config.segment_size();
    for (int m = 8; m < 14; ++m) {
      for (int t = 0; t < config.num_windows; ++t) {
        batch.segments[first + static_cast<std::size_t>(m * config.num_windows + t)] *= 2.5F;
      }
    }
  }
  return batch;
}

/// How far the two sources lie apart in the embeddings: squared distance of their means over the
/// variance within them.
double distance_of_sources(const SegmentNet& net, const SegmentBatch& batch) {
  const std::vector<SegmentScores> scores = net.score(batch.segments);
  const std::size_t width = scores[0].embedding.size();
  double between = 0, within = 0;
  for (std::size_t c = 0; c < width; ++c) {
    double sum[2] = {0, 0}, squares = 0;
    const double half = static_cast<double>(scores.size()) / 2;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      const double x = static_cast<double>(scores[i].embedding[c]);
      sum[batch.sources[i]] += x;
      squares += x * x;
    }
    between += std::pow((sum[1] - sum[0]) / half, 2);
    within += squares / (2 * half) - (std::pow(sum[0] / half, 2) + std::pow(sum[1] / half, 2)) / 2;
  }
  return between / within;
}

TEST(SegmentNet, AnAdversaryHidesTheSourceAndNotTheAnswer) {
  double distance[2] = {0, 0};
  for (const bool adversary : {false, true}) {
    SegmentNet net(small_config(), 3);
    {
      SegmentNetTrainer trainer(net, quick(60));  // the second question asks for the source
      for (std::uint64_t i = 0; i < 60; ++i) {
        SegmentBatch batch = batch_of_two_sources(small_config(), 8, i);
        for (std::size_t k = 0; k < 8; ++k) batch.targets[2 * k + 1] = batch.sources[k];
        trainer.step(batch);
      }
    }
    TrainerOptions options = quick(100);
    options.adversary_weight = adversary ? 1 : 0;
    options.num_sources = 2;
    {
      SegmentNetTrainer trainer(net, options);
      for (std::uint64_t i = 0; i < 100; ++i) {
        trainer.step(batch_of_two_sources(small_config(), 8, 100 + i));
      }
    }
    const SegmentBatch unseen = batch_of_two_sources(small_config(), 80, 7);
    const std::vector<double> odds = log_odds(net, unseen.segments);
    int right = 0;
    for (std::size_t i = 0; i < odds.size(); ++i) right += (odds[i] > 0) == (i % 2 == 1);
    EXPECT_GE(right, 76);
    distance[adversary ? 1 : 0] = distance_of_sources(net, unseen);
    EXPECT_EQ(net.parameter_names(), SegmentNet(small_config(), 1).parameter_names());
  }
  EXPECT_LT(distance[1], 0.5 * distance[0]);
}

TEST(SegmentNet, AStoppedTrainingAgainstAnAdversaryGoesOnToTheSameWeights) {
  const auto folder = fs::temp_directory_path() / ("adversary-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  TrainerOptions options = quick(12);
  options.adversary_weight = 0.5;
  options.num_sources = 2;
  std::string bytes[2];
  for (const bool stopped : {false, true}) {
    SegmentNet net(small_config(), 3);
    auto trainer = std::make_unique<SegmentNetTrainer>(net, options);
    for (std::uint64_t i = 0; i < 12; ++i) {
      if (stopped && i == 5) {
        trainer->save_checkpoint(folder / "a.ckpt");
        for (int lost = 0; lost < 2; ++lost) {
          trainer->step(batch_of_two_sources(small_config(), 8, 900));
        }
        trainer->load_checkpoint(folder / "a.ckpt");
      }
      trainer->step(batch_of_two_sources(small_config(), 8, i));
    }
    trainer.reset();
    bytes[stopped ? 1 : 0] = to_safetensors(net.to_tensors());
  }
  EXPECT_EQ(bytes[0], bytes[1]);
  fs::remove_all(folder);
}

/// A tremolo in the lower or in the upper half of the mels: the same picture, shifted.
SegmentBatch low_or_high_batch(const SegmentNetConfig& config, int n, std::uint64_t seed) {
  Rng rng(seed, "batch");
  SegmentBatch batch;
  for (int i = 0; i < n; ++i) {
    const std::int64_t label = i % 2;
    batch.targets.insert(batch.targets.end(), {label, -1});
    const int first = label == 1 ? config.num_mels / 2 + 4 : 4;
    for (int m = 0; m < config.num_mels; ++m) {
      const double loud = m >= first && m < first + 4 ? 2.0 : 0.0;
      for (int t = 0; t < config.num_windows; ++t) {
        batch.segments.push_back(static_cast<float>(0.3 * rng.normal() + loud * std::sin(0.9 * t)));
      }
    }
    batch.step_targets.insert(batch.step_targets.end(), config.num_steps(), label);
  }
  return batch;
}

TEST(SegmentNet, WithThePositionOfARowItKnowsLowFromHigh) {
  const auto wrong = [](bool mel_position) {
    SegmentNetConfig config = small_config();
    config.channels = {8};  // sees three rows, and then their mean
    config.mel_position = mel_position;
    SegmentNet net(config, 3);
    SegmentNetTrainer trainer(net, quick(150));
    for (int step = 0; step < 150; ++step) {
      trainer.step(low_or_high_batch(config, 16, static_cast<std::uint64_t>(step)));
    }
    const SegmentBatch held_out = low_or_high_batch(config, 40, 1000);
    const std::vector<double> odds = log_odds(net, held_out.segments);
    int errors = 0;
    for (std::size_t i = 0; i < odds.size(); ++i) errors += (odds[i] > 0) != (i % 2 == 1);
    return errors;
  };
  EXPECT_EQ(wrong(true), 0);
  EXPECT_GT(wrong(false), 5);
}

TEST(SegmentNet, APositionTravelsWithTheWeightsAndWhereItIsNotSaidTheyAreRefused) {
  SegmentNetConfig config = small_config();
  config.mel_position = true;
  Safetensors content = SegmentNet(config, 3).to_tensors();
  EXPECT_TRUE(SegmentNet::from_tensors(content).config().mel_position);
  std::string& text = content.metadata.at("net_config");
  const std::string member = "\"mel_position\":true,";
  const std::size_t at = text.find(member);
  ASSERT_NE(at, std::string::npos);
  text.erase(at, member.size());
  EXPECT_THROW(SegmentNet::from_tensors(content), Error);
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
  EXPECT_EQ(net.num_parameters(), 47838U);
  EXPECT_LT(to_safetensors(net.to_tensors()).size(), 1000000U);
}

TEST(SegmentNet, SavedAndLoadedNetworksAgreeToTheBit) {
  SegmentNet net(small_config(), 9);
  const SegmentBatch batch = tremolo_batch(small_config(), 6, 2);
  {
    SegmentNetTrainer trainer(net, quick(10));
    for (int i = 0; i < 10; ++i) trainer.step(batch);
  }
  const auto bytes = to_safetensors(net.to_tensors());
  const SegmentNet loaded = SegmentNet::from_tensors(parse_safetensors(bytes, "memory"));
  EXPECT_EQ(log_odds(net, batch.segments), log_odds(loaded, batch.segments));
  EXPECT_EQ(to_safetensors(loaded.to_tensors()), bytes);
}

TEST(SegmentNet, ASegmentsScoreDoesNotDependOnItsNeighboursOrTheThread) {
  const SegmentNet net(small_config(), 9);
  const SegmentBatch batch = tremolo_batch(small_config(), 4, 2);
  const std::vector<double> all = log_odds(net, batch.segments);
  const std::size_t size = small_config().segment_size();
  for (std::size_t i = 0; i < 4; ++i) {
    const auto first = batch.segments.begin() + static_cast<std::ptrdiff_t>(i * size);
    const std::vector<float> one(first, first + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(log_odds(net, one)[0], all[i]);
  }
  std::vector<std::vector<double>> results(3);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] { result = log_odds(net, batch.segments); });
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
        const SegmentBatch batch = tremolo_batch(config, 8, i);
        trainer.step(batch);
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
      const SegmentBatch batch = tremolo_batch(config, 8, i);
      trainer.step(batch);
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
  EXPECT_THROW(net.score(segments), Error);
  SegmentNet trained(small_config(), 1);
  SegmentNetTrainer trainer(trained, quick(10));
  SegmentBatch batch = tremolo_batch(small_config(), 4, 1);
  batch.step_targets.pop_back();
  EXPECT_THROW(trainer.step(batch), Error);
  TrainerOptions options = quick(10);
  options.group_weights = {1.0};
  EXPECT_THROW(SegmentNetTrainer(trained, options), Error);
}

TEST(SegmentNet, UnknownDevicesAreNamed) {
  SegmentNet net(small_config(), 1);
  TrainerOptions options;
  options.device = "abacus";
  EXPECT_THROW(SegmentNetTrainer(net, options), Error);
}

}  // namespace
}  // namespace brandiron::models
