#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/models/sequence_net.h"

namespace brandiron::models {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSteps = 12;
constexpr int kWords = 9;

/// Two inputs, two layers, three heads: one tied, two with heads before them.
SequenceConfig config() {
  SequenceConfig c;
  c.inputs = {{"word", kWords + 1, 12}, {"place", 4, 3}};
  c.hidden = 24;
  c.layers = 2;
  c.heads = {{"word", kWords, 12, "word"}, {"long", 2, 8, ""}, {"end", 3, 8, ""}};
  return c;
}

struct Sequences {
  std::vector<int> inputs, targets;
  std::vector<float> weights;

  SequenceBatch batch(std::size_t n) const { return {n, kSteps, inputs, targets, weights}; }
};

/// The next word is the last one plus the place, modulo (a sum is hard to learn: chance is 2.2
/// nats); it is long when even; `end` copies the word before by threes. Every fifth step is not
/// asked.
Sequences counting(std::size_t n, std::uint64_t seed) {
  Rng rng(seed, "counting");
  Sequences s;
  for (std::size_t i = 0; i < n; ++i) {
    int word = static_cast<int>(rng.below(kWords));
    for (std::size_t t = 0; t < kSteps; ++t) {
      const int place = static_cast<int>(rng.below(4));
      const int next = (word + place) % kWords;
      s.inputs.insert(s.inputs.end(), {t == 0 ? kWords : word, place});
      if (t == 0) s.inputs[s.inputs.size() - 2] = word;
      s.targets.insert(s.targets.end(), {next, next % 2, word % 3});
      const float weight = t % 5 == 4 ? 0.0F : 1.0F;
      s.weights.insert(s.weights.end(), {weight, weight, weight});
      word = next;
    }
  }
  return s;
}

SequenceTrainerOptions quick(std::uint64_t steps) {
  SequenceTrainerOptions o;
  o.total_steps = steps;
  o.learning_rate = 1e-2;
  o.dropout_input = o.dropout_hidden = o.dropout_output = 0.05;
  return o;
}

void train(SequenceTrainer& trainer, std::uint64_t until) {
  while (trainer.steps_done() < until) {
    const Sequences s = counting(16, 100 + trainer.steps_done());
    trainer.step(s.batch(16));
  }
}

/// -ln P of each head over a batch by the lean model.
std::vector<double> lean_nats(const SequenceModel& model, const Sequences& s, std::size_t n) {
  const std::size_t inputs = model.config().inputs.size(), heads = model.config().heads.size();
  std::vector<double> sums(heads, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    SequenceState state = model.start();
    for (std::size_t t = 0; t < kSteps; ++t) {
      const std::size_t at = i * kSteps + t;
      model.step(state, std::span(s.inputs).subspan(at * inputs, inputs));
      const auto values = std::span(s.targets).subspan(at * heads, heads);
      for (std::size_t k = 0; k < heads; ++k) {
        const auto log_p = model.log_probabilities(state, static_cast<int>(k), values.first(k));
        sums[k] -= static_cast<double>(s.weights[at * heads + k]) *
                   static_cast<double>(log_p[static_cast<std::size_t>(values[k])]);
      }
    }
  }
  return sums;
}

void expect_error(ErrorCode code, const std::function<void()>& work) {
  try {
    work();
    ADD_FAILURE() << "expected an Error";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code) << e.what();
  }
}

TEST(SequenceNet, TheLeanModelGivesTheSameProbabilities) {
  SequenceNet net(config(), 5);
  SequenceTrainer trainer(net, quick(40));
  train(trainer, 40);
  const Sequences s = counting(4, 7);
  const auto torch_costs = trainer.evaluate(s.batch(4));
  const auto lean = lean_nats(SequenceModel::from_tensors(net.to_tensors()), s, 4);
  ASSERT_EQ(torch_costs.size(), lean.size());
  for (std::size_t k = 0; k < lean.size(); ++k) {
    EXPECT_GT(torch_costs[k].weight, 0);
    EXPECT_NEAR(torch_costs[k].nats / torch_costs[k].weight, lean[k] / torch_costs[k].weight, 1e-4)
        << "head " << k;
  }
}

TEST(SequenceNet, LearnsWhatTheInputsSayAndWhatEarlierHeadsSay) {
  SequenceNet net(config(), 5);
  SequenceTrainer trainer(net, quick(500));
  const Sequences s = counting(32, 7);
  const auto before = trainer.evaluate(s.batch(32));
  train(trainer, 500);
  const auto after = trainer.evaluate(s.batch(32));
  for (std::size_t k = 0; k < after.size(); ++k) {
    EXPECT_GT(before[k].nats / before[k].weight, k == 0 ? 2.0 : 0.4) << "head " << k;
    EXPECT_LT(after[k].nats / after[k].weight, k == 0 ? 1.5 : 0.1) << "head " << k;
  }
}

TEST(SequenceNet, WhatHasNoWeightIsNotLearnt) {
  Sequences s = counting(8, 3);
  Sequences other = s;
  for (std::size_t i = 0; i < s.weights.size(); ++i) {
    if (s.weights[i] == 0) other.targets[i] = 0;
  }
  SequenceNet a(config(), 5), b(config(), 5);
  SequenceTrainer train_a(a, quick(10)), train_b(b, quick(10));
  for (int i = 0; i < 3; ++i) {
    train_a.step(s.batch(8));
    // The heads after a changed target are not asked either: `counting` masks whole steps.
    train_b.step(other.batch(8));
  }
  EXPECT_EQ(to_safetensors(a.to_tensors()), to_safetensors(b.to_tensors()));
}

TEST(SequenceNet, StoppingAndGoingOnChangesNothing) {
  const fs::path path =
      fs::temp_directory_path() / ("brandiron_sequence_" + std::to_string(::getpid()) + ".pt");
  SequenceNet whole(config(), 5), parted(config(), 5);
  {
    SequenceTrainer trainer(whole, quick(20));
    train(trainer, 20);
  }
  {
    SequenceTrainer trainer(parted, quick(20));
    train(trainer, 9);
    trainer.save_checkpoint(path);
  }
  SequenceNet resumed(config(), 99);
  SequenceTrainer trainer(resumed, quick(20));
  trainer.load_checkpoint(path);
  EXPECT_EQ(trainer.steps_done(), 9U);
  train(trainer, 20);
  EXPECT_EQ(to_safetensors(resumed.to_tensors()), to_safetensors(whole.to_tensors()));
  fs::remove(path);
}

TEST(SequenceNet, ComesBackFromItsFile) {
  const SequenceNet net(config(), 5);
  const std::string bytes = to_safetensors(net.to_tensors());
  const SequenceNet back = SequenceNet::from_tensors(parse_safetensors(bytes, "memory"));
  EXPECT_EQ(to_safetensors(back.to_tensors()), bytes);
  EXPECT_EQ(SequenceModel::from_tensors(net.to_tensors()).num_parameters(), net.num_parameters());
}

TEST(SequenceNet, HalvesTakeHalfTheSpaceAndChangeLittle) {
  SequenceNet net(config(), 5);
  SequenceTrainer trainer(net, quick(40));
  train(trainer, 40);
  const std::string whole = to_safetensors(net.to_tensors());
  const std::string halves = to_safetensors(net.to_tensors(TensorStorage::kF16));
  EXPECT_LT(halves.size(), whole.size() * 3 / 5);
  const Sequences s = counting(4, 7);
  const auto a = lean_nats(SequenceModel::from_tensors(parse_safetensors(whole, "a")), s, 4);
  const auto b = lean_nats(SequenceModel::from_tensors(parse_safetensors(halves, "b")), s, 4);
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], b[k], 0.01 * a[k] + 0.01);
}

TEST(SequenceModel, ManyStatesGiveTheBitsOfOne) {
  const SequenceModel model = SequenceModel::from_tensors(SequenceNet(config(), 5).to_tensors());
  std::vector<SequenceState> states(5, model.start());
  std::vector<const SequenceState*> pointers;
  for (std::size_t i = 0; i < states.size(); ++i) {
    for (std::size_t t = 0; t <= i; ++t) {
      model.step(states[i], std::array{static_cast<int>(t), 1});
    }
    pointers.push_back(&states[i]);
  }
  const std::array earlier = {3, 1};
  const auto rows = model.log_probabilities(pointers, 2, earlier);
  for (std::size_t i = 0; i < states.size(); ++i) {
    EXPECT_EQ(rows[i], model.log_probabilities(states[i], 2, earlier));
  }
  EXPECT_NE(rows[0], rows[1]);
}

TEST(SequenceModel, ALogitIsTheProbabilityUpToOneNumberOfTheState) {
  const SequenceModel model = SequenceModel::from_tensors(SequenceNet(config(), 5).to_tensors());
  SequenceState state = model.start();
  model.step(state, std::array{2, 3});
  const std::array earlier = {3};
  const auto log_p = model.log_probabilities(state, 1, earlier);
  EXPECT_NEAR(model.logit(state, 1, 0, earlier) - log_p[0],
              model.logit(state, 1, 1, earlier) - log_p[1], 1e-6);
  expect_error(ErrorCode::kInvalidArgument, [&] { model.logit(state, 1, 2, earlier); });
}

TEST(SequenceNet, LearnsToNormaliseItself) {
  const auto mean_log_z = [](double weight) {
    SequenceNet net(config(), 5);
    SequenceTrainerOptions options = quick(300);
    options.self_normalisation = weight;
    SequenceTrainer trainer(net, options);
    train(trainer, 300);
    const SequenceModel model = SequenceModel::from_tensors(net.to_tensors());
    SequenceState state = model.start();
    double sum = 0;
    for (int t = 0; t < 8; ++t) {
      model.step(state, std::array{t, t % 4});
      sum += std::abs(
          static_cast<double>(model.logit(state, 0, 0) - model.log_probabilities(state, 0)[0]));
    }
    return sum / 8;
  };
  EXPECT_LT(mean_log_z(0.1), 0.6);
  EXPECT_GT(mean_log_z(0), 1.0);
}

TEST(SequenceModel, ProbabilitiesSumToOne) {
  const SequenceModel model = SequenceModel::from_tensors(SequenceNet(config(), 5).to_tensors());
  SequenceState state = model.start();
  model.step(state, std::array{2, 3});
  for (int head = 0; head < 3; ++head) {
    const std::vector<int> earlier(static_cast<std::size_t>(head), 1);
    double sum = 0;
    for (const float x : model.log_probabilities(state, head, earlier)) sum += std::exp(x);
    EXPECT_NEAR(sum, 1.0, 1e-5) << "head " << head;
  }
}

TEST(SequenceModel, RefusesWhatDoesNotFit) {
  const SequenceModel model = SequenceModel::from_tensors(SequenceNet(config(), 5).to_tensors());
  SequenceState state = model.start();
  const auto invalid = ErrorCode::kInvalidArgument;
  expect_error(invalid, [&] { model.step(state, std::array{kWords + 1, 0}); });
  expect_error(invalid, [&] { model.step(state, std::array{0, -1}); });
  expect_error(invalid, [&] { model.step(state, std::array{0}); });
  expect_error(invalid, [&] { model.step(state, std::array{0, 0, 0}); });
  std::string json = sequence_config_json(config());
  json.insert(1, "\"numbers\":1,");
  expect_error(ErrorCode::kModel, [&] { parse_sequence_config(json); });
  expect_error(invalid, [&] { model.log_probabilities(state, 3); });
  expect_error(invalid, [&] { model.log_probabilities(state, 1); });
  expect_error(invalid, [&] { model.log_probabilities(state, 1, std::array{kWords}); });
}

TEST(SequenceModel, RefusesForeignFiles) {
  const Safetensors good = SequenceNet(config(), 5).to_tensors();
  const auto refused = [&](const std::function<void(Safetensors&)>& damage) {
    Safetensors content = good;
    damage(content);
    expect_error(ErrorCode::kModel, [&] { SequenceModel::from_tensors(content); });
  };
  refused([](Safetensors& c) { c.metadata["architecture"] = "brandiron.singer-net/1"; });
  refused([](Safetensors& c) { c.metadata["net_config"] = "[]"; });
  refused([](Safetensors& c) { c.metadata.erase("net_config"); });
  refused([](Safetensors& c) { c.tensors.pop_back(); });
  refused([](Safetensors& c) { c.tensors.front().name = "other"; });
  refused([](Safetensors& c) { c.tensors.front().shape = {1, 2}; });
  refused([](Safetensors& c) {
    c.tensors.front().data.front() = std::numeric_limits<float>::quiet_NaN();
  });
}

TEST(SequenceConfig, RefusesImpossibleShapes) {
  const auto refused = [](const std::function<void(SequenceConfig&)>& damage) {
    SequenceConfig c = config();
    damage(c);
    expect_error(ErrorCode::kModel, [&] { c.validate(); });
  };
  refused([](SequenceConfig& c) { c.inputs.clear(); });
  refused([](SequenceConfig& c) { c.heads.clear(); });
  refused([](SequenceConfig& c) { c.heads[1].name = "word"; });
  refused([](SequenceConfig& c) { c.inputs[1].name = "a.b"; });
  refused([](SequenceConfig& c) { c.hidden = 4; });
  refused([](SequenceConfig& c) { c.layers = 4; });
  refused([](SequenceConfig& c) { c.heads[0].tied_to = "nothing"; });
  refused([](SequenceConfig& c) { c.heads[0].width = 11; });
  refused([](SequenceConfig& c) { c.heads[0].size = kWords + 2; });
  const SequenceConfig same = parse_sequence_config(sequence_config_json(config()));
  EXPECT_EQ(sequence_config_json(same), sequence_config_json(config()));
}

}  // namespace
}  // namespace brandiron::models
