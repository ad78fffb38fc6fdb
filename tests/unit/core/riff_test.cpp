#include "brandiron/core/audio/riff.h"

#include <gtest/gtest.h>

#include <string>

#include "brandiron/core/error.h"

namespace brandiron {
namespace {

std::string wave(const std::string& chunks) {
  return "RIFF" + riff::le_bytes(chunks.size() + 4, 4) + "WAVE" + chunks;
}

// An RF64 whose data chunk states its size in ds64 only.
std::string rf64(const std::string& data, const std::string& form = "RF64") {
  const std::string table = std::string("LONG") + riff::le_bytes(3, 8);
  const std::string body = riff::make_chunk("fmt ", std::string(16, '\1')) + "LONG" +
                           riff::le_bytes(0xFFFFFFFF, 4) + "abc" + std::string(1, '\0') + "data" +
                           riff::le_bytes(0xFFFFFFFF, 4) + data;
  const std::size_t size = 4 + 8 + 40 + body.size();
  const std::string ds64 = riff::le_bytes(size, 8) + riff::le_bytes(data.size(), 8) +
                           riff::le_bytes(data.size() / 2, 8) + riff::le_bytes(1, 4) + table;
  return form + riff::le_bytes(0xFFFFFFFF, 4) + "WAVE" + riff::make_chunk("ds64", ds64) + body;
}

TEST(Riff, ListsChunksWithTheirPadBytes) {
  const std::string file = wave(riff::make_chunk("fmt ", std::string(16, '\1')) +
                                riff::make_chunk("odd ", "abc") + riff::make_chunk("data", "1234"));
  const riff::Layout layout = riff::read_layout(file);
  ASSERT_TRUE(layout.is_wave());
  ASSERT_EQ(layout.chunks.size(), 3U);
  EXPECT_EQ(layout.chunks[1].content(file), "abc");
  EXPECT_EQ(layout.chunks[1].end - layout.chunks[1].start, 12U);
  EXPECT_EQ(layout.find("data")->content(file), "1234");
  EXPECT_EQ(layout.end, file.size());
  EXPECT_EQ(layout.list_end, file.size());
  EXPECT_FALSE(layout.truncated);
  EXPECT_EQ(layout.find("none"), nullptr);
}

TEST(Riff, TakesTheSizesOfRf64AndBw64FromDs64) {
  for (const char* form : {"RF64", "BW64"}) {
    const std::string file = rf64("12345678", form);
    const riff::Layout layout = riff::read_layout(file);
    ASSERT_TRUE(layout.is_wave());
    EXPECT_TRUE(layout.is_large());
    EXPECT_FALSE(layout.truncated);
    ASSERT_EQ(layout.chunks.size(), 4U);
    EXPECT_EQ(layout.find("LONG")->content(file), "abc");
    EXPECT_EQ(layout.find("data")->content(file), "12345678");
  }
}

TEST(Riff, LeavesWhatFollowsTheEndToNobody) {
  const std::string inside = wave(riff::make_chunk("data", "1234"));
  const riff::Layout layout = riff::read_layout(inside + riff::make_chunk("LATE", "5678"));
  EXPECT_EQ(layout.end, inside.size());
  EXPECT_EQ(layout.chunks.size(), 1U);
}

TEST(Riff, EndsWithAChunkThatIsCutShortAndSaysSo) {
  const std::string file = wave(riff::make_chunk("data", std::string(100, 'x')));
  const riff::Layout layout = riff::read_layout(std::string_view(file).substr(0, 60));
  EXPECT_TRUE(layout.truncated);
  EXPECT_EQ(layout.end, 60U);
  ASSERT_EQ(layout.chunks.size(), 1U);
  EXPECT_TRUE(layout.chunks[0].truncated);
  EXPECT_EQ(layout.chunks[0].size, 40U);
}

TEST(Riff, ReadsFilesWhoseWriterNeverStatedTheLength) {
  for (const std::uint64_t unknown : {std::uint64_t{0}, std::uint64_t{0xFFFFFFFF}}) {
    const std::string file =
        "RIFF" + riff::le_bytes(unknown, 4) + "WAVEdata" + riff::le_bytes(0xFFFFFFFF, 4) + "12345";
    const riff::Layout layout = riff::read_layout(file);
    EXPECT_TRUE(layout.truncated);
    ASSERT_EQ(layout.chunks.size(), 1U);
    EXPECT_EQ(layout.chunks[0].content(file), "12345");
  }
}

TEST(Riff, ReadsNothingOutsideAnyCutOfAFile) {
  for (const std::string& whole : {wave(riff::make_chunk("odd ", "abc")), rf64("1234567")}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string file = whole.substr(0, size);
      const riff::Layout layout = riff::read_layout(file);
      EXPECT_LE(layout.end, size);
      for (const riff::Chunk& chunk : layout.chunks) {
        EXPECT_LE(chunk.content_start() + chunk.size, chunk.end);
        EXPECT_LE(chunk.end, size);
      }
    }
  }
}

TEST(Riff, SurvivesSizesThatWouldOverflow) {
  std::string file = rf64("1234");
  file.replace(20, 16, std::string(16, '\xFF'));  // RIFF and data sizes of 2^64 - 1
  const riff::Layout layout = riff::read_layout(file);
  EXPECT_TRUE(layout.truncated);
  EXPECT_EQ(layout.end, file.size());
  EXPECT_EQ(layout.find("data")->content(file), "1234");
}

TEST(Riff, ListsNoMoreThanItsLimitOfChunks) {
  std::string chunks;
  for (std::size_t i = 0; i < riff::kMaxChunks + 10; ++i) chunks += "none" + riff::le_bytes(0, 4);
  const riff::Layout layout = riff::read_layout(wave(chunks));
  EXPECT_TRUE(layout.too_many);
  EXPECT_EQ(layout.chunks.size(), riff::kMaxChunks);
}

TEST(Riff, KnowsOtherFilesByTheirForm) {
  for (const char* text : {"", "RIFF", "FORM\0\0\0\0AIFF....", "OggS............"}) {
    EXPECT_TRUE(riff::read_layout(text).form.empty());
  }
  EXPECT_FALSE(riff::read_layout("RIFF" + riff::le_bytes(4, 4) + "AVI ").is_wave());
}

TEST(Riff, StatesANewEndInItsHead) {
  std::string plain = wave(riff::make_chunk("data", "1234"));
  const std::string more = riff::make_chunk("odd ", "abc");
  riff::set_end(plain, plain.size() + more.size());
  EXPECT_EQ(riff::read_layout(plain + more).chunks.size(), 2U);
  std::string large = rf64("1234");
  EXPECT_EQ(riff::end_bytes(large), 36U);
  riff::set_end(large, large.size() + more.size());
  EXPECT_EQ(riff::read_layout(large + more).chunks.size(), 5U);
  EXPECT_THROW(riff::set_end(plain, (std::uint64_t{1} << 32U) + 8), Error);
  std::string broken = "RF64" + riff::le_bytes(0xFFFFFFFF, 4) + "WAVEdata";
  EXPECT_THROW(riff::set_end(broken, 100), Error);
}

}  // namespace
}  // namespace brandiron
