#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/models/decoder_net.h"

namespace brandiron::models {
namespace {

namespace fs = std::filesystem;

DecoderNetConfig small_config(const std::string& family) {
  DecoderNetConfig c;
  c.family = family;
  c.channels = family == "istft" ? 32 : 64;
  c.layers = 2;
  c.encoder_channels = 2;
  c.code_size = 16;
  c.codebooks = 4;
  c.codebook_size = 64;
  c.codebook_dims = 4;
  return c;
}

/// A buzzing tone that comes and goes, drawn from `seed`.
std::vector<float> tone(std::uint64_t seed, std::size_t count) {
  Rng rng(seed, "tone");
  const double hz = rng.uniform(90, 400), beat = rng.uniform(1, 4);
  std::vector<float> out;
  for (std::size_t i = 0; i < count; ++i) {
    const double t = static_cast<double>(i) / kDecoderRateHz;
    double x = 0;
    for (int k = 1; k < 12; ++k) x += std::sin(6.283185307 * k * hz * t) / k;
    out.push_back(static_cast<float>(0.12 * x * (1 + std::sin(6.283185307 * beat * t)) +
                                     0.01 * rng.normal()));
  }
  return out;
}

std::vector<std::vector<float>> batch(std::uint64_t seed) {
  return {tone(seed, DecoderNetTrainer::kSegment), tone(seed + 1, DecoderNetTrainer::kSegment)};
}

class DecoderFamilies : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, DecoderFamilies,
                         ::testing::Values("hifigan", "encodec", "dac", "nearest", "istft"),
                         [](const auto& info) { return info.param; });

TEST_P(DecoderFamilies, GivesAsManySamplesAsItGetsAndKeepsSilence) {
  const DecoderNet net(small_config(GetParam()), 3);
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{1}, std::size_t{511}, std::size_t{30001}}) {
    const std::vector<float> made = net.decode(tone(1, count));
    EXPECT_EQ(made.size(), count);
    EXPECT_TRUE(std::all_of(made.begin(), made.end(), [](float x) { return std::isfinite(x); }));
  }
  std::vector<float> quiet(100000, 0.0F);
  EXPECT_EQ(net.decode(quiet), quiet);
  quiet[50000] = 0.5F;
  const std::vector<float> made = net.decode(quiet);
  EXPECT_EQ(made.front(), 0.0F);
  EXPECT_EQ(made.back(), 0.0F);
}

TEST_P(DecoderFamilies, DecodesPiecesAsItDecodesTheWhole) {
  // Longer than a chunk: had the context been too short, there would be a seam.
  const DecoderNet net(small_config(GetParam()), 4);
  const std::vector<float> sound = tone(2, 200000);
  const std::vector<float> whole = net.decode(sound);
  const std::size_t from = 2560 * 30;  // a multiple of every hop, well inside
  const std::vector<float> piece = net.decode(std::span(sound).subspan(from, sound.size() - from));
  double apart = 0, level = 0;
  for (std::size_t i = 30000; i < piece.size(); ++i) {
    apart = std::max(apart, std::abs(static_cast<double>(piece[i] - whole[from + i])));
    level = std::max(level, std::abs(static_cast<double>(whole[from + i])));
  }
  EXPECT_LT(apart, 1e-4 * level + 1e-7);
}

TEST_P(DecoderFamilies, DecodesOneAsItDecodesMany) {
  // One recording has loops of its own in some families, several go through LibTorch.
  DecoderNet net(small_config(GetParam()), 9);
  DecoderNetTrainer trainer(net, {});
  const std::vector<std::vector<float>> sounds(2, tone(5, DecoderNetTrainer::kSegment));
  const DecoderLosses one = trainer.measure(std::span(sounds).first(1));
  const DecoderLosses two = trainer.measure(sounds);
  EXPECT_NEAR(one.spectral, two.spectral, 1e-4 * two.spectral);
  EXPECT_NEAR(one.waveform, two.waveform, 1e-4 * std::abs(two.waveform) + 1e-6);
}

TEST_P(DecoderFamilies, LearnsATone) {
  DecoderNet net(small_config(GetParam()), 5);
  DecoderTrainerOptions options;
  options.total_steps = 30;
  options.learning_rate = 2e-3;
  options.objective.waveform = 0.5;
  DecoderNetTrainer trainer(net, options);
  const DecoderLosses before = trainer.measure(batch(7));
  for (int i = 0; i < 30; ++i) trainer.step(batch(7));
  const DecoderLosses after = trainer.measure(batch(7));
  EXPECT_LT(after.spectral, 0.8 * before.spectral);
  EXPECT_LT(after.mel, 0.8 * before.mel);
}

TEST_P(DecoderFamilies, AreSavedAndReadBack) {
  const DecoderNet net(small_config(GetParam()), 6);
  const DecoderNet again = DecoderNet::from_tensors(net.to_tensors());
  EXPECT_EQ(again.num_parameters(), net.num_parameters());
  const std::vector<float> sound = tone(3, 20000);
  EXPECT_EQ(net.decode(sound), again.decode(sound));
}

TEST(DecoderNet, GoesOnFromACheckpointAsIfItHadNotStopped) {
  const fs::path path =
      fs::temp_directory_path() / ("brandiron-decoder-" + std::to_string(::getpid()) + ".pt");
  DecoderTrainerOptions options;
  options.total_steps = 6;
  options.objective.adversarial = 0.1;
  options.objective.adversarial_from = 0.3;
  DecoderNet straight(small_config("dac"), 8), stopped(small_config("dac"), 8);
  {
    DecoderNetTrainer trainer(straight, options);
    for (std::uint64_t i = 0; i < 6; ++i) trainer.step(batch(i));
  }
  {
    DecoderNetTrainer trainer(stopped, options);
    for (std::uint64_t i = 0; i < 3; ++i) trainer.step(batch(i));
    trainer.save_checkpoint(path);
  }
  DecoderNet resumed(small_config("dac"), 9);
  {
    DecoderNetTrainer trainer(resumed, options);
    trainer.load_checkpoint(path);
    for (std::uint64_t i = trainer.steps_done(); i < 6; ++i) trainer.step(batch(i));
  }
  fs::remove(path);
  fs::remove(path.string() + ".rival");
  const std::vector<float> sound = tone(3, 20000);
  EXPECT_EQ(straight.decode(sound), resumed.decode(sound));
}

TEST(DecoderNet, UsesAsManyStagesAsTheBitRateAllows) {
  const DecoderNet net(small_config("encodec"), 10);
  EXPECT_NEAR(net.bitrate_kbps(4), 4 * 6 * 44100.0 / 320 / 1000, 1e-9);
  const std::vector<float> sound = tone(4, 20000);
  EXPECT_NE(net.decode(sound, 1), net.decode(sound, 4));
  EXPECT_EQ(net.decode(sound, 0), net.decode(sound, 4));
  EXPECT_THROW(net.decode(sound, 5), Error);
  EXPECT_EQ(DecoderNet(small_config("istft"), 1).bitrate_kbps(4), 0.0);
}

TEST(DecoderNet, RefusesWhatItCannotTake) {
  const DecoderNet net(small_config("nearest"), 11);
  std::vector<float> broken(1000, 0.1F);
  broken[5] = std::nanf("");
  EXPECT_THROW(net.decode(broken), Error);
  DecoderNetConfig config = small_config("hifigan");
  config.channels = 40;
  EXPECT_THROW(DecoderNet(config, 1), Error);
  config.family = "wavenet";
  EXPECT_THROW(DecoderNet(config, 1), Error);
  Safetensors content = net.to_tensors();
  content.tensors.pop_back();
  EXPECT_THROW(DecoderNet::from_tensors(content), Error);
  DecoderNet fresh(small_config("istft"), 1);
  DecoderNetTrainer trainer(fresh, {});
  const std::vector<std::vector<float>> short_segments = {std::vector<float>(100, 0.0F)};
  EXPECT_THROW(trainer.step(short_segments), Error);
}

TEST(DecoderNet, BeginsSmoothWhereItIsAskedTo) {
  DecoderNetConfig config = small_config("hifigan");
  config.smooth_start = true;
  const Safetensors content = DecoderNet(config, 12).to_tensors();
  EXPECT_TRUE(DecoderNet::from_tensors(content).config().smooth_start);
  const NamedTensor& up = content.tensor("generator.up_0.weight");  // (64, 32, 16), stride 8
  ASSERT_EQ(up.shape, (std::vector<std::int64_t>{64, 32, 16}));
  for (std::size_t pair = 0; pair < 64 * 32; pair += 97) {
    const float* taps = up.data.data() + pair * 16;
    // Whatever the phase, the two taps that meet a sample sum to the same.
    for (std::size_t phase = 1; phase < 8; ++phase) {
      EXPECT_NEAR(taps[phase] + taps[phase + 8], taps[0] + taps[8], 1e-5);
    }
  }
}

DecoderNetConfig lapped_config(const std::string& family, int room) {
  DecoderNetConfig c = small_config(family);
  c.channels = 128;
  c.encoder_channels = 8;
  c.frame_channels = c.code_size = room;
  c.lapped_start = true;
  c.leak = 1.0;
  return c;
}

double snr_db(const std::vector<float>& x, const std::vector<float>& y) {
  double signal = 0, error = 0;
  // Beyond the edges there are zeros.
  for (std::size_t i = 4096; i + 4096 < x.size(); ++i) {
    const auto a = static_cast<double>(x[i]), b = static_cast<double>(y[i]);
    signal += a * a;
    error += (a - b) * (a - b);
  }
  return 10 * std::log10(signal / error);
}

TEST(DecoderNet, GivesBackWhatItIsGivenWhereItBeginsAsALappedTransform) {
  const std::vector<float> sound = tone(4, 44100);
  const auto snr = [&](const std::string& family, int room, bool lapped = true) {
    DecoderNetConfig config = lapped_config(family, room);
    config.lapped_start = lapped;
    return snr_db(sound, DecoderNet(config, 1).decode(sound));
  };
  for (const std::string family : {"hifigan", "istft"}) {
    EXPECT_GT(snr(family, 512), 15.0) << family;
    // Half of the numbers: the lower half of the band, where the tone is.
    EXPECT_GT(snr(family, 256), 10.0) << family;
    EXPECT_LT(snr(family, 8), 6.0) << family;
  }
  EXPECT_LT(snr("hifigan", 512, false), 3.0);
  // Repetition cannot: it comes nearer than nothing.
  EXPECT_GT(snr("nearest", 512), 1.0);
}

TEST(DecoderNet, BeginsWithCodesFittedToWhatItCodes) {
  for (const std::string family : {"encodec", "dac"}) {
    DecoderNetConfig config = lapped_config(family, 64);
    config.codebooks = 8;
    config.codebook_size = 64;
    config.codebook_dims = 4;
    DecoderNet net(config, 1);
    DecoderNetTrainer trainer(net, {});
    const double before = trainer.measure(batch(3)).waveform;
    std::vector<std::vector<float>> heard = batch(3);
    for (std::uint64_t seed = 5; seed < 15; seed += 2) {
      for (std::vector<float>& segment : batch(seed)) heard.push_back(std::move(segment));
    }
    trainer.prepare(heard);
    // Of the energy that was lost, two thirds are found without a step of training.
    EXPECT_LT(trainer.measure(batch(3)).waveform, before / 3) << family;
  }
}

TEST(DecoderNet, KeepsItsCodesAtTheMeansOfWhatChoosesThem) {
  DecoderNetConfig config = small_config("encodec");
  config.lapped_start = true;
  DecoderNet net(config, 1);
  DecoderTrainerOptions options;
  options.learning_rate = 1e-6;  // nothing but the codes moves
  DecoderNetTrainer trainer(net, options);
  const double at_first = trainer.step(batch(3)).commitment;
  double later = 0;
  for (int i = 0; i < 30; ++i) later = trainer.step(batch(3)).commitment;
  EXPECT_LT(later, 0.5 * at_first);
}

TEST(DecoderNet, StoresHalvesWhereAsked) {
  const DecoderNet net(small_config("hifigan"), 3);
  const std::string whole = to_safetensors(net.to_tensors());
  const std::string halves = to_safetensors(net.to_tensors(TensorStorage::kF16));
  EXPECT_LT(static_cast<double>(halves.size()), 0.65 * static_cast<double>(whole.size()));
  const std::vector<float> sound = tone(4, 20000);
  const DecoderNet back = DecoderNet::from_tensors(parse_safetensors(halves, "halves"));
  EXPECT_GT(snr_db(net.decode(sound), back.decode(sound)), 40.0);
}

TEST(DecoderFamily, HasTheStridesOfItsModels) {
  EXPECT_EQ(decoder_family("hifigan").hop(), 512);
  EXPECT_EQ(decoder_family("encodec").hop(), 320);
  EXPECT_EQ(decoder_family("dac").strides, (std::vector<int>{8, 8, 4, 2}));
  EXPECT_THROW(decoder_family("suno"), Error);
}

}  // namespace
}  // namespace brandiron::models
