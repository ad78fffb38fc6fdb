#include "detector_study/copies.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "detector_study/blind.h"
#include "detector_study/names.h"
#include "fixtures.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

struct Bench {
  TemporaryFolder folder;
  DetectorStudyOptions options;

  explicit Bench(std::vector<DetectorRow> rows = {}) {
    options.clips = testing::material(folder, 2);
    options.grid = testing::grid(std::move(rows));
    fs::create_directory(folder / "scratch");
  }
  CopyMaker maker() const { return {options, folder / "scratch"}; }
  std::string bytes(CopyMaker& maker, const DetectorClip& clip, const DetectorRow& row) const {
    const MadeCopy made = maker.make(clip, row);
    EXPECT_EQ(made.record.error, "");
    return read_file(made.file);
  }
};

// RIFF with nothing in it but a format and samples.
std::vector<std::string> chunks(const std::string& wav) {
  std::vector<std::string> names;
  for (std::size_t at = 12; at + 8 <= wav.size();) {
    names.push_back(wav.substr(at, 4));
    std::uint32_t size = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      size |= static_cast<std::uint32_t>(static_cast<unsigned char>(wav[at + 4 + k])) << (8 * k);
    }
    at += 8 + size + size % 2;
  }
  return names;
}

TEST(Copies, AreOneContainerOfOneLengthWithoutMetadata) {
  Bench bench;
  CopyMaker maker = bench.maker();
  std::set<std::size_t> sizes;
  for (const DetectorClip& clip : bench.options.clips) {
    const std::string wav = bench.bytes(maker, clip, maker.rows()[0]);
    sizes.insert(wav.size());
    EXPECT_EQ(chunks(wav), (std::vector<std::string>{"fmt ", "data"}));
  }
  EXPECT_EQ(sizes.size(), 1U);
  EXPECT_EQ(*sizes.begin(), 44U + 2 * 66150);  // 1.5 s
}

TEST(Copies, ComeOutTheSameWhateverElseIsMade) {
  Bench bench(
      {testing::row("noise", "noise(snr_db=20)"), testing::row("fast", "speed(ratio=1.1)")});
  CopyMaker first = bench.maker(), second = bench.maker();
  const auto& clips = bench.options.clips;
  const std::string a = bench.bytes(first, clips[3], first.rows()[1]);
  bench.bytes(second, clips[0], second.rows()[2]);
  EXPECT_EQ(a, bench.bytes(second, clips[3], second.rows()[1]));
  bench.options.seed = 2;
  CopyMaker other = bench.maker();
  EXPECT_NE(a, bench.bytes(other, clips[3], other.rows()[1]));
}

TEST(Copies, TwinsGetOneTreatment) {
  Bench bench;
  bench.options.grid.treatment.steps = {{1.0, {"gain({-20:-1})"}}};
  auto& clips = bench.options.clips;
  clips[1].parent_id = clips[0].id;
  CopyMaker maker = bench.maker();
  const auto chain = [&](std::size_t i) {
    return maker.make(clips[i], maker.rows()[0]).record.chain;
  };
  EXPECT_EQ(chain(0), chain(1));
  EXPECT_NE(chain(0), chain(2));
}

TEST(Copies, AFasterOneStillFillsTheExcerpt) {
  Bench bench({testing::row("fast", "speed(ratio=1.2)")});
  CopyMaker maker = bench.maker();
  const MadeCopy made = maker.make(bench.options.clips[0], maker.rows()[1]);
  EXPECT_NEAR(made.record.duration_s, 1.5, 0.01);
}

TEST(Copies, AreTurnedDownRatherThanClipped) {
  Bench bench({testing::row("loud", "gain(40)")});
  CopyMaker maker = bench.maker();
  const MadeCopy made = maker.make(bench.options.clips[0], maker.rows()[1]);
  EXPECT_LT(made.record.gain_db, -10);
  EXPECT_NEAR(read_audio(made.file).peak(), 0.999, 0.001);
}

TEST(Copies, ThatCannotBeMadeSayWhy) {
  Bench bench;
  write_file(bench.folder / "bad.wav", "no audio");
  DetectorClip clip = testing::clip("bad", "ai", "x");
  clip.file = bench.folder / "bad.wav";
  CopyMaker maker = bench.maker();
  const MadeCopy made = maker.make(clip, maker.rows()[0]);
  EXPECT_NE(made.record.error.find("bad.wav"), std::string::npos);
  EXPECT_TRUE(made.file.empty());
}

TEST(Copies, AreFoundAgainByTheirHash) {
  Bench bench({testing::row("noise", "noise(snr_db=20)")});
  bench.options.cache = bench.folder / "cache";
  CopyMaker maker = bench.maker();
  const MadeCopy made = maker.make(bench.options.clips[0], maker.rows()[1]);
  const auto written = fs::last_write_time(made.file);
  CopyMaker again = bench.maker();
  const MadeCopy found = again.make(bench.options.clips[0], again.rows()[1]);
  EXPECT_EQ(found.file, made.file);
  EXPECT_EQ(fs::last_write_time(found.file), written);
  EXPECT_EQ(found.record.chain, made.record.chain);
  EXPECT_NEAR(found.record.content_free[0], made.record.content_free[0], 1e-6);
  // Another recording under the same name is another copy.
  WriteOptions write;
  write.overwrite = true;
  write_audio(bench.options.clips[0].file, testing::take(2, 99, 0), write);
  CopyMaker changed = bench.maker();
  EXPECT_NE(changed.make(bench.options.clips[0], changed.rows()[1]).file, made.file);
}

TEST(Copies, OfARowOfTagsDifferInMetadataAlone) {
  Bench bench({testing::row("tags", "none", "tags")});
  CopyMaker maker = bench.maker();
  const auto& clip = bench.options.clips[0];
  const MadeCopy plain = maker.make(clip, maker.rows()[0]),
                 tagged = maker.make(clip, maker.rows()[1]);
  EXPECT_EQ(pcm16_sha256(read_audio(plain.file)), pcm16_sha256(read_audio(tagged.file)));
  EXPECT_NE(read_file(plain.file), read_file(tagged.file));
}

TEST(Copies, MixInAnotherRecordingOfTheLabelAsked) {
  Bench bench({testing::row("band", "mix(file={human}, level_db=0)")});
  CopyMaker maker = bench.maker();
  const MadeCopy made = maker.make(bench.options.clips[0], maker.rows()[1]);
  EXPECT_EQ(made.record.error, "");
  EXPECT_EQ(made.record.chain, "mix(file={human}, level_db=0)");  // no path in the records
}

TEST(Copies, RowsThatNeedAVoiceGoWithoutOne) {
  Bench bench({testing::row("voice", "mix(file={voice}, level_db=0)")});
  EXPECT_EQ(bench.maker().rows().size(), 1U);
}

TEST(BlindFolder, NamesSayNothingAndGoAway) {
  const TemporaryFolder folder;
  std::vector<fs::path> files, names;
  for (const char* name : {"suno-1.wav", "human-1.wav", "human-2.wav"}) {
    write_file(folder / name, name);
    files.push_back(folder / name);
  }
  {
    BlindFolder blind(folder.path(), Rng(1, "names"));
    names = blind.add(files);
    std::set<fs::file_time_type> times;
    for (std::size_t i = 0; i < files.size(); ++i) {
      EXPECT_EQ(read_file(names[i]), read_file(files[i]));
      EXPECT_EQ(names[i].string().find("suno"), std::string::npos);
      EXPECT_EQ(names[i].stem().string().size(), 16U);
      EXPECT_EQ(names[i].stem().string().find_first_not_of("0123456789abcdef"), std::string::npos);
      times.insert(fs::last_write_time(names[i]));
    }
    EXPECT_EQ(times.size(), 1U);
  }
  for (const fs::path& name : names) EXPECT_FALSE(fs::exists(name));
}

}  // namespace
}  // namespace brandiron::experiments
