#include <gtest/gtest.h>

#include <map>
#include <set>

#include "brandiron/experiments/corpus_import.h"
#include "corpus_import/found.h"
#include "small_corpus.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using corpus_import::track_of;
using nlohmann::ordered_json;
using testing::json_lines;
using testing::message_of;
using testing::TemporaryFolder;

void make_clip(const fs::path& path, double hz = 220.0) {
  fs::create_directories(path.parent_path());
  write_audio(path, testing::tone(hz, 0.25, 8000));
}

CorpusImportOptions options_of(const TemporaryFolder& folder, const std::string& format) {
  CorpusImportOptions options;
  options.format = format;
  options.from = folder / "in";
  options.out = folder / "out";
  options.licence = "CC-BY-4.0";
  return options;
}

std::map<std::string, ordered_json> items_by_id(const TemporaryFolder& folder) {
  std::map<std::string, ordered_json> items;
  const auto lines = json_lines(folder / "out/manifest.jsonl");
  for (std::size_t i = 1; i < lines.size(); ++i) items[lines[i].at("id")] = lines[i];
  return items;
}

TEST(Tracks, AreNamedByTheClipsNameOrByAPattern) {
  EXPECT_EQ(track_of("Old Road_clip03", ""), "Old Road");
  EXPECT_EQ(track_of("old-seg-12", ""), "old");
  EXPECT_EQ(track_of("track_0001", ""), "track_0001");  // a number alone may be the track
  EXPECT_EQ(track_of("x17_004", "^(.+)_[0-9]+$"), "x17");
  EXPECT_NE(message_of(ErrorCode::kInvalidArgument, [] { track_of("x", "("); }).find("no regular"),
            std::string::npos);
  EXPECT_NE(message_of(ErrorCode::kInvalidArgument, [] { track_of("x", "x"); }).find("no group"),
            std::string::npos);
}

TEST(ImportFolder, TakesLabelsFromFoldersAndKeepsClipsOfATrackTogether) {
  const TemporaryFolder folder;
  for (int track = 0; track < 90; ++track) {
    for (const char* clip : {"_clip1", "_clip2"}) {
      make_clip(folder / ("in/human/song " + std::to_string(track) + clip + ".wav"));
    }
    make_clip(folder / ("in/ai/song " + std::to_string(track) + ".wav"));
  }
  const CorpusImport result = import_corpus(options_of(folder, "folder"));
  EXPECT_EQ(result.items, 270U);
  EXPECT_EQ(result.ai, 90U);
  std::map<std::string, std::set<std::string>> splits;
  std::set<std::string> all;
  for (const auto& [id, item] : items_by_id(folder)) {
    splits[item.at("track")].insert(item.at("split").get<std::string>());
    all.insert(item.at("split").get<std::string>());
    EXPECT_EQ(item.at("kind"), "imported");
    EXPECT_EQ(item.at("licence"), "CC-BY-4.0");
    EXPECT_EQ(item.at("duration_s"), 0.25);
    EXPECT_EQ(item.at("sample_rate_hz"), 8000);
  }
  EXPECT_EQ(splits.size(), 90U);
  for (const auto& [track, names] : splits) EXPECT_EQ(names.size(), 1U) << track;
  EXPECT_EQ(all.size(), 3U);
}

TEST(ImportFolder, MovesNoTrackWhenFilesAreAdded) {
  const TemporaryFolder folder;
  for (int i = 0; i < 20; ++i) make_clip(folder / ("in/a" + std::to_string(i) + ".wav"));
  CorpusImportOptions options = options_of(folder, "folder");
  options.label = "human";
  import_corpus(options);
  const auto before = items_by_id(folder);
  for (int i = 0; i < 20; ++i) make_clip(folder / ("in/b" + std::to_string(i) + ".wav"));
  options.overwrite = true;
  import_corpus(options);
  const auto after = items_by_id(folder);
  EXPECT_EQ(after.size(), 40U);
  for (const auto& [id, item] : before) EXPECT_EQ(item.at("split"), after.at(id).at("split"));
}

TEST(ImportFolder, ReportsWhatCannotBeReadAndGoesOn) {
  const TemporaryFolder folder;
  make_clip(folder / "in/human/good.wav");
  write_file(folder / "in/human/bad.wav", "not audio");
  make_clip(folder / "in/unlabelled.wav");
  const CorpusImport result = import_corpus(options_of(folder, "folder"));
  EXPECT_EQ(result.items, 1U);
  ASSERT_EQ(result.failed.size(), 2U);
  EXPECT_EQ(result.failed[0].first, "unlabelled.wav");
  EXPECT_EQ(result.failed[1].first, "human/bad.wav");
  EXPECT_EQ(json_lines(folder / "out/manifest.jsonl")[0].at("left_out"), 2);
}

TEST(ImportFolder, PointsAtTheAudioOrLinksIt) {
  const TemporaryFolder folder;
  make_clip(folder / "in/real/test/Some Song!.wav");
  CorpusImportOptions options = options_of(folder, "folder");
  import_corpus(options);
  auto item = items_by_id(folder).at("i-some-song");
  EXPECT_EQ(item.at("file"), "../in/real/test/Some Song!.wav");
  EXPECT_EQ(item.at("split"), "test");
  options.link = options.overwrite = true;
  import_corpus(options);
  item = items_by_id(folder).at("i-some-song");
  EXPECT_EQ(item.at("file"), "audio/00000/i-some-song.wav");
  EXPECT_TRUE(fs::equivalent(folder / "out/audio/00000/i-some-song.wav",
                             folder / "in/real/test/Some Song!.wav"));
}

TEST(ImportFolder, NeedsALicenceAndLeavesAnExistingManifestAlone) {
  const TemporaryFolder folder;
  make_clip(folder / "in/ai/x.wav");
  CorpusImportOptions options = options_of(folder, "folder");
  import_corpus(options);
  EXPECT_NE(message_of(ErrorCode::kOutput, [&] { import_corpus(options); }).find("--overwrite"),
            std::string::npos);
  options.licence = "";
  EXPECT_NE(
      message_of(ErrorCode::kInvalidArgument, [&] { import_corpus(options); }).find("licence"),
      std::string::npos);
}

TEST(ImportSonics, ReadsBothTablesAndKeepsTheirSplits) {
  const TemporaryFolder folder;
  make_clip(folder / "in/real_songs/real_00001.wav");
  make_clip(folder / "in/fake_songs/fake_00007_suno_0.wav");
  make_clip(folder / "in/fake_songs/fake_00007_suno_1.wav");
  make_clip(folder / "in/fake_songs/fake_00008_udio_0.wav");
  write_file(
      folder / "in/real_songs.csv",
      "id,filename,title,duration,split,label\n1,real_00001,\"Rain, Again\",0.25,valid,real\n");
  write_file(folder / "in/fake_songs.csv",
             "id,filename,title,duration,algorithm,style,source,lyrics_features,topic,genre,split,"
             "label\n"
             "7,fake_00007_suno_0,,0.25,chirp-v3.5,folk,suno,\"a\nb\",rain,folk,train,half fake\n"
             "8,fake_00007_suno_1,,0.25,chirp-v3.5,folk,suno,,rain,folk,train,full fake\n"
             "9,fake_00008_udio_0.mp3,,0.25,udio-120s,folk,udio,,rain,folk,test,mostly fake\n"
             "10,fake_00009_udio_0,,0.25,udio-120s,folk,udio,,rain,folk,test,mostly fake\n");
  const CorpusImport result = import_corpus(options_of(folder, "sonics"));
  EXPECT_EQ(result.items, 4U);
  ASSERT_EQ(result.failed.size(), 1U);
  EXPECT_NE(result.failed[0].first.find("fake_songs.csv:6"), std::string::npos);
  const auto items = items_by_id(folder);
  const ordered_json& half = items.at("i-fake_00007_suno_0");
  EXPECT_EQ(half.at("label"), "ai");
  EXPECT_EQ(half.at("parts").at("lyrics"), "human");
  EXPECT_EQ(half.at("generator"), "chirp-v3.5");
  EXPECT_EQ(half.at("source"), "sonics:suno");
  EXPECT_EQ(half.at("sonics_label"), "half fake");
  EXPECT_EQ(half.at("track"), items.at("i-fake_00007_suno_1").at("track"));
  const ordered_json& real = items.at("i-real_00001");
  EXPECT_EQ(real.at("label"), "human");
  EXPECT_EQ(real.at("title"), "Rain, Again");
  EXPECT_EQ(real.at("split"), "validation");
}

TEST(ImportFakeMusicCaps, KeepsTheClipsOfACaptionTogether) {
  const TemporaryFolder folder;
  for (const char* generator : {"MusicGen_medium", "mustango", "MusicCaps"}) {
    for (int i = 0; i < 8; ++i) {
      make_clip(folder / ("in/" + std::string(generator) + "/-x" + std::to_string(i) + ".wav"));
    }
  }
  const CorpusImport result = import_corpus(options_of(folder, "fakemusiccaps"));
  EXPECT_EQ(result.items, 24U);
  EXPECT_EQ(result.human, 8U);
  std::map<std::string, std::set<std::string>> splits;
  for (const auto& [id, item] : items_by_id(folder)) {
    splits[item.at("caption_id")].insert(item.at("split").get<std::string>());
  }
  for (const auto& [caption, names] : splits) EXPECT_EQ(names.size(), 1U) << caption;
  EXPECT_EQ(items_by_id(folder).at("i-x3").at("parts").at("lyrics"), nullptr);
}

}  // namespace
}  // namespace brandiron::experiments
