#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/audio/treatment.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/progress.h"
#include "brandiron/detect/detector.h"
#include "brandiron/detect/training.h"
#include "detect/src/feature_store.h"
#include "detect/src/fold_trainer.h"
#include "detect/src/track_list.h"
#include "test_audio.h"

namespace brandiron::detect {
namespace {

namespace fs = std::filesystem;
using testing::pluck_song;

TEST(Treatment, FillsRangesAndChoices) {
  Rng rng(1, "fill");
  bool saw_low = false, saw_high = false;
  for (int i = 0; i < 200; ++i) {
    const double x = std::stod(fill_template("{2:4}", rng));
    EXPECT_TRUE(x >= 2 && x <= 4);
    saw_low |= x < 2.5;
    saw_high |= x > 3.5;
  }
  EXPECT_TRUE(saw_low && saw_high);
  const std::string word = fill_template("mp3({64|96})", rng);
  EXPECT_TRUE(word == "mp3(64)" || word == "mp3(96)") << word;
  EXPECT_EQ(fill_template("plain", rng), "plain");
  EXPECT_THROW(fill_template("x({1:2", rng), Error);
  EXPECT_THROW(fill_template("x({})", rng), Error);
  EXPECT_THROW(fill_template("x({a:2})", rng), Error);
}

TEST(Treatment, ShippedStepsAreValidChainsWhateverIsDrawn) {
  const Config config =
      Config::from_file(fs::path(BRANDIRON_SOURCE_DIR) / "configs/train/detector.toml");
  for (const char* key : {"treatment.step", "treatment.plain", "treatment.lossless"}) {
    const Treatment treatment = Treatment::from_config(config, key);
    ASSERT_FALSE(treatment.steps.empty()) << key;
    for (std::uint64_t i = 0; i < 500; ++i) {
      const std::string chain = treatment.draw(Rng(i, "draw"));
      EXPECT_NO_THROW(EffectChain::parse(chain)) << chain;
      EXPECT_EQ(chain, treatment.draw(Rng(i, "draw")));
    }
  }
}

TEST(TrackList, NoSourceLiesInTwoFolds) {
  std::vector<Track> tracks;
  for (int i = 0; i < 60; ++i) {
    Track t;
    t.id = std::to_string(i);
    t.label = i % 2 == 0 ? "ai" : "human";
    t.source = t.label + std::to_string(i % 14);
    tracks.push_back(t);
  }
  assign_folds(tracks, 3);
  std::map<std::string, int> fold;
  std::map<int, int> load;
  for (const Track& t : tracks) {
    ASSERT_TRUE(t.fold >= 0 && t.fold < 3);
    const auto [known, fresh] = fold.emplace(t.source, t.fold);
    EXPECT_EQ(known->second, t.fold) << t.source;
    ++load[t.fold];
  }
  for (const auto& [f, n] : load) EXPECT_GE(n, 15);
}

TEST(TrackList, ReadsTheClipsOfATableByColumnName) {
  const auto tracks = parse_clips(
      "title\tfile\tlabel\tsource\tlicence\tcodec\n"
      "Song\ta/b.ogg\thuman\tdebian:x_1.0-2\tMIT\tvorbis\n"
      "Talk\tc.flac\thuman_speech\tgit:y\tCC0\tflac\n",
      "/data", "clips");
  ASSERT_EQ(tracks.size(), 2U);
  EXPECT_EQ(tracks[0].source, "debian:x");
  EXPECT_EQ(tracks[0].file, "/data/a/b.ogg");
  EXPECT_FALSE(tracks[0].lossless);
  EXPECT_TRUE(tracks[1].is_voice());
  EXPECT_TRUE(tracks[1].lossless);
  EXPECT_EQ(tracks[0].instrumental, "human");
  EXPECT_THROW(parse_clips("title\tfile\n", "/", "clips"), Error);
  EXPECT_THROW(parse_manifest("{\"id\":1}\n", "/", "m"), Error);
  EXPECT_THROW(parse_manifest("{\"schema\":\"other/9\"}\n", "/", "m"), Error);
  EXPECT_THROW(parse_manifest("not json\n", "/", "m"), Error);
}

TEST(TrackList, ReadsAllThatAManifestSays) {
  const auto tracks = parse_manifest(
      R"({"schema":"brandiron.manifest/1"}
{"id":"a","file":"x/a.flac","label":"ai","source":"brandiron:p","decoder":"dac","vocals":"none","persona":null,"spans":null}
{"id":"b","file":"b.flac","label":"mixed","source":"m","spans":[[0,4.5,"human"],[4.5,9,"ai"]],"split":"test"}
{"id":"c","file":"c.flac","label":"resynthesised","source":"pkg","decoder":"istft"}
)",
      "/data", "m");
  ASSERT_EQ(tracks.size(), 3U);
  EXPECT_EQ(tracks[0].file, "/data/x/a.flac");
  EXPECT_EQ(tracks[0].decoder, "dac");
  EXPECT_EQ(tracks[0].vocals, "none");
  EXPECT_EQ(tracks[0].instrumental, "ai");
  ASSERT_EQ(tracks[1].spans.size(), 2U);
  EXPECT_TRUE(tracks[1].spans[1].is_ai);
  EXPECT_EQ(tracks[2].instrumental, "human");
  EXPECT_THROW(parse_manifest(R"({"id":"a","file":"f","label":"robot","source":"s"})", "/", "m"),
               Error);
  const auto again = parse_manifest(manifest_jsonl(tracks), "/", "m");
  EXPECT_EQ(again[1].spans.size(), 2U);
  EXPECT_EQ(again[0].decoder, "dac");
}

TEST(TrackList, TheLabelsOfOneSourceStayInOneFold) {
  std::vector<Track> tracks;
  for (int i = 0; i < 40; ++i) {
    Track t;
    t.id = std::to_string(i);
    t.label = i % 2 == 0 ? "human" : "resynthesised";
    t.source = "pkg" + std::to_string(i % 4 / 2 + i % 5 * 2);
    tracks.push_back(t);
  }
  assign_folds(tracks, 3);
  std::map<std::string, int> fold;
  for (const Track& t : tracks) EXPECT_EQ(fold.emplace(t.source, t.fold).first->second, t.fold);
}

TEST(Targets, SayWhatIsKnownAndNothingElse) {
  Track t;
  t.label = "ai";
  EXPECT_EQ(targets_of(t, false)[kFamily], 6);  // another system, whose decoder nobody named
  t.generator = "brandiron";
  EXPECT_EQ(targets_of(t, false)[kFamily], 0);
  t.decoder = "dac";
  t.vocals = "none";
  t.instrumental = "ai";
  EXPECT_EQ(targets_of(t, false), (std::vector<std::int64_t>{kAi, 3, 0, 1}));
  t.vocals = "ai";
  EXPECT_EQ(targets_of(t, true)[kVocals], -1);  // a human voice over an AI one: both
  t.label = "mixed";
  EXPECT_EQ(targets_of(t, false), (std::vector<std::int64_t>{-1, -1, 1, 1}));
  t.label = "human";
  t.decoder = "none";
  t.vocals = "";
  t.instrumental = "human";
  EXPECT_EQ(targets_of(t, true), (std::vector<std::int64_t>{kHuman, -1, 0, 0}));
}

TEST(Hybrids, SpansFollowTheExcerptAndItsSpeed) {
  const std::vector<SourceSpan> spans = {{0, 10, false}, {10, 14, true}, {14, 40, false}};
  // Eight seconds from 4 s on, heard at half the speed.
  const auto within = spans_within(spans, 4, 8, 16);
  ASSERT_EQ(within.size(), 2U);
  EXPECT_DOUBLE_EQ(within[0].start_s, 0);
  EXPECT_DOUBLE_EQ(within[0].end_s, 12);
  EXPECT_FALSE(within[0].is_ai);
  EXPECT_DOUBLE_EQ(within[1].start_s, 12);
  EXPECT_DOUBLE_EQ(within[1].end_s, 16);
  EXPECT_TRUE(within[1].is_ai);
}

TEST(Hybrids, AnExcerptBeginsWhereItIsSaidTo) {
  const fs::path folder =
      fs::temp_directory_path() / ("brandiron-excerpt-" + std::to_string(getpid()));
  AudioBuffer audio = testing::pluck_song(24, 22050, 1, 3, 0.0);
  for (std::size_t i = 0; i < 12 * 22050; ++i) audio.channel(0)[i] *= 0.01F;  // loud from 12 s on
  fs::create_directories(folder);
  write_audio(folder / "a.wav", audio);
  std::vector<Track> tracks(1);
  tracks[0].id = "a";
  tracks[0].file = folder / "a.wav";
  FeatureConfig config;
  FeatureStoreOptions options;
  options.cache = folder / "cache";
  options.comb = false;
  for (int copy = 0; copy < 3; ++copy) {
    FeatureJob job;
    job.name = "variant-" + std::to_string(copy);
    job.crop_s = 18;  // any excerpt holds the step
    const LogMel mel = make_features(tracks, {job}, config, options)[0].audio.mel;
    const auto loud = [&](std::size_t t) {
      return *std::max_element(mel.window(t).begin(), mel.window(t).end());
    };
    std::uint8_t top = 0;
    for (std::size_t t = 0; t < mel.num_windows; ++t) top = std::max(top, loud(t));
    std::size_t step = 0;
    while (loud(step) < top - 50) ++step;  // 25 dB
    EXPECT_NEAR(static_cast<double>(step) * config.hop_s(),
                12 - excerpt_start_s(tracks[0], job, options.seed), 0.5);
  }
  fs::remove_all(folder);
}

/// Marks by adding a faint click train, which the features can hear if they want to.
class ClickMarker final : public Marker {
 public:
  MarkRecord mark(AudioBuffer& audio, const std::string& payload_hex) const override {
    for (std::size_t i = 0; i < audio.num_frames(); i += 1000) audio.channel(0)[i] += 1e-3F;
    ++calls;
    MarkRecord record;
    record.present = true;
    record.payload_hex = payload_hex;
    return record;
  }
  mutable std::atomic<int> calls{0};
};

/// Twelve short "songs": strict timing is "ai", loose timing "human"; two of each are for the test.
class TrainingTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Progress::set_enabled(false);
    folder_ = fs::temp_directory_path() / ("brandiron-training-" + std::to_string(getpid()));
    fs::create_directories(folder_);
    std::string manifest = "{\"schema\":\"brandiron.manifest/1\"}\n";
    for (int i = 0; i < 12; ++i) {
      const bool ai = i % 2 == 0;
      const std::string id = "t" + std::to_string(i);
      write_audio(folder_ / (id + ".wav"),
                  pluck_song(9, 22050, 1 + static_cast<std::size_t>(i % 3 == 0),
                             static_cast<std::uint64_t>(i), ai ? 0.0 : 1.0));
      manifest += nlohmann::json{{"id", id},
                                 {"file", id + ".wav"},
                                 {"label", ai ? "ai" : "human"},
                                 {"source", (ai ? "brandiron:p" : "pkg") + std::to_string(i / 4)},
                                 {"split", i >= 8 ? "test" : "train"},
                                 {"lossless", true}}
                      .dump() +
                  "\n";
    }
    write_file(folder_ / "manifest.jsonl", manifest);
  }
  static void TearDownTestSuite() { fs::remove_all(folder_); }

  static Config config() {
    Config c = Config::from_text(R"toml(
seed = 5
folds = 2
scope = "A test."
[treatment]
copies = 2
crop_s = 8
plain_copies = 1
plain_crop_s = 6
voice_chance = 0
[[treatment.plain]]
choose = ["gain(-3)"]
[[treatment.step]]
chance = 0.5
choose = ["gain({-6:0})"]
[net]
channels = [4, 6, 8, 8]
[train]
steps = 30
batch_size = 8
adversary_weight = 0.1
checkpoint_every_steps = 10
[[evaluate.chain]]
name = "as_is"
[[evaluate.chain]]
name = "marked"
mark = true
)toml",
                                 "test");
    c.set("data.manifests=[\"" + (folder_ / "manifest.jsonl").string() + "\"]");
    return c;
  }

  static TrainDetectorReport train(const std::string& name, const Marker* marker,
                                   bool resume = false) {
    TrainDetectorOptions options;
    options.out = folder_ / name;
    options.marker = marker;
    options.resume = resume;
    return train_detector(config(), options);
  }

  static inline fs::path folder_;
};

TEST_F(TrainingTest, WritesWeightsThatLoadAndTellWhatTheyAreWorth) {
  const ClickMarker marker;
  const TrainDetectorReport report = train("run", &marker);
  EXPECT_GT(marker.calls, 0);
  const auto detector = load_detector(report.weights);
  const Detection d = detector->detect(pluck_song(9, 44100, 1, 99, 0.0));
  EXPECT_EQ(d.threshold.n, 4);       // human titles of the folds
  EXPECT_GE(d.threshold.fpr, 0.75);  // 3/4: four recordings support next to nothing

  const auto metrics = nlohmann::json::parse(read_file(report.metrics));
  EXPECT_EQ(metrics.at("schema"), "brandiron.detector-metrics/1");
  EXPECT_EQ(metrics.at("cross_validation").at("ai_titles"), 4);
  EXPECT_EQ(metrics.at("shortcuts").at("watermark").at("ai").at("marked"), 4);
  EXPECT_EQ(metrics.at("shortcuts").at("watermark").at("twins").at("n"), 4);
  EXPECT_TRUE(metrics.at("shortcuts").contains("content_free_auc_canonical"));
  EXPECT_EQ(metrics.at("test").at("chains")[0].at("human").at("n"), 2);
  const std::string card = read_file(report.card);
  EXPECT_EQ(card.find("{{"), std::string::npos);
  EXPECT_NE(card.find("brandiron:p0"), std::string::npos);
  // 8 training recordings x 3 copies + 4 test recordings x 2 treatments + a header
  const std::string scores = read_file(report.scores);
  EXPECT_EQ(std::count(scores.begin(), scores.end(), '\n'), 24 + 8 + 1);
  // Treated and plain copies are judged by themselves.
  const auto& validation = metrics.at("cross_validation");
  EXPECT_EQ(validation.at("by_source")[0].at("copies"), 4);  // 2 recordings, 2 treated copies
  EXPECT_EQ(validation.at("plain").at("by_source")[0].at("copies"), 2);
  EXPECT_EQ(validation.at("plain").at("human_titles"), 4);
  EXPECT_NE(scores.find(",plain-0,gain(-3),"), std::string::npos);
}

TEST_F(TrainingTest, IsReproducibleAndResumable) {
  const auto hash = [](const TrainDetectorReport& r) { return sha256_hex(read_file(r.weights)); };
  const std::string first = hash(train("once", nullptr));
  EXPECT_EQ(first, hash(train("twice", nullptr)));
  // The final network is taken away: resuming makes it again, the same.
  fs::remove(folder_ / "twice" / "checkpoints" / "final.safetensors");
  EXPECT_EQ(first, hash(train("twice", nullptr, /*resume=*/true)));
}

TEST_F(TrainingTest, RefusesToReplaceResultsOrToResumeAnotherRun) {
  train("kept", nullptr);
  EXPECT_THROW(train("kept", nullptr), Error);
  TrainDetectorOptions options;
  options.out = folder_ / "kept";
  options.resume = true;
  Config other = config();
  other.set("seed=6");
  EXPECT_THROW(train_detector(other, options), Error);
}

TEST_F(TrainingTest, UnknownKeysAndMissingClassesAreNamed) {
  TrainDetectorOptions options;
  options.out = folder_ / "never";
  Config typo = config();
  typo.set("train.epohcs=3");
  EXPECT_THROW(train_detector(typo, options), Error);
  Config empty = config();
  empty.set("data.manifests=[]");
  try {
    train_detector(empty, options);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kConfig);
  }
}

}  // namespace
}  // namespace brandiron::detect
