#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <thread>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/models/lattice_net.h"

namespace brandiron::models {
namespace {

namespace fs = std::filesystem;

constexpr int kBands = 8;

LatticeNetConfig small_config() {
  LatticeNetConfig config;
  config.num_bands = kBands;
  config.channels = 6;
  return config;
}

struct Tables {
  std::size_t rows = 0;
  std::vector<float> level, depth, weight, sign;
  LatticeInput input() const { return {rows, level, depth, weight}; }
};

/// A smooth host, of which the neighbours tell much, moved by signs: the weights given hold the
/// plain level and know nothing of smoothness.
Tables marked_host(std::size_t rows, const Rng& host_rng, std::uint64_t marking) {
  Tables t;
  t.rows = rows;
  Rng host = host_rng, signs(marking, "signs");
  std::vector<double> state(kBands, 0.0);
  for (std::size_t r = 0; r < rows; ++r) {
    for (int b = 0; b < kBands; ++b) {
      double& x = state[static_cast<std::size_t>(b)];
      x = 0.95 * x + 0.6 * host.normal();
      const float sign = signs.chance(0.5) ? 1.0F : -1.0F;
      t.sign.push_back(sign);
      t.level.push_back(static_cast<float>(40 + x) + 0.5F * sign);
      t.depth.push_back(0.5F);
      t.weight.push_back(0.5F * static_cast<float>(std::clamp((x + 0.5 * sign) / 2, -2.5, 2.5)));
    }
  }
  return t;
}

double train_steps(LatticeNetTrainer& trainer, std::uint64_t until) {
  double last = 0;
  while (trainer.steps_done() < until) {
    std::vector<Tables> tables;
    for (std::uint64_t k = 0; k < 8; ++k) {
      const std::uint64_t draw = trainer.steps_done() * 100 + k;
      tables.push_back(marked_host(60, Rng(draw / 2, "host"), draw));
    }
    std::vector<LatticePair> pairs;
    for (std::size_t k = 0; k < tables.size(); k += 2) {
      pairs.push_back(
          {tables[k].input(), tables[k + 1].input(), tables[k].sign, tables[k + 1].sign, 1.0});
    }
    last = trainer.step(pairs);
  }
  return last;
}

double statistic(const Tables& tables, const std::vector<float>& weights) {
  double sum = 0, energy = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    sum += static_cast<double>(tables.sign[i]) * weights[i];
    energy += static_cast<double>(weights[i]) * weights[i];
  }
  return sum / std::sqrt(energy);
}

LatticeTrainerOptions quick(std::uint64_t steps) {
  LatticeTrainerOptions options;
  options.total_steps = steps;
  options.learning_rate = 1e-2;
  return options;
}

TEST(LatticeNet, ReturnsNearlyTheWeightsItIsGivenWhenFresh) {
  const Tables tables = marked_host(100, Rng(1, "host"), 2);
  const LatticeNet net(small_config(), 7);
  const std::vector<float> refined = net.refine(tables.input());
  double dot = 0, a = 0, b = 0;
  for (std::size_t i = 0; i < refined.size(); ++i) {
    dot += static_cast<double>(refined[i]) * tables.weight[i];
    a += static_cast<double>(refined[i]) * refined[i];
    b += static_cast<double>(tables.weight[i]) * tables.weight[i];
  }
  EXPECT_GT(dot / std::sqrt(a * b), 0.9);
}

TEST(LatticeNet, LearnsToPredictTheHostFromItsSurroundings) {
  LatticeNet net(small_config(), 7);
  const Tables unseen = marked_host(600, Rng(777, "host"), 778);
  const double before = statistic(unseen, net.refine(unseen.input()));
  {
    LatticeNetTrainer trainer(net, quick(120));
    train_steps(trainer, 120);
  }
  EXPECT_GT(statistic(unseen, net.refine(unseen.input())), 1.2 * before);
}

TEST(LatticeNet, GivesTheSameBitsTwiceAndInAnotherThread) {
  const Tables tables = marked_host(100, Rng(1, "host"), 2);
  const LatticeNet net(small_config(), 7);
  const std::vector<float> here = net.refine(tables.input());
  EXPECT_EQ(net.refine(tables.input()), here);
  std::vector<float> there;
  std::thread([&] { there = net.refine(tables.input()); }).join();
  EXPECT_EQ(there, here);
}

TEST(LatticeNet, WorksThroughLongTablesWithoutASeam) {
  // A host that repeats: away from the ends the answer repeats too, also where one piece of 1536
  // rows meets the next.
  constexpr std::size_t kPeriod = 64, kSeam = 1536;
  const Tables period = marked_host(kPeriod, Rng(1, "host"), 2);
  Tables whole;
  for (int k = 0; k < 26; ++k) {
    whole.rows += period.rows;
    whole.level.insert(whole.level.end(), period.level.begin(), period.level.end());
    whole.depth.insert(whole.depth.end(), period.depth.begin(), period.depth.end());
    whole.weight.insert(whole.weight.end(), period.weight.begin(), period.weight.end());
  }
  const std::vector<float> refined = LatticeNet(small_config(), 7).refine(whole.input());
  for (std::size_t i = (kSeam - 10) * kBands; i < (kSeam + 10) * kBands; ++i) {
    EXPECT_NEAR(refined[i], refined[i - kPeriod * kBands], 1e-5);
  }
}

TEST(LatticeNet, ComesBackFromItsFileUnchanged) {
  const Tables tables = marked_host(50, Rng(1, "host"), 2);
  const LatticeNet net(small_config(), 7);
  const LatticeNet copy =
      LatticeNet::from_tensors(parse_safetensors(to_safetensors(net.to_tensors()), "copy"));
  EXPECT_EQ(copy.refine(tables.input()), net.refine(tables.input()));
}

TEST(LatticeNet, RefusesTensorsOfAnotherNetwork) {
  Safetensors content = LatticeNet(small_config(), 7).to_tensors();
  content.metadata["architecture"] = "brandiron.segment-net/1";
  EXPECT_THROW(LatticeNet::from_tensors(content), Error);
  content = LatticeNet(small_config(), 7).to_tensors();
  content.tensors.pop_back();
  EXPECT_THROW(LatticeNet::from_tensors(content), Error);
}

TEST(LatticeNet, RefusesTablesThatDoNotFit) {
  Tables tables = marked_host(50, Rng(1, "host"), 2);
  tables.depth.pop_back();
  EXPECT_THROW(LatticeNet(small_config(), 7).refine(tables.input()), Error);
}

TEST(LatticeNetTrainer, RefusesADeviceThatIsNotThereInOneLine) {
  LatticeTrainerOptions options = quick(10);
  options.device = "abacus";
  EXPECT_THROW(options.validate(), Error);
  options.device = "cuda";
  LatticeNet net(small_config(), 3);
  try {
    const LatticeNetTrainer trainer(net, options);
    GTEST_SKIP() << "there is a CUDA device here";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
  }
}

TEST(LatticeNetTrainer, StoppingAtACheckpointChangesNothing) {
  const fs::path path =
      fs::temp_directory_path() / ("lattice-checkpoint-" + std::to_string(::getpid()) + ".pt");
  LatticeNet straight(small_config(), 3), stopped(small_config(), 3), resumed(small_config(), 99);
  {
    LatticeNetTrainer trainer(straight, quick(10));
    train_steps(trainer, 10);
  }
  {
    LatticeNetTrainer trainer(stopped, quick(10));
    train_steps(trainer, 5);
    trainer.save_checkpoint(path);
  }
  {
    LatticeNetTrainer trainer(resumed, quick(10));
    trainer.load_checkpoint(path);
    train_steps(trainer, 10);
  }
  fs::remove(path);
  EXPECT_EQ(to_safetensors(resumed.to_tensors()), to_safetensors(straight.to_tensors()));
}

}  // namespace
}  // namespace brandiron::models
