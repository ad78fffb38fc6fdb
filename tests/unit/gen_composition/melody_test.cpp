#include "gen/src/composition/melody.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "brandiron/core/error.h"
#include "brandiron/models/sequence_model.h"

namespace brandiron::gen {
namespace {

namespace fs = std::filesystem;

/// A file with the shape of the melody model and small random weights.
fs::path write_model(const std::string& name, int pitches = kMelodyPitches) {
  models::SequenceConfig config;
  for (const MelodyInputShape& input : melody_input_shapes()) {
    config.inputs.push_back({input.name, input.size, input.width});
  }
  config.hidden = 16;
  config.heads = {{"length", static_cast<int>(kMelodyLengths.size()), 8, ""},
                  {"pitch", pitches, 8, ""}};
  models::Safetensors content;
  content.metadata["architecture"] = models::SequenceModel::kArchitecture;
  content.metadata["net_config"] = models::sequence_config_json(config);
  Rng rng(3, "melody-test");
  for (models::NamedTensor tensor : models::sequence_tensor_shapes(config)) {
    std::size_t numbers = 1;
    for (const std::int64_t size : tensor.shape) numbers *= static_cast<std::size_t>(size);
    tensor.data.clear();
    for (std::size_t i = 0; i < numbers; ++i) {
      tensor.data.push_back(static_cast<float>(rng.uniform(-0.3, 0.3)));
    }
    content.tensors.push_back(std::move(tensor));
  }
  const fs::path path = fs::path(testing::TempDir()) / name;
  models::write_safetensors(path, content, /*overwrite=*/true);
  return path;
}

std::vector<MelodyPlace> line_in_c(int notes, int last_pc) {
  std::vector<MelodyPlace> places;
  for (int n = 0; n < notes; ++n) {
    MelodyPlace place;
    place.weight = n % 4 == 0 ? 4 : 2;
    for (const int pc : {0, 4, 7}) place.chord[static_cast<std::size_t>(pc)] = true;
    place.known.onset = 48 * n;
    place.known.in_bar = 48 * (n % 4);
    place.line_start = n == 0;
    place.line_end = n + 1 == notes;
    places.push_back(place);
  }
  places.back().must_be_pc = last_pc;
  return places;
}

TEST(Melody, HardConstraintsHoldWithAndWithoutAModel) {
  const MelodyModel model(write_model("melody-any.safetensors"));
  const MelodyScale scale{0, false, 46, 60};
  const MelodyModel* none = nullptr;
  for (const MelodyModel* which : {none, &model}) {
    DrawLedger ledger;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      Sampler sampler(Rng(seed, "melody"), ledger);
      const DrawnMelody drawn = sample_melody(line_in_c(16, 4), scale, which, sampler);
      const std::vector<int>& tune = drawn.pitches;
      EXPECT_EQ(drawn.log_p < 0, which != nullptr);
      ASSERT_EQ(tune.size(), 16U);
      EXPECT_EQ(tune.back() % 12, 4);
      for (const int pitch : tune) {
        EXPECT_GE(pitch, 46);
        EXPECT_LE(pitch, 60);
        EXPECT_NE(melody_chord(pitch, "maj"), melody_chord(1, "maj")) << "C sharp in C";
      }
    }
    EXPECT_EQ(ledger.of(Draw::kNote).draws, 40U * 16U);
    EXPECT_GT(ledger.of(Draw::kNote).bits, 40.0);
  }
}

TEST(Melody, APlaceEchoesAnEarlierOne) {
  std::vector<MelodyPlace> places = line_in_c(16, -1);
  for (int n = 8; n < 16; ++n) {
    places[static_cast<std::size_t>(n)].echo_place = n - 8;
    places[static_cast<std::size_t>(n)].echo_strength = 1e9;
  }
  DrawLedger ledger;
  Sampler sampler(Rng(5, "melody"), ledger);
  const MelodyScale scale{0, false, 46, 60};
  const std::vector<int> tune = sample_melody(places, scale, nullptr, sampler).pitches;
  for (std::size_t n = 8; n < 16; ++n) EXPECT_EQ(tune[n], tune[n - 8]);
}

TEST(Melody, TheSameSeedGivesTheSameTune) {
  const MelodyModel model(write_model("melody-same.safetensors"));
  const MelodyScale scale{9, true, 45, 59};
  DrawLedger ledger;
  Sampler one(Rng(11, "melody"), ledger), two(Rng(11, "melody"), ledger);
  EXPECT_EQ(sample_melody(line_in_c(24, 9), scale, &model, one).pitches,
            sample_melody(line_in_c(24, 9), scale, &model, two).pitches);
}

TEST(Melody, TheModelsPitchesAreADistributionAndFollowTheNotes) {
  const MelodyModel model(write_model("melody-sum.safetensors"));
  MelodyModel::Reader reader(model);
  std::vector<float> before;
  for (int n = 0; n < 6; ++n) {
    MelodyCondition known;
    known.onset = 48 * n;
    known.in_bar = 48 * (n % 4);
    reader.expect(known);
    const std::vector<float> log_p = reader.pitches(melody_length(48));
    double sum = 0;
    for (const float p : log_p) sum += std::exp(static_cast<double>(p));
    EXPECT_NEAR(sum, 1, 1e-4);
    EXPECT_NE(log_p, before);
    before = log_p;
    reader.add(12 + n, melody_length(48), 48);
  }
}

TEST(Melody, AFileOfOtherNotesIsRefused) {
  EXPECT_THROW(MelodyModel(write_model("melody-other.safetensors", kMelodyPitches + 1)), Error);
  EXPECT_THROW(MelodyModel(fs::path(testing::TempDir()) / "no-such.safetensors"), Error);
}

}  // namespace
}  // namespace brandiron::gen
