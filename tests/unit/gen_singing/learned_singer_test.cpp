#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/gen/singer.h"
#include "brandiron/gen/speech_corpus.h"
#include "test_songs.h"

namespace brandiron::gen {
namespace {

// Sings every frame alike, and counts what it was asked for.
class Drone : public SingerModel {
 public:
  SingerIdentity identity() const override { return {"drone", 1, ""}; }
  bool knows_voice(const std::string& voice) const override { return voice == "kal16"; }
  std::vector<float> envelopes(std::span<const PhoneFeatures> phones, std::span<const float> draft,
                               const std::string&) const override {
    std::size_t frames = 0;
    for (const PhoneFeatures& p : phones) {
      EXPECT_GE(p.frames, 1);
      EXPECT_LE(p.frames, 200) << "no phone is spoken for a second";
      frames += static_cast<std::size_t>(p.frames);
    }
    EXPECT_EQ(draft.size(), frames * kSingerFrameSize);
    asked += static_cast<int>(phones.size());
    std::vector<float> out;
    for (std::size_t f = 0; f < frames; ++f) {
      out.insert(out.end(), 64, -40.0F);
      out.insert(out.end(), 5, 0.1F);
    }
    return out;
  }
  mutable std::atomic<int> asked = 0;
};

SungPart sing_with(const SingerModel* model, const std::string& bank) {
  Persona persona;
  persona.voice.bank = bank;
  const Score score = testing::make_song(testing::test_songs().at(0));
  return sing(score, persona, 16000, Rng(1, "test"), model);
}

TEST(LearnedSinger, SingsItsOwnSpectrumAtTheBanksTimesAndPitches) {
  const Drone drone;
  const SungPart bank = sing_with(nullptr, "kal16"), learned = sing_with(&drone, "kal16");
  EXPECT_GE(drone.asked, static_cast<int>(bank.phones.size()));
  ASSERT_EQ(learned.phones.size(), bank.phones.size());
  for (std::size_t i = 0; i < bank.phones.size(); ++i) {
    EXPECT_EQ(learned.phones[i].phone, bank.phones[i].phone);
    EXPECT_EQ(learned.phones[i].start_s, bank.phones[i].start_s);
  }
  const auto a = bank.audio.channel(0), b = learned.audio.channel(0);
  EXPECT_FALSE(std::equal(a.begin(), a.end(), b.begin()));
}

TEST(LearnedSinger, LeavesVoicesItDoesNotKnowToTheBank) {
  const Drone drone;
  const SungPart bank = sing_with(nullptr, "rms"), learned = sing_with(&drone, "rms");
  EXPECT_EQ(drone.asked, 0);
  const auto a = bank.audio.channel(0), b = learned.audio.channel(0);
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

SpeechCorpus short_speech(const std::string& voice) {
  return speak_corpus({voice, 0.02, 5}, {"lonesome", "river", "gold", "the"});
}

TEST(SpeechCorpus, SpeaksTheSameTwiceWithAFrameForEachPhonesTime) {
  for (const std::string voice : {"kal16", "rms"}) {
    const SpeechCorpus corpus = short_speech(voice);
    EXPECT_EQ(short_speech(voice).serialise(), corpus.serialise());
    ASSERT_FALSE(corpus.phrases.empty());
    std::set<int> ids;
    for (const SpokenPhrase& phrase : corpus.phrases) {
      std::size_t frames = 0;
      for (const PhoneFeatures& p : phrase.phones) {
        ids.insert(p.id);
        frames += static_cast<std::size_t>(p.frames);
      }
      EXPECT_EQ(frames, phrase.num_frames());
      // Something is heard: a vowel stands far over silence.
      const std::vector<float> all = phrase.decoded(0, frames);
      EXPECT_GT(*std::max_element(all.begin(), all.end()), -40.0F);
    }
    EXPECT_GT(ids.size(), 6U);
  }
}

TEST(SpeechCorpus, IsReadAsItWasWritten) {
  const SpeechCorpus corpus = short_speech("rms");
  const std::string bytes = corpus.serialise();
  EXPECT_EQ(SpeechCorpus::parse(bytes, "speech").serialise(), bytes);
}

TEST(SpeechCorpus, IsRefusedWhenDamagedOrWithoutConsent) {
  SpeechCorpus corpus = short_speech("rms");
  const std::string bytes = corpus.serialise();
  for (const std::size_t keep : {std::size_t{3}, std::size_t{40}, bytes.size() - 1}) {
    EXPECT_THROW(SpeechCorpus::parse(bytes.substr(0, keep), "speech"), Error);
  }
  std::string flipped = bytes;
  flipped.back() = static_cast<char>(flipped.back() ^ 1);
  EXPECT_THROW(SpeechCorpus::parse(flipped, "speech"), Error);
  corpus.consent.clear();
  EXPECT_THROW(SpeechCorpus::parse(corpus.serialise(), "speech"), Error);
}

TEST(SpeechCorpus, KnowsNoVoicesButTheFreeOnes) {
  EXPECT_THROW(speak_corpus({"somebody", 0.02, 1}, {"word"}), Error);
  EXPECT_THROW(speak_corpus({"rms", 0.02, 1}, {}), Error);
}

TEST(SpeechCorpus, TakesItsWordsFromAFileThatHoldsNothingElse) {
  const auto words = read_words(home_folder() / "configs" / "train" / "singer-words.txt");
  EXPECT_GT(words.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(words.begin(), words.end()));
  const auto path = std::filesystem::temp_directory_path() /
                    ("brandiron-words-" + std::to_string(::getpid()) + ".txt");
  write_file(path, "# none\n", true);
  EXPECT_THROW(read_words(path), Error);
  write_file(path, "river\ntwo words\n", true);
  EXPECT_THROW(read_words(path), Error);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace brandiron::gen
