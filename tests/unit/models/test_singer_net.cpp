#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <thread>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/models/singer_net.h"

namespace brandiron::models {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWindow = 64;

SingerNetConfig small_config() {
  SingerNetConfig config;
  config.voices = {"low", "high"};
  config.channels = 16;
  config.layers = 2;
  return config;
}

std::vector<SingerPhone> phones(std::uint64_t seed) {
  Rng rng(seed, "phones");
  std::vector<SingerPhone> out;
  for (int i = 0; i < 12; ++i) {
    SingerPhone p;
    p.id = static_cast<int>(rng.below(5));
    p.frames = 6 + static_cast<int>(rng.below(8));
    out.push_back(p);
  }
  return out;
}

// Each phone has its own slope of the spectrum, each voice its own level; odd phones are noisy.
std::vector<float> spoken(const std::vector<SingerPhone>& list, bool high) {
  std::vector<float> out;
  for (const SingerPhone& p : list) {
    for (int f = 0; f < p.frames; ++f) {
      for (int b = 0; b < kSingerBands; ++b) {
        out.push_back((high ? -30.0F : -42.0F) +
                      0.3F * static_cast<float>(p.id - 2) * static_cast<float>(b - 32));
      }
      for (int s = 0; s < kSingerShares; ++s) out.push_back(p.id % 2 == 1 ? 1.0F : 0.0F);
    }
  }
  return out;
}

// What a draft knows: the voice's level, half of the slope, and nothing of the noise.
std::vector<float> draft_of(const std::vector<float>& wanted) {
  std::vector<float> out = wanted;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % kSingerOutputs >= kSingerBands) {
      out[i] = 0.5F;
    } else {
      const std::size_t frame = i / kSingerOutputs * kSingerOutputs;
      out[i] = 0.5F * (out[i] + wanted[frame + 32]);
    }
  }
  return out;
}

std::vector<float> drafted(const std::vector<SingerPhone>& list) {
  return draft_of(spoken(list, false));
}

double absolute_db(const SingerNet& net, std::uint64_t seed, bool high) {
  const auto list = phones(seed);
  const std::vector<float> voice = {high ? 0.0F : 1.0F, high ? 1.0F : 0.0F};
  const auto wanted = spoken(list, high);
  const auto made = net.envelopes(list, draft_of(wanted), voice);
  double sum = 0;
  for (std::size_t i = 0; i < made.size(); ++i) {
    sum += std::abs(static_cast<double>(made[i] - wanted[i]));
  }
  return sum / static_cast<double>(made.size());
}

void train(SingerNetTrainer& trainer, std::uint64_t until) {
  while (trainer.steps_done() < until) {
    std::vector<std::vector<SingerPhone>> lists;
    std::vector<std::vector<float>> drafts, targets;
    for (std::uint64_t i = 0; i < 4; ++i) {
      lists.push_back(phones(1000 + trainer.steps_done() * 4 + i));
      targets.push_back(spoken(lists.back(), i % 2 == 1));
      drafts.push_back(draft_of(targets.back()));
    }
    std::vector<SingerExample> batch;
    const auto window = [](const std::vector<float>& all) {
      return std::span(all).subspan(4 * kSingerOutputs, kWindow * kSingerOutputs);
    };
    for (std::size_t i = 0; i < lists.size(); ++i) {
      const std::vector<float> voice = {i % 2 == 1 ? 0.0F : 1.0F, i % 2 == 1 ? 1.0F : 0.0F};
      batch.push_back({lists[i], 4, kWindow, voice, window(drafts[i]), window(targets[i])});
    }
    trainer.step(batch);
  }
}

SingerTrainerOptions quick(std::uint64_t steps) {
  SingerTrainerOptions options;
  options.total_steps = steps;
  options.learning_rate = 5e-3;
  return options;
}

SingerNet scaled() {
  SingerNet net(small_config(), 3);
  net.set_scale(std::vector<float>(kSingerBands, -36.0F), std::vector<float>(kSingerBands, 10.0F));
  return net;
}

TEST(SingerNet, LearnsPhonesAndVoicesIncludingWhatTheRivalAsks) {
  SingerNet net = scaled();
  const double before = absolute_db(net, 7, false);
  {
    SingerNetTrainer trainer(net, quick(120));
    train(trainer, 120);
  }
  EXPECT_LT(absolute_db(net, 7, false), 0.4 * before);
  EXPECT_LT(absolute_db(net, 8, true), 0.4 * before);
}

double join_step_db(const SingerNet& net, std::uint64_t seed) {
  const auto list = phones(seed);
  const auto made = net.envelopes(list, drafted(list), std::vector<float>{1.0F, 0.0F});
  double sum = 0;
  std::size_t frame = 0;
  for (std::size_t i = 0; i + 1 < list.size(); ++i) {
    frame += static_cast<std::size_t>(list[i].frames);
    for (std::size_t b = 0; b < kSingerBands; ++b) {
      sum += std::abs(static_cast<double>(made[frame * kSingerOutputs + b] -
                                          made[(frame - 1) * kSingerOutputs + b]));
    }
  }
  return sum;
}

TEST(SingerNet, SmoothsTheJoinsAsFarAsItIsAsked) {
  const auto trained = [](double joins) {
    SingerNet net = scaled();
    SingerTrainerOptions options = quick(80);
    options.objective.joins = joins;
    options.objective.join_share = 0.3;
    SingerNetTrainer trainer(net, options);
    train(trainer, 80);
    return net.to_tensors();
  };
  const SingerNet asked = SingerNet::from_tensors(trained(4.0)),
                  left = SingerNet::from_tensors(trained(0.0));
  EXPECT_LT(join_step_db(asked, 9), 0.8 * join_step_db(left, 9));
}

TEST(SingerNet, GoesOnFromACheckpointAsIfItHadNeverStopped) {
  const fs::path path =
      fs::temp_directory_path() / ("brandiron-singer-" + std::to_string(::getpid()) + ".pt");
  SingerNet whole = scaled(), parts = scaled();
  {
    SingerNetTrainer trainer(whole, quick(10));
    train(trainer, 10);
  }
  {
    SingerNetTrainer trainer(parts, quick(10));
    train(trainer, 6);
    trainer.save_checkpoint(path);
  }
  SingerNet other = scaled();
  {
    SingerNetTrainer trainer(other, quick(10));
    trainer.load_checkpoint(path);
    EXPECT_EQ(trainer.steps_done(), 6U);
    train(trainer, 10);
  }
  fs::remove(path);
  fs::remove(path.string() + ".rival");
  EXPECT_EQ(to_safetensors(other.to_tensors()), to_safetensors(whole.to_tensors()));
}

TEST(SingerNet, GivesTheSameBitsTwiceInAnotherThreadAndAfterItsFile) {
  const SingerNet net = scaled();
  const auto list = phones(1);
  const std::vector<float> voice = {0.5F, 0.5F};
  const auto here = net.envelopes(list, drafted(list), voice);
  std::vector<float> there;
  std::thread([&] { there = net.envelopes(list, drafted(list), voice); }).join();
  EXPECT_EQ(there, here);
  const SingerNet again =
      SingerNet::from_tensors(parse_safetensors(to_safetensors(net.to_tensors()), "weights"));
  EXPECT_EQ(again.config().voices, net.config().voices);
  EXPECT_EQ(again.envelopes(list, drafted(list), voice), here);
}

TEST(SingerNet, KnowsThePhonesOnBothSidesOfAPhone) {
  const SingerNet net = scaled();
  auto list = phones(1);
  const std::vector<float> voice = {1.0F, 0.0F};
  const auto before = net.envelopes(list, drafted(list), voice);
  list[5].id = (list[5].id + 1) % 5;
  const auto after = net.envelopes(list, drafted(list), voice);
  std::size_t start = 0;
  for (std::size_t i = 0; i < 4; ++i) start += static_cast<std::size_t>(list[i].frames);
  const std::size_t middle =
      (start + static_cast<std::size_t>(list[4].frames) / 2) * kSingerOutputs;
  EXPECT_NE(after[middle], before[middle]) << "the phone in front of the changed one";
}

TEST(SingerNet, MakesOneFrameForEachAskedForAndSharesInsideZeroToOne) {
  const SingerNet net = scaled();
  const auto list = phones(3);
  std::size_t count = 0;
  for (const SingerPhone& p : list) count += static_cast<std::size_t>(p.frames);
  const auto made = net.envelopes(list, drafted(list), std::vector<float>{1.0F, 0.0F});
  ASSERT_EQ(made.size(), count * kSingerOutputs);
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (i % kSingerOutputs < kSingerBands) continue;
    EXPECT_GE(made[i], 0.0F);
    EXPECT_LE(made[i], 1.0F);
  }
  EXPECT_TRUE(net.envelopes({}, {}, std::vector<float>{1.0F, 0.0F}).empty());
}

TEST(SingerNet, RefusesWhatItCannotSing) {
  const SingerNet net = scaled();
  const std::vector<float> voice = {1.0F, 0.0F};
  for (const auto& change : std::vector<std::function<void(SingerPhone&)>>{
           [](SingerPhone& p) { p.id = 41; }, [](SingerPhone& p) { p.id = -1; },
           [](SingerPhone& p) { p.frames = 0; }, [](SingerPhone& p) { p.frames = 1 << 30; },
           [](SingerPhone& p) { p.pitch = std::nanf(""); }}) {
    auto list = phones(1);
    const auto draft = drafted(list);
    change(list[3]);
    EXPECT_THROW(net.envelopes(list, draft, voice), Error);
  }
  const auto list = phones(1);
  auto draft = drafted(list);
  EXPECT_THROW(net.envelopes(list, draft, std::vector<float>{1.0F}), Error);
  draft[100] = std::nanf("");
  EXPECT_THROW(net.envelopes(list, draft, voice), Error) << "a draft that is not a number";
  draft.pop_back();
  EXPECT_THROW(net.envelopes(list, draft, voice), Error) << "a draft of another length";
  SingerNetConfig config = small_config();
  config.voices = {"same", "same"};
  EXPECT_THROW(SingerNet(config, 1), Error);
  Safetensors other = net.to_tensors();
  other.metadata["architecture"] = "brandiron.lattice-net/1";
  EXPECT_THROW(SingerNet::from_tensors(other), Error);
}

}  // namespace
}  // namespace brandiron::models
