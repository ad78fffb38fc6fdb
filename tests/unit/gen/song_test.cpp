#include "brandiron/gen/song.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/disclosure_tags.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::gen {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

GenerateOptions debug_options(std::uint64_t seed = 5) {
  GenerateOptions options;
  options.persona = load_persona("rust-hollow");
  options.preset = "debug";
  options.spec.seed = seed;
  return options;
}

/// Adds a quiet constant and says it marked: enough to see whether the exit asked.
class FakeMarker final : public Marker {
 public:
  MarkRecord mark(AudioBuffer& audio, const std::string& payload_hex) const override {
    for (float& x : audio.samples()) x += 0.001F;
    return {true, "fake/1", "00000000", payload_hex, 1.0, 40.0};
  }
  void seal(const fs::path& file, const AudioBuffer& audio,
            const DisclosureFacts& facts) const override {
    sealed_.file = read_file(file);
    sealed_.pcm_sha256 = pcm16_sha256(audio);
    sealed_.facts = facts;
    sealed_.all_written = fs::exists(file.parent_path() / "song.json");
  }

  struct Sealed {
    std::string file, pcm_sha256;
    DisclosureFacts facts;
    bool all_written = false;
  };
  const Sealed& sealed() const { return sealed_; }

 private:
  mutable Sealed sealed_;
};

class SongTest : public ::testing::Test {
 protected:
  // One song serves all tests of this suite: making it is what costs.
  static void SetUpTestSuite() {
    folder_ = fs::temp_directory_path() / ("brandiron-song-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    song_ = std::make_unique<Song>(generate_song(debug_options()));
    PublishOptions options;
    options.stems = true;
    const FakeMarker marker;
    published_ = publish(*song_, marker, folder_ / "a", options);
    sealed_ = marker.sealed();
    document_ = json::parse(published_.song_json);
  }
  static void TearDownTestSuite() {
    fs::remove_all(folder_);
    song_.reset();
  }
  static inline fs::path folder_;
  static inline std::unique_ptr<Song> song_;
  static inline Published published_;
  static inline FakeMarker::Sealed sealed_;
  static inline json document_;
};

TEST_F(SongTest, TheSameSeedGivesTheSameBits) {
  const Song again = generate_song(debug_options());
  EXPECT_EQ(pcm16_sha256(again.mix.master), published_.unmarked_pcm_sha256);
}

TEST_F(SongTest, AnotherSeedGivesAnotherSong) {
  const Song other = generate_song(debug_options(6));
  EXPECT_NE(pcm16_sha256(other.mix.master), published_.unmarked_pcm_sha256);
  EXPECT_NE(song_id(other.options), song_id(song_->options));
}

TEST_F(SongTest, WritesEveryFileOfTheContract) {
  for (const char* name :
       {"song.flac", "song.json", "score.mid", "lead-sheet.abc", "lead-sheet.musicxml",
        "lyrics.lrc", "lyrics.txt", "stems/premaster.flac", "stems/lead_vocal.flac"}) {
    EXPECT_TRUE(fs::exists(folder_ / "a" / name)) << name;
  }
  const auto entries = fs::directory_iterator(folder_);
  EXPECT_TRUE(std::none_of(begin(entries), end(entries), [](const auto& entry) {
    return entry.path().filename().string().starts_with(".tmp");
  }));
}

TEST_F(SongTest, TheFileHoldsExactlyTheMarkedPcmOfItsHash) {
  EXPECT_NE(published_.pcm_sha256, published_.unmarked_pcm_sha256);
  EXPECT_EQ(pcm16_sha256(read_audio(folder_ / "a" / "song.flac")), published_.pcm_sha256);
  EXPECT_EQ(document_["audio"]["pcm_sha256"], published_.pcm_sha256);
  EXPECT_EQ(document_["watermark"]["payload_hex"], song_id(song_->options).substr(0, 16));
}

TEST_F(SongTest, ItsTagsDiscloseTheSameAsItsJson) {
  const Tags tags = read_tags(folder_ / "a" / "song.flac");
  const auto found = read_disclosure_tags(tags);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->problems, std::vector<std::string>{"CREATED is missing"});
  EXPECT_EQ(found->source_type, SourceType::kRules);
  const json& said = document_["disclosure"];
  EXPECT_EQ(found->content_id, said["content_id"].get<std::string>());
  EXPECT_EQ(found->content_id, content_id_from_hash(song_id(song_->options)));
  EXPECT_EQ(found->digital_source_type, said["digital_source_type"].get<std::string>());
  EXPECT_EQ(found->persona, said["persona"].get<std::string>());
  EXPECT_EQ(found->watermark_payload, published_.mark.payload_hex);
  EXPECT_EQ(said["vocals"], "full");
  EXPECT_EQ(tag_value(tags, "TITLE"), song_->score.title);
  EXPECT_EQ(tag_value(tags, "SEED"), "5");
}

TEST_F(SongTest, IsSealedLastAsTheTaggedFileThatLeaves) {
  EXPECT_EQ(sealed_.file, read_file(folder_ / "a" / "song.flac"));
  EXPECT_EQ(sealed_.pcm_sha256, published_.pcm_sha256);
  EXPECT_EQ(sealed_.facts.mark.payload_hex, published_.mark.payload_hex);
  EXPECT_TRUE(sealed_.all_written);
}

TEST_F(SongTest, SaysWhenItWasMadeIfItIsTold) {
  PublishOptions options;
  options.created = "2026-11-23T00:34:00Z";
  const Published out = publish(*song_, NullMarker(), folder_ / "dated", options);
  EXPECT_EQ(tag_value(read_tags(out.mix), "CREATED"), options.created);
  EXPECT_EQ(read_song_json(out.song_json, "song.json").publish.created, options.created);
  EXPECT_EQ(read_song_json(published_.song_json, "song.json").publish.created, "");
}

TEST_F(SongTest, StemsSumToThePremasterBelowMinus90Db) {
  AudioBuffer sum;
  for (const json& stem : document_["stems"]) {
    const AudioBuffer audio = read_audio(folder_ / "a" / stem["file"].get<std::string>());
    if (sum.empty()) {
      sum = audio;
    } else {
      sum.add(audio);
    }
  }
  sum.add(read_audio(folder_ / "a" / "stems" / "premaster.flac"), 0, -1.0F);
  EXPECT_LT(20 * std::log10(sum.rms() + 1e-12), -90.0);
  EXPECT_LT(sum.peak(), 1e-4F);
}

TEST_F(SongTest, LoudnessAndTruePeakAreWithinTheStatedLimits) {
  EXPECT_NEAR(published_.integrated_lufs, -9.0, 1.0);
  EXPECT_LE(published_.true_peak_dbtp, -1.0);
}

TEST_F(SongTest, HasEveryKeyOfTheSchema) {
  for (const char* key :
       {"schema", "title",     "seed",      "spec",      "persona",    "generator",
        "audio",  "tempo_bpm", "key",       "meter",     "sections",   "beats",
        "chords", "parts",     "lyrics",    "f0",        "techniques", "stems",
        "mix",    "decoder",   "watermark", "disclosure"}) {
    EXPECT_TRUE(document_.contains(key)) << key;
  }
  EXPECT_EQ(document_["schema"], "brandiron.song/1");
}

TEST_F(SongTest, LabelsLieInsideTheSongAndInOrder) {
  const double end = document_["audio"]["duration_s"];
  for (const char* list : {"lines", "words", "syllables", "phones"}) {
    double before = 0;
    for (const json& item : document_["lyrics"][list]) {
      EXPECT_GE(item["start_s"].get<double>(), before - 1e-6) << list << " " << item.dump();
      EXPECT_GT(item["end_s"].get<double>(), item["start_s"].get<double>()) << list << item.dump();
      EXPECT_LE(item["end_s"].get<double>(), end + 1e-6) << list;
      before = item["start_s"];
    }
    EXPECT_FALSE(document_["lyrics"][list].empty()) << list;
  }
}

TEST_F(SongTest, EveryWrittenPhoneIsSungOnceAndInOrder) {
  const Score& score = song_->score;
  std::vector<std::size_t> sung(score.words.size(), 0);
  int last_word = 0;
  for (const SungPhone& phone : song_->lead.phones) {
    if (phone.word < 0) continue;
    EXPECT_GE(phone.word, last_word);
    last_word = phone.word;
    ++sung[static_cast<std::size_t>(phone.word)];
  }
  for (std::size_t w = 0; w < score.words.size(); ++w) {
    std::size_t written = 0;
    for (int s = 0; s < score.words[w].num_syllables; ++s) {
      written += score.syllables[static_cast<std::size_t>(score.words[w].first_syllable + s)]
                     .phones.size();
    }
    EXPECT_EQ(sung[w], written) << score.words[w].text;
  }
}

TEST_F(SongTest, IsRenderedAgainFromItsOwnJson) {
  const SongRecord record = read_song_json(published_.song_json, "song.json");
  EXPECT_EQ(song_id(record.options), song_id(song_->options));
  EXPECT_TRUE(record.marked);
  EXPECT_EQ(record.publish.payload_hex, published_.mark.payload_hex);
  const Song again = generate_song(record.options);
  EXPECT_EQ(pcm16_sha256(again.mix.master), record.unmarked_pcm_sha256);
}

TEST_F(SongTest, AnExistingSongIsKeptUnlessOverwriteIsGiven) {
  PublishOptions options;
  try {
    publish(*song_, NullMarker(), folder_ / "a", options);
    FAIL() << "overwrote a song";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutput);
  }
  EXPECT_EQ(json::parse(read_file(folder_ / "a" / "song.json")), document_);
  options.overwrite = true;
  const Published control = publish(*song_, NullMarker(), folder_ / "b", options);
  const Published again = publish(*song_, NullMarker(), folder_ / "b", options);
  EXPECT_EQ(control.song_json, again.song_json);
  EXPECT_FALSE(json::parse(control.song_json)["watermark"]["present"]);
  EXPECT_EQ(control.pcm_sha256, control.unmarked_pcm_sha256);
}

TEST_F(SongTest, EveryFormatOfTheContractComesOut) {
  for (const char* format : {"wav", "mp3", "ogg", "opus"}) {
    PublishOptions options;
    options.format = format;
    const Published out = publish(*song_, NullMarker(), folder_ / format, options);
    const AudioInfo info = probe_audio(out.mix);
    EXPECT_NEAR(info.duration_s(), song_->mix.master.duration_s(), 0.2) << format;
  }
}

TEST(SongJson, RubbishIsRefusedWithTheFilesName) {
  for (const char* text : {"", "{}", "[1]", "{\"schema\": \"brandiron.song/9\"}", "not json"}) {
    try {
      read_song_json(text, "x/song.json");
      ADD_FAILURE() << "accepted " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kFormat);
      EXPECT_NE(std::string(error.what()).find("x/song.json"), std::string::npos);
    }
  }
}

TEST(Generate, RefusesWhatItCannotDo) {
  GenerateOptions options = debug_options();
  options.preset = "full";
  EXPECT_THROW(generate_song(options), Error);
  options = debug_options();
  options.rate_hz = 22050;
  EXPECT_THROW(generate_song(options), Error);
}

TEST(SongCompany, IsHeardLabelledAndNamesItsBanks) {
  GenerateOptions options = debug_options();
  options.preset = "lean";
  options.spec.form = "verse chorus";
  options.mix.keep_stems = true;
  options.persona.style.backing = {"double", "high"};
  Song song = generate_song(options);
  const fs::path folder =
      fs::temp_directory_path() / ("brandiron-company-" + std::to_string(::getpid()));
  PublishOptions publishing;
  publishing.stems = true;
  const Published published = publish(song, FakeMarker(), folder, publishing);
  const json document = json::parse(published.song_json);
  EXPECT_TRUE(fs::exists(folder / "stems" / "backing_vocals.flac"));
  fs::remove_all(folder);

  std::map<std::string, json> parts;
  for (const json& part : document["parts"]) parts[part["name"]] = part;
  ASSERT_TRUE(parts.contains("backing_double") && parts.contains("backing_high"));
  EXPECT_EQ(parts["backing_double"]["bank"], "kal16");
  EXPECT_EQ(parts["backing_high"]["bank"], "rms");
  EXPECT_LT(parts["backing_double"]["notes"].size(), parts["lead_vocal"]["notes"].size());
  std::set<std::string> kinds, banks;
  for (const json& t : document["techniques"]) kinds.insert(t["kind"]);
  for (const json& m : document["generator"]["models"]) banks.insert(m["name"]);
  EXPECT_TRUE(kinds.contains("double") && kinds.contains("harmony"));
  EXPECT_TRUE(banks.contains("voice-kal16") && banks.contains("voice-rms"));
}

/// Sings every frame alike.
class Drone : public SingerModel {
 public:
  SingerIdentity identity() const override { return {"drone", 7, std::string(64, 'd')}; }
  bool knows_voice(const std::string& voice) const override { return voice == "kal16"; }
  std::vector<float> envelopes(std::span<const PhoneFeatures>, std::span<const float> draft,
                               const std::string&) const override {
    return std::vector<float>(draft.size(), 0.5F);
  }
};

/// Plays what it is given at half its level.
class Echo : public DecoderModel {
 public:
  DecoderIdentity identity() const override {
    return {"hifigan", 3, std::string(64, 'e'), {8, 8, 4, 2}, 0};
  }
  AudioBuffer decode(const AudioBuffer& audio) const override {
    AudioBuffer out = audio;
    out.apply_gain(0.5F);
    return out;
  }
};

GenerateOptions short_options(const std::string& preset) {
  GenerateOptions options = debug_options();
  options.spec.duration_s = 20;
  options.preset = preset;
  return options;
}

json published_document(Song& song) {
  const fs::path folder =
      fs::temp_directory_path() / ("brandiron-decoded-" + std::to_string(::getpid()));
  PublishOptions options;
  options.stems = true;
  options.overwrite = true;
  const Published published = publish(song, FakeMarker(), folder, options);
  json document = json::parse(published.song_json);
  document["decoded_stem"] = fs::exists(folder / "stems/premaster_decoded.flac");
  document["text"] = published.song_json;
  fs::remove_all(folder);
  return document;
}

TEST(SongDecoder, TakesTheWholeMixAndLeavesTheStemsTheirSum) {
  GenerateOptions options = short_options("lean");
  options.decoder.family = "hifigan";
  const Song plain = generate_song(short_options("lean"));
  const Echo echo;
  Song song = generate_song(options, {nullptr, &echo});
  ASSERT_TRUE(song.decoder);
  EXPECT_TRUE(std::ranges::equal(song.mix.premaster.samples(), plain.mix.premaster.samples()));
  AudioBuffer half = plain.mix.premaster;
  half.apply_gain(0.5F);
  EXPECT_TRUE(std::ranges::equal(song.decoded_premaster.samples(), half.samples()));
  const json document = published_document(song);
  EXPECT_EQ(document["decoder"]["family"], "hifigan");
  EXPECT_EQ(document["decoder"]["scope"], "mix");
  EXPECT_EQ(document["decoder"]["strides"], json({8, 8, 4, 2}));
  EXPECT_EQ(document["disclosure"]["digital_source_type"],
            digital_source_type_uri(SourceType::kTrained));
  EXPECT_TRUE(document["decoded_stem"]);
  const SongRecord record = read_song_json(document["text"], "song.json");
  EXPECT_EQ(wanted_decoder(record.options), "hifigan");
  EXPECT_EQ(song_id(record.options), song_id(options));
  EXPECT_NE(song_id(options), song_id(short_options("lean")));
}

TEST(SongDecoder, TakesTheVoiceAloneInPresetVocalAndBothInFull) {
  const Echo echo;
  const Drone drone;
  Song vocal = generate_song(short_options("vocal"), {&drone, &echo});
  EXPECT_TRUE(vocal.decoded_premaster.empty());
  EXPECT_EQ(published_document(vocal)["decoder"]["scope"], "voice");
  Song full = generate_song(short_options("full"), {&drone, &echo});
  EXPECT_FALSE(full.decoded_premaster.empty());
  EXPECT_EQ(published_document(full)["decoder"]["scope"], "both");
  GenerateOptions none = short_options("vocal");
  none.decoder.family = "none";
  EXPECT_FALSE(generate_song(none, {&drone}).decoder);
}

TEST(SongDecoder, IsRefusedWithoutWeightsOfThatFamilyScopeOrRate) {
  const Echo echo;
  const auto refused = [&](auto change, const SongModels& models) {
    GenerateOptions options = short_options("lean");
    options.decoder.family = "hifigan";
    change(options);
    EXPECT_THROW(generate_song(options, models), Error);
  };
  refused([](GenerateOptions&) {}, {});
  refused([](GenerateOptions& o) { o.decoder.family = "dac"; }, {nullptr, &echo});
  refused([](GenerateOptions& o) { o.decoder.scope = "everything"; }, {nullptr, &echo});
  refused([](GenerateOptions& o) { o.rate_hz = 48000; }, {nullptr, &echo});
}

TEST(SongComposer, IsSungBySomebodyElseInHisOwnRange) {
  GenerateOptions options = short_options("lean");
  const Song original = generate_song(options);
  options.composer = options.persona;
  options.persona = load_persona("tin-cricket");
  Song song = generate_song(options);
  ASSERT_EQ(song.score.words.size(), original.score.words.size());
  EXPECT_EQ(score_to_lyrics(song.score), score_to_lyrics(original.score));
  EXPECT_EQ(song.score.tempo_bpm, original.score.tempo_bpm);
  const int shift = song.score.vocal.front().pitch - original.score.vocal.front().pitch;
  for (std::size_t i = 0; i < song.score.vocal.size(); ++i) {
    EXPECT_EQ(song.score.vocal[i].pitch, original.score.vocal[i].pitch + shift);
    EXPECT_LE(song.score.vocal[i].pitch, options.persona.style.range_high + 1);
    EXPECT_GE(song.score.vocal[i].pitch, options.persona.style.range_low - 1);
  }
  EXPECT_EQ((song.score.tonic_pc - original.score.tonic_pc - shift) % 12, 0);
  const json document = published_document(song);
  const SongRecord record = read_song_json(document["text"], "song.json");
  ASSERT_TRUE(record.options.composer);
  EXPECT_EQ(song_id(record.options), song_id(options));
}

TEST(SongSinger, IsTheModelInPresetVocalAndNamedInTheRecord) {
  GenerateOptions options = debug_options();
  options.spec.duration_s = 20;
  const Song bank = generate_song(options);
  EXPECT_FALSE(bank.singer);
  options.preset = "vocal";
  const Drone drone;
  const Echo echo;
  Song song = generate_song(options, {&drone, &echo});
  ASSERT_TRUE(song.singer);
  EXPECT_FALSE(std::ranges::equal(song.lead.audio.samples(), bank.lead.audio.samples()));
  const fs::path folder =
      fs::temp_directory_path() / ("brandiron-singer-" + std::to_string(::getpid()));
  const Published published = publish(song, FakeMarker(), folder, {});
  fs::remove_all(folder);
  const json document = json::parse(published.song_json);
  const json& models = document["generator"]["models"];
  EXPECT_TRUE(std::any_of(models.begin(), models.end(),
                          [](const json& m) { return m["name"] == "drone" && m["version"] == 7; }));
  const SongRecord record = read_song_json(published.song_json, "song.json");
  EXPECT_TRUE(wants_learned_singer(record.options));
}

TEST(SongSinger, IsTheBankWhereItIsAskedForOrTheModelKnowsNoSuchVoice) {
  GenerateOptions options = debug_options();
  options.spec.duration_s = 20;
  const Drone drone;
  const Echo echo;
  options.preset = "vocal";
  options.singer = "bank";
  EXPECT_FALSE(generate_song(options, {&drone, &echo}).singer);
  options.singer = "";
  options.persona = load_persona("tin-saint");  // sings with rms
  EXPECT_FALSE(generate_song(options, {&drone, &echo}).singer);
}

TEST(SongSinger, IsRefusedWithoutWeightsAndByUnknownNames) {
  GenerateOptions options = debug_options();
  options.preset = "vocal";
  EXPECT_THROW(generate_song(options), Error);
  options.preset = "full";
  EXPECT_THROW(generate_song(options), Error);
  options.preset = "lean";
  options.singer = "somebody";
  EXPECT_THROW(generate_song(options), Error);
}

}  // namespace
}  // namespace brandiron::gen
