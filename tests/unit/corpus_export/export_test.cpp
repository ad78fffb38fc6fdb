#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>

#include "brandiron/experiments/corpus_export.h"
#include "small_corpus.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using testing::json_lines;
using testing::message_of;
using testing::SmallCorpus;

CorpusExportOptions options_of(const SmallCorpus& corpus, std::vector<std::string> formats,
                               const std::string& out = "out") {
  CorpusExportOptions options;
  options.corpus = corpus.path();
  options.out = corpus.out(out);
  options.formats = std::move(formats);
  return options;
}

std::map<std::string, std::string> bytes_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[fs::relative(entry.path(), folder).string()] = read_file(entry.path());
    }
  }
  return files;
}

bool same_inode(const fs::path& a, const fs::path& b) { return fs::equivalent(a, b); }

TEST(AudioFolder, HasAFolderASplitAndFileNameFirst) {
  const SmallCorpus corpus;
  const auto results = export_corpus(options_of(corpus, {"audiofolder"}));
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].items, 4U);
  const auto train = json_lines(corpus.out("out") / "data/train/metadata.jsonl");
  ASSERT_EQ(train.size(), 2U);
  EXPECT_EQ(train[0].begin().key(), "file_name");
  EXPECT_EQ(train[0].at("file_name"), "s00000.wav");
  EXPECT_EQ(train[0].at("lyrics"), "dust \"on\" the road\n\nhold me\n");
  EXPECT_EQ(train[1].at("parent_id"), "s00000");
  EXPECT_TRUE(train[1].at("lyrics").is_null());
  const auto test = json_lines(corpus.out("out") / "data/test/metadata.jsonl");
  EXPECT_EQ(test.at(0).at("decoder_strides"), "8,8,4");
  EXPECT_EQ(test.at(0).at("seed"), "18446744073709551615");
  EXPECT_TRUE(fs::exists(corpus.out("out") / "data/validation/h00002.wav"));
}

TEST(AudioFolder, LinksAudioAndCopiesItWhenAsked) {
  const SmallCorpus corpus;
  export_corpus(options_of(corpus, {"audiofolder"}));
  CorpusExportOptions copying = options_of(corpus, {"audiofolder"}, "copied");
  copying.copy = true;
  export_corpus(copying);
  const fs::path original = corpus.path() / "audio/00000/s00000.wav";
  EXPECT_TRUE(same_inode(original, corpus.out("out") / "data/train/s00000.wav"));
  EXPECT_FALSE(same_inode(original, corpus.out("copied") / "data/train/s00000.wav"));
  EXPECT_EQ(bytes_below(corpus.out("out")), bytes_below(corpus.out("copied")));
}

TEST(AudioFolder, CardNamesLicencesSplitsAndWhatItIsNot) {
  const SmallCorpus corpus;
  export_corpus(options_of(corpus, {"audiofolder"}));
  const std::string card = read_file(corpus.out("out") / "README.md");
  EXPECT_EQ(card.rfind("---\n", 0), 0U);
  EXPECT_NE(card.find("license: other\n"), std::string::npos);  // two licences
  EXPECT_NE(card.find("  - split: validation\n    path: data/validation/**\n"), std::string::npos);
  EXPECT_NE(card.find("  - name: train\n    num_bytes: "), std::string::npos);
  EXPECT_NE(card.find("## What it is not"), std::string::npos);
  EXPECT_NE(card.find("2 of 4 items have no words"), std::string::npos);
  const std::string licences = read_file(corpus.out("out") / "LICENSE");
  EXPECT_NE(licences.find("CC0-1.0: 3 of 4 items"), std::string::npos);
  EXPECT_NE(licences.find("CC-BY-4.0: 1 of 4 items"), std::string::npos);
}

TEST(CorpusExport, GivesTheSameBytesEachTime) {
  const SmallCorpus corpus;
  export_corpus(options_of(corpus, {"all"}, "a"));
  CorpusExportOptions again = options_of(corpus, {"all"}, "b");
  again.jobs = 3;
  export_corpus(again);
  const auto a = bytes_below(corpus.out("a")), b = bytes_below(corpus.out("b"));
  ASSERT_GT(a.size(), 50U);
  for (const auto& [name, bytes] : a) {
    ASSERT_TRUE(b.contains(name)) << name;
    EXPECT_EQ(bytes, b.at(name)) << name;
  }
  EXPECT_EQ(a.size(), b.size());
}

TEST(CorpusExport, ListsEveryFileInItsChecksums) {
  const SmallCorpus corpus;
  for (const CorpusExport& part : export_corpus(options_of(corpus, {"all"}))) {
    std::string expected;
    for (const auto& [name, bytes] : bytes_below(part.folder)) {
      if (name != "checksums.sha256") expected += sha256_hex(bytes) + "  " + name + "\n";
    }
    EXPECT_EQ(read_file(part.folder / "checksums.sha256"), expected) << part.format;
  }
}

TEST(CorpusExport, NoticesAudioThatWasChangedAndLeavesNothing) {
  const SmallCorpus corpus;
  std::ofstream(corpus.path() / "audio/00000/s00001.wav", std::ios::app) << "x";
  const std::string message = message_of(ErrorCode::kFormat, [&] {
    export_corpus(options_of(corpus, {"webdataset", "parquet"}));
  });
  EXPECT_NE(message.find("s00001.wav: sha256"), std::string::npos) << message;
  EXPECT_FALSE(fs::exists(corpus.out("out")));
  for (const auto& entry : fs::directory_iterator(corpus.path().parent_path())) {
    EXPECT_EQ(entry.path().filename(), "corpus");
  }
}

TEST(CorpusExport, ReplacesOnlyAnEarlierExport) {
  const SmallCorpus corpus;
  CorpusExportOptions options = options_of(corpus, {"lab"});
  export_corpus(options);
  EXPECT_NE(message_of(ErrorCode::kOutput, [&] { export_corpus(options); }).find("--overwrite"),
            std::string::npos);
  options.overwrite = true;
  std::ofstream(corpus.out("out") / "stray.txt") << "x";
  export_corpus(options);
  EXPECT_FALSE(fs::exists(corpus.out("out") / "stray.txt"));
  EXPECT_TRUE(fs::exists(corpus.out("out") / "chords/s00000.lab"));
  options.out = corpus.path();  // somebody's data
  EXPECT_NE(message_of(ErrorCode::kOutput, [&] { export_corpus(options); }).find("no earlier"),
            std::string::npos);
  EXPECT_TRUE(fs::exists(corpus.path() / "manifest.jsonl"));
}

TEST(CorpusExport, LeavesOutWhatNeedsAudioOfAVirtualCorpus) {
  const SmallCorpus corpus(false);
  EXPECT_NE(message_of(ErrorCode::kInvalidArgument,
                       [&] { export_corpus(options_of(corpus, {"audiofolder"})); })
                .find("virtual"),
            std::string::npos);
  std::map<std::string, CorpusExport> parts;
  for (CorpusExport& part : export_corpus(options_of(corpus, {"all"}))) parts[part.format] = part;
  EXPECT_EQ(parts.size(), corpus_export_formats().size());
  EXPECT_EQ(parts.at("webdataset").files, 0U);
  EXPECT_FALSE(parts.at("webdataset").left_out.empty());
  EXPECT_TRUE(fs::exists(corpus.out("out") / "parquet/data/train.parquet"));
  EXPECT_FALSE(fs::exists(corpus.out("out") / "webdataset"));
}

TEST(CorpusExport, RefusesManifestsThatDoNotHoldTogether) {
  const auto refusal = [](const std::function<void(SmallCorpus&)>& spoil) {
    SmallCorpus corpus;
    spoil(corpus);
    return message_of(ErrorCode::kFormat, [&] { export_corpus(options_of(corpus, {"parquet"})); });
  };
  EXPECT_NE(refusal([](SmallCorpus& c) {
              c.items[1]["id"] = "s00000";
              c.write();
            }).find("manifest.jsonl:3: id 's00000' occurs twice"),
            std::string::npos);
  EXPECT_NE(refusal([](SmallCorpus& c) {
              c.items[1]["id"] = "../x";
              c.write();
            }).find("id '../x'"),
            std::string::npos);
  EXPECT_NE(refusal([](SmallCorpus& c) {
              c.items[2]["tempo_bpm"] = "fast";
              c.write();
            }).find("manifest.jsonl:4: tempo_bpm: found \"fast\", expected float64"),
            std::string::npos);
  EXPECT_NE(refusal([](SmallCorpus& c) {
              c.items[2]["split"] = "dev";
              c.write();
            }).find("split 'dev'"),
            std::string::npos);
  EXPECT_NE(refusal([](SmallCorpus& c) {
              std::string text = read_file(c.path() / "manifest.jsonl");
              text.resize(text.rfind('\n', text.size() - 2) + 1);  // without its last line
              write_file(c.path() / "manifest.jsonl", text, true);
            }).find("3 items, expected 4"),
            std::string::npos);
}

TEST(WebDataset, CutsShardsAtTheLimit) {
  SmallCorpus corpus;
  CorpusExportOptions options = options_of(corpus, {"webdataset"});
  options.max_shard_bytes = 1'000'000;
  export_corpus(options);
  EXPECT_TRUE(fs::exists(corpus.out("out") / "train-000000.tar"));
  EXPECT_FALSE(fs::exists(corpus.out("out") / "train-000001.tar"));
  EXPECT_TRUE(fs::exists(corpus.out("out") / "test-000000.tar"));
  for (ordered_json& item : corpus.items) item["filler"] = std::string(600'000, 'x');
  corpus.write();
  options.out = corpus.out("cut");
  export_corpus(options);
  EXPECT_TRUE(fs::exists(corpus.out("cut") / "train-000001.tar"));
  EXPECT_LT(fs::file_size(corpus.out("cut") / "train-000000.tar"), 1'020'000U);
}

TEST(WebDataset, RefusesIdsThatALoaderWouldTakeForOne) {
  SmallCorpus corpus;
  corpus.items[0]["id"] = "a.b";
  corpus.items[1]["id"] = "a_b";
  corpus.write();
  EXPECT_NE(
      message_of(ErrorCode::kFormat, [&] { export_corpus(options_of(corpus, {"webdataset"})); })
          .find("two items would be a_b"),
      std::string::npos);
}

ordered_json annotation(const ordered_json& jams, const std::string& name_space) {
  for (const ordered_json& a : jams.at("annotations")) {
    if (a.at("namespace") == name_space) return a;
  }
  return nullptr;
}

TEST(JamsFiles, HoldWhatTheLabelsHaveAndNoMore) {
  const SmallCorpus corpus;
  const auto results = export_corpus(options_of(corpus, {"jams"}));
  const auto jams = ordered_json::parse(read_file(corpus.out("out") / "jams/s00000.jams"));
  EXPECT_EQ(annotation(jams, "chord_harte").at("data").at(1).at("value"), "A:min7");
  EXPECT_EQ(annotation(jams, "key_mode").at("data").at(0).at("value"), "E:major");
  EXPECT_EQ(annotation(jams, "tempo").at("data").at(0).at("value"), 120.0);
  EXPECT_EQ(annotation(jams, "beat").at("data").at(3).at("value"), 2);
  EXPECT_EQ(annotation(jams, "lyrics").at("data").size(), 2U);
  const auto note = annotation(jams, "note_midi").at("data").at(0);
  EXPECT_EQ(note.at("time"), 0.0);  // JAMS has nothing before the file
  EXPECT_DOUBLE_EQ(note.at("duration").get<double>(), 0.1);
  EXPECT_TRUE(annotation(jams, "pitch_contour").is_null());
  const auto other = ordered_json::parse(read_file(corpus.out("out") / "jams/s00001.jams"));
  const auto contour = annotation(other, "pitch_contour").at("data");
  EXPECT_EQ(contour.at("value").at(1).at("frequency"), 110.5);
  EXPECT_EQ(contour.at("value").at(0).at("voiced"), false);
  EXPECT_EQ(contour.at("time").size(), 4U);
  EXPECT_FALSE(fs::exists(corpus.out("out") / "jams/h00002.jams"));
  ASSERT_FALSE(results[0].left_out.empty());
  EXPECT_EQ(results[0].left_out[0], "2 of 4 items have no labels, so no file");
}

TEST(JamsFiles, CallChordsOutsideHartesShorthandsJustChords) {
  SmallCorpus corpus;
  corpus.items[0]["labels"]["chords"][1]["label"] = "A:13";
  corpus.write();
  export_corpus(options_of(corpus, {"jams"}));
  const auto jams = ordered_json::parse(read_file(corpus.out("out") / "jams/s00000.jams"));
  EXPECT_TRUE(annotation(jams, "chord_harte").is_null());
  EXPECT_EQ(annotation(jams, "chord").at("data").size(), 2U);
}

TEST(LabFiles, AreIntervalsAndTimes) {
  const SmallCorpus corpus;
  export_corpus(options_of(corpus, {"lab"}));
  const auto text = [&](const std::string& name) { return read_file(corpus.out("out") / name); };
  EXPECT_EQ(text("chords/s00000.lab"), "0.000000\t0.200000\tE:maj\n0.200000\t0.400000\tA:min7\n");
  EXPECT_EQ(text("beats/s00000.lab"), "0.000000\n0.100000\n0.200000\n0.300000\n");
  EXPECT_EQ(text("downbeats/s00000.lab"), "0.000000\n0.200000\n");
  EXPECT_EQ(text("phones/s00001.lab"), "0.000000\t0.050000\tD\n");
  EXPECT_FALSE(fs::exists(corpus.out("out") / "chords/h00002.lab"));
}

TEST(Mirdata, IndexPointsAtFilesByMd5AndSaysWhatIsNotThere) {
  const SmallCorpus corpus;
  export_corpus(options_of(corpus, {"mirdata"}));
  const auto index = ordered_json::parse(read_file(corpus.out("out") / "mirdata_index.json"));
  const auto& track = index.at("tracks").at("h00002");
  EXPECT_EQ(track.at("audio").at(0), "audio/h00002.wav");
  EXPECT_EQ(track.at("audio").at(1).get<std::string>().size(), 32U);
  EXPECT_EQ(track.at("chords"), ordered_json::parse("[null,null]"));
  EXPECT_EQ(index.at("tracks").at("s00001").at("chords").at(0), "chords/s00001.lab");
}

TEST(Croissant, HasFilesAndFieldsThatPointAtThem) {
  const SmallCorpus corpus;
  CorpusExportOptions options = options_of(corpus, {"croissant"});
  options.url = "https://example.org/corpus";
  const auto results = export_corpus(options);
  const auto document = ordered_json::parse(read_file(corpus.out("out") / "croissant.json"));
  EXPECT_EQ(document.at("conformsTo"), "http://mlcommons.org/croissant/1.0");
  EXPECT_EQ(document.at("url"), options.url);
  EXPECT_FALSE(document.contains("datePublished"));
  EXPECT_EQ(results[0].left_out.size(), 1U);
  EXPECT_EQ(document.at("distribution").at(0).at("sha256"),
            sha256_hex(read_file(corpus.out("out") / "metadata.jsonl")));
  EXPECT_EQ(document.at("distribution").at(1).at("includes"), "audio/*.wav");
}

}  // namespace
}  // namespace brandiron::experiments
