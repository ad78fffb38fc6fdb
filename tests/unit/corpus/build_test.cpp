#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <map>

#include "brandiron/core/files.h"
#include "corpus/journal.h"
#include "fake_maker.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

/// Every file but the journals: name -> bytes.
std::map<std::string, std::string> contents(const fs::path& folder) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(entry.path(), folder).string();
    if (entry.is_regular_file() && name.rfind("journal", 0) != 0) {
      out[name] = read_file(entry.path());
    }
  }
  return out;
}

BuildReport build(const CorpusRecipe& recipe, const Folder& folder, const ItemMaker& maker,
                  int jobs = 1, std::size_t shard = 0, std::size_t shards = 1) {
  BuildOptions options;
  options.jobs = jobs;
  options.shard = shard;
  options.shards = shards;
  return build_corpus(recipe, folder.path(), maker, options);
}

std::map<std::string, std::string> reference(const CorpusRecipe& recipe) {
  const Folder folder("reference");
  build(recipe, folder, FakeMaker());
  EXPECT_TRUE(merge_corpus(folder.path()).written);
  return contents(folder.path());
}

TEST(CorpusBuild, IsTheSameWhateverJobsAndShardsThereAre) {
  const CorpusRecipe recipe = some_of_everything();
  const auto expected = reference(recipe);
  EXPECT_GT(expected.size(), recipe.songs);
  {
    const Folder folder("jobs");
    EXPECT_EQ(build(recipe, folder, FakeMaker(), 8).made, recipe.songs);
    merge_corpus(folder.path());
    EXPECT_EQ(contents(folder.path()), expected);
  }
  const Folder folder("shards");
  build(recipe, folder, FakeMaker(), 2, 2, 3);
  EXPECT_EQ(ranges_text(merge_corpus(folder.path()).missing).substr(0, 8), "0-1,3-4,");
  EXPECT_FALSE(fs::exists(folder / "manifest.jsonl"));
  build(recipe, folder, FakeMaker(), 1, 0, 3);
  build(recipe, folder, FakeMaker(), 1, 1, 3);
  EXPECT_TRUE(merge_corpus(folder.path()).written);
  EXPECT_EQ(contents(folder.path()), expected);
}

TEST(CorpusBuild, ListsItsItemsInTheOrderOfSongs) {
  const CorpusRecipe recipe = some_of_everything();
  const Folder folder("order");
  build(recipe, folder, FakeMaker(), 4);
  merge_corpus(folder.path());
  ManifestReader reader(folder / "manifest.jsonl");
  EXPECT_EQ(reader.header().recipe_sha256, corpus_recipe_sha256(recipe));
  std::size_t items = 0;
  for (std::size_t song = 0; song < recipe.songs; ++song) {
    for (const Item& planned : items_of_song(recipe, song)) {
      const auto line = reader.next();
      ASSERT_TRUE(line);
      EXPECT_EQ(line->item.id, planned.id);
      EXPECT_EQ(line->item.attack_seed, planned.attack_seed);
      EXPECT_EQ(line->item.decoder, planned.decoder);
      EXPECT_EQ(line->facts->labels_json.empty(), planned.is_reencoded());
      ++items;
    }
  }
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.header().items, items);
}

TEST(CorpusBuild, GoesOnWhereItStopped) {
  const CorpusRecipe recipe = some_of_everything();
  const auto expected = reference(recipe);
  for (const std::size_t items : {0, 1, 2, 5, 17, 40}) {
    const Folder folder("resume");
    FakeMaker full;
    full.disk_full_after = items;
    EXPECT_THROW(build(recipe, folder, full, 2), Error);
    EXPECT_FALSE(fs::exists(folder / "manifest.jsonl"));
    FakeMaker rest;
    build(recipe, folder, rest, 2);
    EXPECT_TRUE(merge_corpus(folder.path()).written);
    EXPECT_EQ(contents(folder.path()), expected) << items;
    FakeMaker none;
    EXPECT_EQ(build(recipe, folder, none).kept, recipe.songs);
    EXPECT_EQ(none.made, 0u);
  }
}

TEST(CorpusBuild, MakesAFileAgainThatIsGone) {
  const CorpusRecipe recipe = some_of_everything();
  const Folder folder("gone");
  build(recipe, folder, FakeMaker());
  merge_corpus(folder.path());
  const auto expected = contents(folder.path());
  fs::remove(folder / "audio/00000/s00003.flac");
  FakeMaker maker;
  EXPECT_EQ(build(recipe, folder, maker).made, 1u);
  EXPECT_EQ(maker.made, 1u);
  merge_corpus(folder.path());
  EXPECT_EQ(contents(folder.path()), expected);
}

TEST(CorpusBuild, LeavesOutASongThatFailsAndNamesIt) {
  const CorpusRecipe recipe = some_of_everything();
  const Folder folder("failing");
  FakeMaker maker;
  maker.failing = {3, 4, 5, 11};
  const BuildReport report = build(recipe, folder, maker, 3);
  ASSERT_EQ(report.failed.size(), 4u);
  EXPECT_EQ(report.failed.front().first, 3u);
  EXPECT_EQ(report.failed.front().second, "no such voice");
  EXPECT_EQ(report.made, recipe.songs - 4);
  EXPECT_EQ(ranges_text(merge_corpus(folder.path()).missing), "3-5,11");
  EXPECT_FALSE(fs::exists(folder / "manifest.jsonl"));
  EXPECT_TRUE(merge_corpus(folder.path(), true).written);
  EXPECT_EQ(ManifestReader(folder / "manifest.jsonl").header().missing, "3-5,11");
  build(recipe, folder, FakeMaker());
  merge_corpus(folder.path());
  EXPECT_EQ(contents(folder.path()), reference(recipe));
}

TEST(CorpusBuild, RefusesAnotherRecipeAndAnotherKey) {
  const Folder folder("other");
  build(some_of_everything(), folder, FakeMaker());
  EXPECT_THROW(build(some_of_everything("[themes]\nroad = 1\n"), folder, FakeMaker()), Error);
  FakeMaker other;
  other.key = "11111111";
  EXPECT_THROW(build(some_of_everything(), folder, other), Error);
  EXPECT_EQ(other.made, 0u);
}

TEST(CorpusBuild, RefusesAShardThatAnotherProcessMakes) {
  const Folder folder("twice");
  build(some_of_everything(), folder, FakeMaker());
  const Journal held(folder.path(), "0-of-1");
  try {
    build(some_of_everything(), folder, FakeMaker());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kRetry) << error.what();
  }
}

TEST(CorpusBuild, KeepsNoAudioWhenHashesAreAskedFor) {
  const CorpusRecipe recipe = some_of_everything();
  const Folder folder("hashes"), files("files");
  BuildOptions options;
  options.audio = CorpusAudio::kHashes;
  build_corpus(recipe, folder.path(), FakeMaker(), options);
  EXPECT_TRUE(merge_corpus(folder.path()).written);
  EXPECT_EQ(contents(folder.path()).size(), 2u);  // recipe.toml, manifest.jsonl
  build(recipe, files, FakeMaker());
  merge_corpus(files.path());
  ManifestReader a(folder / "manifest.jsonl"), b(files / "manifest.jsonl");
  while (const auto line = a.next()) {
    EXPECT_EQ(line->facts->pcm_sha256, b.next()->facts->pcm_sha256);
    EXPECT_EQ(line->facts->file, "");
  }
}

// Journal
// -----------------------------------------------------------------------------------------

TEST(CorpusJournal, PassesOverATornLineAndWritesOnAfterIt) {
  const Folder folder("torn");
  {
    Journal journal(folder.path(), "0-of-1");
    journal.append(4, 0, "{\"a\":1}");
    journal.append(2, 1, "{\"b\":2}");
  }
  const fs::path file = folder / "journal/0-of-1.jsonl";
  const std::string whole = read_file(file);
  const std::string record = journal_record(3, 0, "{\"c\":3}");
  for (std::size_t cut = 0; cut < record.size(); ++cut) {
    std::ofstream(file, std::ios::binary) << whole << record.substr(0, cut);
    {
      const JournalIndex index(folder.path());
      EXPECT_EQ(index.size(), 2u) << cut;
      EXPECT_EQ(*index.line(2, 1), "{\"b\":2}");
      EXPECT_FALSE(index.has(3, 0));
    }
    Journal(folder.path(), "0-of-1").append(3, 0, "{\"c\":3}");
    const JournalIndex index(folder.path());
    EXPECT_EQ(index.size(), 3u) << cut;
    EXPECT_EQ(*index.line(3, 0), "{\"c\":3}") << cut;
  }
}

TEST(CorpusJournal, SpeaksOfSongsInRanges) {
  EXPECT_EQ(ranges_text({}), "");
  EXPECT_EQ(ranges_text({17}), "17");
  EXPECT_EQ(ranges_text({17, 40, 41, 42, 43}), "17,40-43");
}

// Virtual corpora, checks
// -----------------------------------------------------------------------------------------

TEST(CorpusVirtual, IsAPureFunctionOfItsRecipe) {
  CorpusRecipe recipe = some_of_everything();
  recipe.songs = 200;
  const Folder a("virtual-a"), b("virtual-b");
  build_virtual_corpus(recipe, a.path());
  build_virtual_corpus(recipe, a.path());
  build_virtual_corpus(recipe, b.path());
  EXPECT_EQ(contents(a.path()), contents(b.path()));
  EXPECT_EQ(contents(a.path()).size(), 2u);
  ManifestReader reader(a / "manifest.jsonl");
  const auto first = reader.next();
  EXPECT_FALSE(first->facts);
  EXPECT_EQ(first->item.payload_hex, item_payload(first->item));
  EXPECT_TRUE(corpus_status(a.path()).is_virtual);
}

std::string findings(const Folder& folder) {
  std::string text;
  for (const CheckFinding& f : check_corpus(folder.path(), {}, nullptr).findings) {
    text += f.id + ": " + f.what + "\n";
  }
  return text;
}

TEST(CorpusCheck, FindsWhatIsNotAsTheManifestSays) {
  const CorpusRecipe recipe = some_of_everything();
  const Folder folder("check");
  build(recipe, folder, FakeMaker());
  merge_corpus(folder.path());
  // The fake's files are texts: what does not decode is found, the rest is in order.
  const std::string before = findings(folder);
  EXPECT_EQ(before.find("sha256"), std::string::npos) << before;
  std::ofstream(folder / "audio/00000/s00002.flac", std::ios::app) << "x";
  EXPECT_NE(findings(folder).find("s00002: audio/00000/s00002.flac: its bytes are not"),
            std::string::npos);
  fs::remove(folder / "audio/00000/s00001.flac");
  EXPECT_NE(findings(folder).find("s00001: "), std::string::npos);

  const std::string manifest = read_file(folder / "manifest.jsonl");
  const auto with = [&](const std::string& text) {
    write_file(folder / "manifest.jsonl", text, true);
    return findings(folder);
  };
  const auto third = manifest.find('\n', manifest.find('\n') + 1) + 1;
  const std::string second_line =
      manifest.substr(manifest.find('\n') + 1, third - manifest.find('\n') - 1);
  EXPECT_NE(with(manifest + second_line).find("occurs twice"), std::string::npos);
  std::string moved = manifest;
  const auto split = moved.find("\"split\":\"train\"");
  moved.replace(split, 15, "\"split\":\"test\"");
  EXPECT_NE(with(moved).find("leakage"), std::string::npos);
  EXPECT_NE(with(manifest.substr(0, manifest.size() - 40)).find("not an item"), std::string::npos);
  std::string outside = manifest;
  const auto file = outside.find("audio/00000/s00000.flac");
  outside.replace(file, 5, "../..");
  EXPECT_NE(with(outside).find("leads out"), std::string::npos);
}

}  // namespace
}  // namespace brandiron::experiments
