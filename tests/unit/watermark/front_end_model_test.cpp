#include "brandiron/watermark/front_end_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <mutex>
#include <vector>

#include "brandiron/watermark/lattice.h"
#include "brandiron/watermark/watermark.h"
#include "tests/unit/watermark/synthetic_song.h"

namespace brandiron::watermark {
namespace {

constexpr std::uint64_t kPayload = 0x0123456789abcdefULL;

/// Remembers what it was shown; multiplies the weights.
class Witness : public FrontEndModel {
 public:
  explicit Witness(float factor) : factor_(factor) {}
  void refine(const LatticeTables& lattice) const override {
    const std::lock_guard lock(mutex_);
    seen_.insert(seen_.end(), lattice.levels_db.begin(), lattice.levels_db.end());
    seen_.insert(seen_.end(), lattice.depth_db.begin(), lattice.depth_db.end());
    seen_.insert(seen_.end(), lattice.weights.begin(), lattice.weights.end());
    for (float& w : lattice.weights) w *= factor_;
  }
  const std::vector<float>& seen() const { return seen_; }

 private:
  float factor_;
  mutable std::mutex mutex_;
  mutable std::vector<float> seen_;
};

const AudioBuffer& song() {
  static const AudioBuffer audio = synthetic_song(20.0, 44100, 1);
  return audio;
}

const AudioBuffer& marked_song() {
  static const AudioBuffer audio = [] {
    AudioBuffer copy = song();
    EmbedOptions options;
    options.read_back = false;
    embed(copy, Key::demo(), kPayload, options);
    return copy;
  }();
  return audio;
}

Verdict verify_with(const AudioBuffer& audio, const Key& key,
                    std::shared_ptr<const FrontEndModel> model) {
  VerifyOptions options;
  options.search_warps = false;
  options.front_end = std::move(model);
  return verify(audio, {key}, options);
}

TEST(FrontEndModel, SeesTheSameTablesWhateverTheKey) {
  const AudioBuffer& audio = marked_song();
  const auto right = std::make_shared<Witness>(1.0F), wrong = std::make_shared<Witness>(1.0F);
  EXPECT_TRUE(verify_with(audio, Key::demo(), right).payload_valid);
  EXPECT_FALSE(verify_with(audio, Key::generate(), wrong).present);
  ASSERT_FALSE(right->seen().empty());
  EXPECT_EQ(right->seen(), wrong->seen());
}

TEST(FrontEndModel, MayScaleTheWeightsWithoutChangingTheVerdict) {
  const AudioBuffer& audio = marked_song();
  const Verdict plain = verify_with(audio, Key::demo(), nullptr);
  const Verdict scaled = verify_with(audio, Key::demo(), std::make_shared<Witness>(4.0F));
  EXPECT_TRUE(plain.payload_valid);
  EXPECT_NEAR(scaled.full_z, plain.full_z, 1e-4 * plain.full_z);
  EXPECT_EQ(scaled.payload, plain.payload);
}

TEST(FrontEndModel, DecidesTheStatistic) {
  const Verdict mute = verify_with(marked_song(), Key::demo(), std::make_shared<Witness>(0.0F));
  EXPECT_FALSE(mute.present);
  EXPECT_EQ(mute.p_value, 1.0);
}

TEST(Lattice, SignsAreThoseThatTheEmbedderWrote) {
  const std::vector<float> before = LatticeReader(song()).levels_db(0.0);
  const std::vector<float> after = LatticeReader(marked_song()).levels_db(0.0);
  ASSERT_EQ(before.size(), after.size());
  const std::size_t rows = after.size() / lattice_bands();
  const std::vector<std::int8_t> signs = lattice_signs(Key::demo(), kPayload, rows);
  double agreed = 0, moved = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const double change = static_cast<double>(after[i] - before[i]);
    agreed += change * signs[i];
    moved += std::abs(change);
  }
  EXPECT_GT(agreed, 0.8 * moved);
}

TEST(Lattice, WeightsAndDepthHaveTheShapeOfTheLevels) {
  const std::vector<float> levels = LatticeReader(marked_song()).levels_db(0.01);
  EXPECT_EQ(levels.size() % lattice_bands(), 0U);
  EXPECT_EQ(lattice_weights(levels).size(), levels.size());
  EXPECT_EQ(lattice_depth_db(levels).size(), levels.size());
}

}  // namespace
}  // namespace brandiron::watermark
