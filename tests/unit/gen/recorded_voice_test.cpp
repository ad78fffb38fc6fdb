#include "gen/src/song/recorded_voice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "tests/support/temporary_folder.h"

namespace brandiron::gen {
namespace {

using nlohmann::json;

/// Two phrases of two seconds with a second between, in stereo at 48 kHz.
AudioBuffer recording() {
  AudioBuffer audio(2, 5 * 48000, 48000);
  for (std::size_t i = 0; i < audio.num_frames(); ++i) {
    const double t = static_cast<double>(i) / 48000;
    if (t >= 2 && t < 3) continue;
    const double x = 0.2 * std::sin(2 * M_PI * 220 * t) + 0.1 * std::sin(2 * M_PI * 660 * t);
    audio.channel(0)[i] = static_cast<float>(x);
    audio.channel(1)[i] = static_cast<float>(0.5 * x);
  }
  return audio;
}

GenerateOptions options() {
  GenerateOptions options;
  options.persona = load_persona("rust-hollow");
  options.preset = "debug";
  options.spec.seed = 5;
  options.spec.key = "A:min";
  options.voice = RecordedVoice{"a test", "CC0 1.0", ""};
  return options;
}

class RecordedVoiceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    song_ = std::make_unique<Song>(generate_song_around(options(), recording()));
  }
  static void TearDownTestSuite() { song_.reset(); }
  static inline std::unique_ptr<Song> song_;
};

TEST_F(RecordedVoiceTest, LeadsAsItIsWhereASungSectionBegins) {
  const AudioBuffer voice = resample(recording().to_mono(), 44100);
  ASSERT_FALSE(song_->voice_starts_s.empty());
  const auto is_start = [&](double start) {
    return std::any_of(
        song_->score.sections.begin(), song_->score.sections.end(), [&](const Section& s) {
          return std::abs(song_->score.time_s(s.start_bar * song_->score.beats_per_bar) - start) <
                     1e-9 &&
                 (s.label == "verse" || s.label == "chorus" || s.label == "bridge");
        });
  };
  for (const double start : song_->voice_starts_s) {
    EXPECT_TRUE(is_start(start)) << start;
    const auto at = static_cast<std::size_t>(std::llround(start * 44100));
    for (std::size_t i = 0; i < voice.num_frames() - 2000; i += 97) {
      ASSERT_EQ(song_->lead.audio.channel(0)[at + i], voice.channel(0)[i]);
    }
  }
}

TEST_F(RecordedVoiceTest, ItsStemIsTheRecordingThroughTheChannelStrip) {
  const Rng root(5, "song");
  BandPerformance band =
      play_band(score_with_phrases(*song_), options().persona, 44100, root.child("band"));
  std::vector<Stem> stems = {{"lead_vocal", song_->lead.audio}};
  for (Stem& stem : band.stems) stems.push_back(std::move(stem));
  const MixResult mixed = mix_stems(std::move(stems), options().mix);
  ASSERT_EQ(mixed.stems.size(), song_->mix.stems.size());
  EXPECT_EQ(song_->mix.stems[0].name, "lead_vocal");
  float peak = 0, residue = 0;
  for (std::size_t c = 0; c < 2; ++c) {
    const std::span<const float> a = mixed.stems[0].audio.channel(c);
    const std::span<const float> b = std::as_const(song_->mix.stems[0].audio).channel(c);
    for (std::size_t i = 0; i < a.size(); ++i) {
      peak = std::max(peak, std::abs(b[i]));
      residue = std::max(residue, std::abs(a[i] - b[i]));
    }
  }
  EXPECT_GT(peak, 0.01F);
  EXPECT_EQ(residue, 0.0F);
}

TEST_F(RecordedVoiceTest, TheBandHearsWhereItSounds) {
  const Score heard = score_with_phrases(*song_);
  EXPECT_TRUE(song_->score.vocal.empty());
  ASSERT_GE(heard.vocal.size(), 2u);
  const double start_s = song_->voice_starts_s[0];
  EXPECT_NEAR(heard.time_s(heard.vocal[0].start_beat), start_s, 0.06);
  EXPECT_NEAR(heard.time_s(heard.vocal[0].duration_beats), 2, 0.11);
  EXPECT_NEAR(heard.time_s(heard.vocal[1].start_beat), start_s + 3, 0.06);
}

TEST_F(RecordedVoiceTest, LabelsSayWhatIsKnownAndNothingElse) {
  const testing::TemporaryFolder folder;
  const Published published = publish(*song_, NullMarker{}, folder.path() / "song", {});
  const json document = json::parse(published.song_json);
  EXPECT_TRUE(document["lyrics"].is_null());
  EXPECT_TRUE(document["f0"].is_null());
  EXPECT_EQ(document["recorded_voice"]["licence"], "CC0 1.0");
  EXPECT_EQ(document["recorded_voice"]["sha256"], pcm16_sha256(recording()));
  EXPECT_FALSE(document["beats"].empty());
  EXPECT_FALSE(document["chords"].empty());
  EXPECT_EQ(document["key"], "A:min");
  for (const json& part : document["parts"]) {
    EXPECT_EQ(part["name"].get<std::string>().find("vocal"), std::string::npos);
    EXPECT_NE(part["name"], "gang");
  }
  EXPECT_EQ(document["disclosure"]["vocals"], "none");
  EXPECT_EQ(document["disclosure"]["instrumentation"], "full");
  EXPECT_TRUE(document["generator"]["models"].empty());
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "song" / "lyrics.txt"));

  const SongRecord record = read_song_json(published.song_json, "song.json");
  ASSERT_TRUE(record.options.voice);
  EXPECT_EQ(record.options.voice->source, "a test");
  EXPECT_EQ(song_id(record.options), song_id(song_->options));
  EXPECT_THROW(generate_song(record.options), Error);  // never without the recording
  const Song again = generate_song_around(record.options, recording());
  EXPECT_EQ(pcm16_sha256(again.mix.master), published.unmarked_pcm_sha256);
  AudioBuffer other = recording();
  other.apply_gain(0.5F);
  EXPECT_THROW(generate_song_around(record.options, other), Error);
}

TEST(RecordedVoice, SilenceAndUnknownSourcesAreRefused) {
  EXPECT_THROW(generate_song_around(options(), AudioBuffer(1, 44100, 44100)), Error);
  GenerateOptions nobody = options();
  nobody.voice.reset();
  EXPECT_THROW(generate_song_around(nobody, recording()), Error);
}

TEST(RecordedVoice, ALongRecordingIsCutWhereTheSongEnds) {
  AudioBuffer lengthy(1, 60 * 16000, 16000);
  for (std::size_t i = 0; i < lengthy.num_frames(); ++i) {
    lengthy.channel(0)[i] =
        static_cast<float>(0.2 * std::sin(2 * M_PI * 200 * static_cast<double>(i) / 16000));
  }
  const Song song = generate_song_around(options(), lengthy);
  EXPECT_EQ(song.voice_starts_s.size(), 1u);
  EXPECT_EQ(song.lead.audio.num_frames(), song.mix.master.num_frames());
  EXPECT_LT(std::abs(song.lead.audio.channel(0)[song.lead.audio.num_frames() - 1]), 1e-6F);
}

}  // namespace
}  // namespace brandiron::gen
