#include <gtest/gtest.h>

#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "fixtures.h"

namespace brandiron::experiments {
namespace {

using testing::TemporaryFolder;

std::vector<DetectorClip> read(const TemporaryFolder& folder, const std::string& text,
                               const std::string& name = "manifest.jsonl") {
  write_file(folder / name, text, true);
  return read_detector_material({(folder / name).string()});
}

const std::string kHeader = "{\"schema\":\"brandiron.manifest/1\"}\n";

TEST(DetectorMaterial, ReadsAManifestWithTwinsAndSpans) {
  const TemporaryFolder folder;
  const auto clips = read(
      folder,
      kHeader +
          R"({"id":"a","file":"a.flac","label":"ai","source":"brandiron:p","title":"Rust","generator":{"name":"brandiron"},"decoder":"dac","marked":true})"
          "\n"
          R"({"id":"b","file":"b.flac","label":"ai","source":"brandiron:q","title":"Other","parent_id":"a","decoder":"none","vocals":true})"
          "\n"
          R"({"id":"h","file":"h.ogg","label":"mixed","source":"mix","spans":[[0,4.5,"human"],[4.5,9,"ai"]]})"
          "\n");
  ASSERT_EQ(clips.size(), 3U);
  EXPECT_EQ(clips[0].group, "brandiron / dac");
  EXPECT_EQ(clips[1].group, "brandiron:q");  // no generator: its source; no decoder
  EXPECT_EQ(clips[0].recording, clips[1].recording);
  EXPECT_NE(clips[0].recording, clips[2].recording);
  EXPECT_TRUE(clips[0].marked);
  EXPECT_EQ(clips[1].vocals, "true");
  EXPECT_EQ(clips[0].file, folder / "a.flac");
  ASSERT_EQ(clips[2].spans.size(), 2U);
  EXPECT_TRUE(clips[2].spans[1].ai);
  EXPECT_DOUBLE_EQ(clips[2].spans[1].start_s, 4.5);
}

TEST(DetectorMaterial, ReadsTheTableOfRecordings) {
  const TemporaryFolder folder;
  const auto clips = read(folder,
                          "file\tlabel\tsource\ttitle\n"
                          "h/a.ogg\thuman\tdebian:naev-data_0.8\tOne\n"
                          "h/b.ogg\thuman\tdebian:naev-data_0.9\tOne\n"
                          "s/c.wav\thuman_speech\tgit:x\tTwo\n",
                          "manifest.tsv");
  ASSERT_EQ(clips.size(), 3U);
  EXPECT_EQ(clips[0].source, "debian:naev-data");
  EXPECT_EQ(clips[0].recording, clips[1].recording);
  EXPECT_EQ(clips[2].label, "voice");
}

TEST(DetectorMaterial, NamesTheLineThatIsWrong) {
  const TemporaryFolder folder;
  const auto fails = [&](const std::string& line, const std::string& word) {
    try {
      read(folder, kHeader + line + "\n");
      FAIL() << line;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kFormat);
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  fails("{\"id\":\"a\"}", "manifest.jsonl:2");
  fails("nonsense", "manifest.jsonl:2");
  fails(R"({"id":"a","file":"f","label":"ai","source":"s","spans":[[0,1]]})", "span");
  fails(R"({"id":"a","file":"f","label":"ai","source":"s"})"
        "\n"
        R"({"id":"a","file":"g","label":"ai","source":"s"})",
        "twice");
}

TEST(SelectClips, TakesTurnsAmongSourcesAndIsDeterministic) {
  std::vector<DetectorClip> clips;
  for (int i = 0; i < 50; ++i)
    clips.push_back(testing::clip("b" + std::to_string(i), "human", "big"));
  for (int i = 0; i < 3; ++i)
    clips.push_back(testing::clip("s" + std::to_string(i), "human", "small"));
  clips.push_back(testing::clip("v", "voice", "voices"));
  DetectorSelection selection;
  selection.most = 8;
  const auto chosen = select_clips(clips, selection, 1);
  std::map<std::string, int> counts;
  for (const DetectorClip& c : chosen) ++counts[c.source];
  EXPECT_EQ(counts["small"], 3);
  EXPECT_EQ(counts["big"], 5);
  EXPECT_EQ(counts["voices"], 1);
  const auto ids = [](const std::vector<DetectorClip>& list) {
    std::set<std::string> found;
    for (const DetectorClip& c : list) found.insert(c.id);
    return found;
  };
  EXPECT_EQ(ids(chosen), ids(select_clips(clips, selection, 1)));
  EXPECT_NE(ids(chosen), ids(select_clips(clips, selection, 2)));
}

TEST(SelectClips, KeepsSplitsAndLeavesSourcesOut) {
  std::vector<DetectorClip> clips = {testing::clip("a", "ai", "x"), testing::clip("b", "ai", "y"),
                                     testing::clip("c", "ai", "z")};
  clips[0].split = clips[1].split = "test";
  DetectorSelection selection;
  selection.splits = {"test"};
  selection.leave_out = {"y"};
  const auto chosen = select_clips(clips, selection, 1);
  ASSERT_EQ(chosen.size(), 1U);
  EXPECT_EQ(chosen[0].id, "a");
}

TEST(DetectorGrids, ThatAreShippedCanBeRead) {
  for (const char* name : {"detector", "detector-debug"}) {
    const DetectorGrid grid = read_detector_grid(
        std::string(BRANDIRON_SOURCE_DIR) + "/configs/evaluate/" + name + ".toml", {});
    EXPECT_EQ(grid.name, name);
    EXPECT_FALSE(grid.rows.empty());
  }
}

TEST(DetectorGrids, SayWhereTheyAreWrong) {
  const TemporaryFolder folder;
  const auto fails = [&](const std::string& text, const std::string& word) {
    write_file(folder / "g.toml", "schema = \"brandiron.detector-grid/1\"\n" + text, true);
    try {
      read_detector_grid((folder / "g.toml").string(), {});
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kConfig);
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
  };
  fails("[[row]]\nid = \"x\"\nchain = \"nonsense(1)\"\n", "nonsense");
  fails("[[row]]\nid = \"x\"\nkind = \"odd\"\n", "odd");
  fails("[[row]]\nid = \"x\"\n[[row]]\nid = \"x\"\n", "twice");
  fails("[[row]]\nid = \"none\"\n", "twice");
  fails("[protocol]\nfoldz = 3\n", "foldz");
}

TEST(DetectorGrids, TakeSettingsFromTheCommandLine) {
  const DetectorGrid grid = read_detector_grid(
      std::string(BRANDIRON_SOURCE_DIR) + "/configs/evaluate/detector-debug.toml",
      {"protocol.folds=4"});
  EXPECT_EQ(grid.folds, 4);
}

}  // namespace
}  // namespace brandiron::experiments
