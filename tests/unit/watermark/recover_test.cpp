#include <gtest/gtest.h>

#include "brandiron/core/audio/effects.h"
#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/rng.h"
#include "brandiron/watermark/c2pa.h"
#include "brandiron/watermark/registry.h"
#include "support/temporary_folder.h"
#include "unit/watermark/synthetic_song.h"

namespace brandiron::watermark {
namespace {

using brandiron::testing::TemporaryFolder;

constexpr std::uint64_t kPayload = 0x1122334455667788;
constexpr int kRateHz = 22050;
const std::string kKey = "89abcdef";

// A verdict as the verifier would give it; the mark itself has tests of its own.
Verdict verdict(std::uint64_t payload, double seconds, double speed_ratio = 1) {
  Verdict v;
  v.present = v.payload_valid = true;
  v.payload = payload;
  v.key_fingerprint = kKey;
  v.speed_ratio = v.pitch_ratio = speed_ratio;
  v.payloads = {{payload, 0, seconds}};
  return v;
}

RegistryRecord record(const AudioBuffer& audio, std::uint64_t payload, const std::string& name) {
  RegistryRecord r;
  r.payload_hex = payload_hex(payload);
  r.key_fingerprint = kKey;
  r.scheme = kScheme;
  r.content_sha256 = sha256_hex(name);
  r.file_name = name;
  r.fingerprint = Fingerprint::of(audio).serialize();
  r.manifest = "manifest of " + name;
  return r;
}

class Recover : public ::testing::Test {
 protected:
  static const AudioBuffer& song(std::uint64_t seed) {
    static const AudioBuffer first = synthetic_song(40, kRateHz, 1, 1);
    static const AudioBuffer second = synthetic_song(40, kRateHz, 1, 2);
    return seed == 1 ? first : second;
  }
  static AudioBuffer after(const char* chain, const AudioBuffer& audio) {
    return EffectChain::parse(chain).apply(audio, Rng(3));
  }
  Recovery recovered(const AudioBuffer& audio, const std::vector<Verdict>& verdicts) {
    const Warp warp = verdicts.empty() ? Warp() : warp_of(strongest(verdicts));
    return recover(verdicts, Fingerprint::of(audio, warp), registry);
  }

  TemporaryFolder folder;
  Registry registry{folder / "registry.db"};
};

TEST_F(Recover, LeadsFromAReencodedCropToTheManifest) {
  registry.append(record(song(2), kPayload, "other"));
  registry.append(record(song(1), kPayload, "this"));
  const AudioBuffer file = after("mp3(64)", song(1).slice(5 * kRateHz, 25 * kRateHz));
  const Recovery found = recovered(file, {verdict(kPayload, 25)});
  EXPECT_EQ(found.binding, Binding::kConfirmed);
  ASSERT_NE(found.best(), nullptr);
  EXPECT_EQ(found.best()->record.manifest, "manifest of this");
  ASSERT_EQ(found.payloads.size(), 1U);
  EXPECT_EQ(found.payloads[0].entries.size(), 2U);
  EXPECT_FALSE(found.payloads[0].entries[1].match.matched);
}

TEST_F(Recover, UndoesTheSpeedThatTheVerifierMeasured) {
  registry.append(record(song(1), kPayload, "this"));
  const AudioBuffer file = after("speed(1.04)", song(1));
  EXPECT_EQ(recovered(file, {verdict(kPayload, 38, 1.04)}).binding, Binding::kConfirmed);
}

TEST_F(Recover, CallsAMarkOnOtherAudioCopiedAndNamesTheAudio) {
  registry.append(record(song(1), kPayload, "first"));
  registry.append(record(song(2), kPayload + 1, "second"));
  const Recovery found = recovered(song(2), {verdict(kPayload, 40)});
  EXPECT_EQ(found.binding, Binding::kCopied);
  EXPECT_EQ(found.best(), nullptr);
  ASSERT_EQ(found.by_audio.size(), 1U);
  EXPECT_EQ(found.by_audio[0].entry.record.file_name, "second");
}

TEST_F(Recover, DoesNotLetAFewSecondsOfTheSongVouchForTheRest) {
  registry.append(record(song(1), kPayload, "first"));
  AudioBuffer mixture = song(2);
  std::copy_n(song(1).channel(0).begin(), 14 * kRateHz, mixture.channel(0).begin());
  EXPECT_EQ(recovered(mixture, {verdict(kPayload, 40)}).binding, Binding::kCopied);
}

TEST_F(Recover, JudgesEachPayloadOfJoinedPieces) {
  registry.append(record(song(1), kPayload, "first"));
  registry.append(record(song(2), kPayload + 1, "second"));
  AudioBuffer joined(1, 60 * kRateHz, kRateHz);
  std::copy_n(song(1).channel(0).begin() + 5 * kRateHz, 30 * kRateHz, joined.channel(0).begin());
  std::copy_n(song(2).channel(0).begin(), 30 * kRateHz, joined.channel(0).begin() + 30 * kRateHz);
  Verdict both = verdict(kPayload, 30);
  both.payloads.push_back({kPayload + 1, 30, 60});
  const Recovery found = recovered(joined, {both});
  EXPECT_EQ(found.binding, Binding::kSeveral);
  ASSERT_EQ(found.payloads.size(), 2U);
  EXPECT_EQ(found.payloads[0].binding, Binding::kConfirmed);
  EXPECT_EQ(found.payloads[1].binding, Binding::kConfirmed);
  EXPECT_EQ(found.payloads[1].entries[0].entry.record.file_name, "second");
}

TEST_F(Recover, SaysWhatItCannotKnow) {
  EXPECT_EQ(recovered(song(1), {}).binding, Binding::kNoMark);
  EXPECT_EQ(recovered(song(1), {verdict(kPayload, 40)}).binding, Binding::kUnknownPayload);
  RegistryRecord bare = record(song(1), kPayload, "bare");
  bare.fingerprint.clear();
  registry.append(bare);
  EXPECT_EQ(recovered(song(1), {verdict(kPayload, 40)}).binding, Binding::kUnchecked);
  registry.append(record(song(2), kPayload + 1, "second"));
  EXPECT_EQ(recovered(song(2).slice(0, 6 * kRateHz), {verdict(kPayload + 1, 6)}).binding,
            Binding::kUnchecked);
  // Without a mark the sound alone still finds it.
  const Recovery silent = recovered(song(2), {});
  EXPECT_EQ(silent.binding, Binding::kNoMark);
  ASSERT_NE(silent.best(), nullptr);
  EXPECT_EQ(silent.best()->record.file_name, "second");
}

TEST_F(Recover, AsksForTheKeyThatReadThePayload) {
  RegistryRecord other = record(song(1), kPayload, "other key");
  other.key_fingerprint = "00000000";
  registry.append(other);
  EXPECT_EQ(recovered(song(1), {verdict(kPayload, 40)}).binding, Binding::kUnknownPayload);
}

TEST_F(Recover, AnswersWhatASoftBindingServiceIsAsked) {
  const RegistryEntry first = registry.append(record(song(1), kPayload, "first"));
  RegistryRecord bare = record(song(2), kPayload, "without manifest");
  bare.manifest.clear();
  const RegistryEntry second = registry.append(bare);
  const SoftBindingAlgorithms algorithms = supported_algorithms();
  ASSERT_EQ(algorithms.watermarks.size(), 1U);
  ASSERT_EQ(algorithms.fingerprints.size(), 1U);
  const auto by_mark = matches_by_binding(registry, algorithms.watermarks[0],
                                          payload_binding_value(payload_hex(kPayload)));
  ASSERT_EQ(by_mark.size(), 1U);
  EXPECT_EQ(by_mark[0].manifest_id, first.hash);
  EXPECT_EQ(manifest_by_id(registry, by_mark[0].manifest_id), "manifest of first");
  const std::string sound =
      Fingerprint::of(after("mp3(64)", song(1).slice(0, 20 * kRateHz))).serialize();
  const auto by_sound = matches_by_binding(registry, algorithms.fingerprints[0], to_base64(sound));
  ASSERT_EQ(by_sound.size(), 1U);
  EXPECT_EQ(by_sound[0].manifest_id, first.hash);
  EXPECT_GT(by_sound[0].similarity, 50);
  EXPECT_FALSE(manifest_by_id(registry, second.hash));
  EXPECT_FALSE(manifest_by_id(registry, "no such id"));
  EXPECT_TRUE(
      matches_by_binding(registry, algorithms.watermarks[0], payload_binding_value(payload_hex(1)))
          .empty());
  for (const auto& [algorithm, value] :
       {std::pair<std::string, std::string>{"com.example.other", "AAAA"},
        {algorithms.watermarks[0], "!!"},
        {algorithms.watermarks[0], "AAAA"},
        {algorithms.fingerprints[0], "AAAA"}}) {
    EXPECT_THROW(matches_by_binding(registry, algorithm, value), Error) << algorithm << value;
  }
}

}  // namespace
}  // namespace brandiron::watermark
