#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/marker.h"
#include "brandiron/experiments/control_pool.h"
#include "brandiron/experiments/corpus_build.h"
#include "tests/support/temporary_folder.h"

namespace brandiron::experiments {
namespace {

AudioBuffer tone(double seconds, std::size_t channels) {
  AudioBuffer audio(channels, static_cast<std::size_t>(seconds * 44100), 44100);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t i = 0; i < audio.num_frames(); ++i) {
      const double t = static_cast<double>(i) / 44100;
      audio.channel(c)[i] = static_cast<float>(0.2 * std::sin(2 * M_PI * 220 * t) +
                                               0.1 * std::sin(2 * M_PI * (330 + 10 * c) * t));
    }
  }
  return audio;
}

constexpr int kArpeggio[] = {0, 4, 7, 4};

/// A tune of four lines of eight quarters, as a line of the pack.
std::string tune_line(int number) {
  std::string notes, bars, chords;
  for (int n = 0; n < 32; ++n) {
    notes += (n > 0 ? ",[" : "[") + std::to_string(48 * n) + ",48," +
             std::to_string(60 + kArpeggio[n % 4] + number % 3) + "]";
  }
  for (int b = 0; b < 8; ++b) {
    bars += (b > 0 ? "," : "") + std::to_string(192 * b);
    chords += std::string(b > 0 ? "," : "") + "[" + std::to_string(192 * b) + "," +
              std::to_string(number % 3) + ",\"maj7\",null]";
  }
  std::string words;
  for (int n = 0; n < 32; ++n) {
    words += std::string(n > 0 ? "," : "") + (n % 8 == 0 ? "\"Home\"" : "\"and\"");
  }
  return R"({"id":"t)" + std::to_string(number) + R"(","source":"s","tier":"A","split":"train",)" +
         R"("title":"Tune )" + std::to_string(number) + R"(","license":"public domain",)" +
         R"("meter":"4/4","mode":"major","tonic_pc":)" + std::to_string(number % 3) +
         R"(,"bars":[)" + bars + R"(],"notes":[)" + notes + R"(],"chords":[)" + chords +
         R"(],"verses":[[)" + words + "]]}";
}

class ControlItems : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string tunes, manifest = "file\tlabel\tsource\ttitle\tauthor\tlicence\tseconds\n";
    for (int t = 0; t < 12; ++t) tunes += tune_line(t) + "\n";
    for (int r = 0; r < 6; ++r) {
      const std::string name = "m" + std::to_string(r) + ".wav";
      write_audio(folder_.path() / name, tone(22, 2));
      manifest += name + "\thuman\tgit:x\tM\tauthor " + std::to_string(r) + "\tCC0 1.0\t22.0\n";
    }
    write_audio(folder_.path() / "v.wav", tone(6, 1));
    manifest += "v.wav\thuman_singing_acappella\tgit:y\tV\tVera\tCC BY 4.0\t6.0\n";
    write_file(folder_.path() / "melodies.jsonl", tunes);
    write_file(folder_.path() / "manifest.tsv", manifest);
  }

  CorpusRecipe recipe(const std::string& more = "", const std::string& voices = "") const {
    const std::string at = folder_.path().string();
    return parse_corpus_recipe(
        Config::from_text("songs = 12\nseed = 4\nduration_s = 20\n[personas]\nrust-hollow = 1\n"
                          "[twin_decoders]\nistft = 1\n[controls]\ntunes = \"" +
                              at + "\"\nvoices = \"" + (voices.empty() ? at : voices) +
                              "\"\nrecordings = \"" + at +
                              "\"\nhuman_tune = 1.0\nhuman_voice = 1.0\nhuman = 1.0\n"
                              "re_decoded = 0.5\neven_marks = true\n" +
                              more,
                          "test.toml"),
        "test");
  }

  static std::vector<Item> all(const CorpusRecipe& recipe) {
    std::vector<Item> items;
    for (std::size_t s = 0; s < recipe.songs; ++s) {
      for (Item& item : items_of_song(recipe, s)) items.push_back(std::move(item));
    }
    return items;
  }

  const testing::TemporaryFolder folder_;
};

TEST_F(ControlItems, EveryKindHasItsShareAndHalfOfEachIsMarked) {
  std::map<std::string, std::pair<int, int>> kinds;
  for (const Item& item : all(recipe())) {
    ++kinds[item.kind].first;
    kinds[item.kind].second += item.marked;
  }
  EXPECT_EQ(kinds["song"], std::pair(12, 6));
  EXPECT_EQ(kinds["human-tune"], std::pair(12, 6));
  EXPECT_EQ(kinds["human-voice"], std::pair(12, 6));
  EXPECT_EQ(kinds["human"], std::pair(12, 6));
  EXPECT_EQ(kinds["re-decoded"], std::pair(6, 3));
}

TEST_F(ControlItems, LabelsSayWhoMadeWhatAndUnderWhichLicence) {
  for (const Item& item : all(recipe())) {
    if (item.kind == "human-tune") {
      EXPECT_EQ(item.label, "mixed");
      EXPECT_EQ(item.parts.composition + item.parts.lyrics + item.parts.vocals, "humanhumanai");
      EXPECT_NE(item.licence.find("public domain"), std::string::npos);
    } else if (item.kind == "human-voice") {
      EXPECT_EQ(item.parts.vocals + item.parts.instruments, "humanai");
      EXPECT_EQ(item.source, "git:y (Vera)");
      EXPECT_NE(item.licence.find("CC BY 4.0"), std::string::npos);
    } else if (item.kind == "human") {
      EXPECT_EQ(item.label, "human");
      EXPECT_EQ(item.duration_s, 20);
      EXPECT_LE(item.material_start_s, 2);
      EXPECT_EQ(item.licence, "CC0 1.0");
    } else if (item.kind == "re-decoded") {
      EXPECT_EQ(item.label, "mixed");
      EXPECT_EQ(item.decoder, "istft");
    }
    const ManifestItem read = parse_item_line(item_line(item), "line");
    EXPECT_EQ(read.item.material, item.material);
    EXPECT_EQ(read.item.kind, item.kind);
    if (item.kind == "human") {
      EXPECT_EQ(read.generator, "human");
    }
  }
}

TEST_F(ControlItems, MaterialOfOneMakerIsInOneSplit) {
  const CorpusRecipe split = recipe("[splits]\ntrain = 0.5\nvalidation = 0.0\ntest = 0.5\n");
  std::map<std::string, std::set<std::string>> splits;
  for (const Item& item : all(split)) {
    if (item.material.empty()) continue;
    splits[item.kind == "human-tune" ? item.material : item.source].insert(item.split);
  }
  EXPECT_GE(splits.size(), 8u);
  for (const auto& [material, in] : splits) EXPECT_EQ(in.size(), 1u) << material;
}

TEST_F(ControlItems, MissingFoldersLeaveTheirControlsOutAndSaySo) {
  const CorpusRecipe without = recipe("", (folder_.path() / "nowhere").string());
  for (const Item& item : all(without)) EXPECT_NE(item.kind, "human-voice");
  ASSERT_EQ(without.controls.pool->warnings.size(), 1u);
  EXPECT_NE(without.controls.pool->warnings[0].find("nowhere"), std::string::npos);
  const std::vector<std::string> notes = control_notes(without);
  EXPECT_NE(notes.front().find("12 tunes"), std::string::npos);
  EXPECT_NE(notes.back().find("warning"), std::string::npos);
  EXPECT_NE(corpus_recipe_sha256(without), corpus_recipe_sha256(recipe()));
}

TEST_F(ControlItems, TheResolvedRecipeGivesTheSameItemsAndRefusesOtherFolders) {
  const CorpusRecipe first = recipe();
  const std::string text = corpus_recipe_toml(first);
  const CorpusRecipe again = parse_corpus_recipe(Config::from_text(text, "recipe.toml"), "test");
  EXPECT_EQ(corpus_recipe_toml(again), text);
  const std::vector<Item> a = all(first), b = all(again);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_EQ(item_line(a[i]), item_line(b[i]));
  write_file(folder_.path() / "melodies.jsonl", tune_line(3) + "\n", true);
  EXPECT_THROW(parse_corpus_recipe(Config::from_text(text, "recipe.toml"), "test"), Error);
}

TEST_F(ControlItems, ControlsLeaveAsSongsDo) {
  SongTools tools;
  tools.marker = std::make_shared<NullMarker>();
  const CorpusRecipe made = recipe();
  tools.controls = made.controls.pool;
  const auto maker = make_song_maker(tools);
  for (const Item& item : items_of_song(made, 0)) {
    if (item.kind != "human" && item.kind != "human-voice") continue;
    ItemTarget target;
    target.file = folder_.path() / (item.id + ".flac");
    target.labels = true;
    const ItemFacts facts = maker->make(item, target, nullptr, {});
    const AudioBuffer audio = read_audio(target.file);
    EXPECT_EQ(facts.pcm_sha256, pcm16_sha256(audio));
    EXPECT_EQ(audio.num_channels(), 2u);
    EXPECT_NEAR(audio.duration_s(), 20, 4);
    EXPECT_NEAR(facts.integrated_lufs, item.target_lufs, 0.8);
    // Read back from its line it is made again, with the folders at hand.
    const ManifestItem line = parse_item_line(item_line(item, &facts), item.id);
    EXPECT_EQ(maker->make(line.item, target, nullptr, {}).pcm_sha256, facts.pcm_sha256);
  }
}

}  // namespace
}  // namespace brandiron::experiments
