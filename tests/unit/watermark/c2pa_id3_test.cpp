#include <gtest/gtest.h>

#include <string>

#include "brandiron/core/error.h"
#include "tests/support/c2pa_files.h"
#include "watermark/src/c2pa/container.h"

// Tags as they are found in the wild: the audio behind them and around them stays as it was.

namespace brandiron::watermark::c2pa {
namespace {

using Id3 = C2pa;

std::string padded_size(std::size_t size) { return be_bytes(size, 4); }

std::string title() { return id3_frame("TIT2", std::string("\3a title")); }

TEST_F(Id3, FootersAndExtendedHeadersGoAndFramesStay) {
  const std::string footer = std::string("3DI\4\0\x10", 6) + padded_size(title().size());
  const std::string with_footer = id3_tag(4, title(), 0x10) + footer + mp3();
  // Version 2.4: size (syncsafe, itself included), one byte of flags, flags. 2.3: size without.
  const std::string extended4 = std::string("\0\0\0\6\1\0", 6);
  const std::string extended3 = std::string("\0\0\0\6\0\0\0\0\0\0", 10);
  for (const std::string& file : {with_footer, id3_tag(4, extended4 + title(), 0x40) + mp3(),
                                  id3_tag(3, extended3 + title(), 0x40) + mp3()}) {
    const std::string out = signed_file(file);
    EXPECT_EQ(out[5], 0);
    EXPECT_EQ(out.substr(10, title().size()), title());
    EXPECT_EQ(out.substr(id3_tag_size(out)), mp3());
    EXPECT_EQ(verify(out, trust()).state, State::kTrusted);
  }
}

TEST_F(Id3, TagsOfVersion22StayBehindTheNewOne) {
  const std::string frame = std::string("TT2\0\0\4\0one", 10);
  const std::string old = id3_tag(2, frame);
  for (const std::string& audio : {mp3(), flac()}) {
    const std::string out = signed_file(old + audio);
    EXPECT_EQ(out[3], 4);
    EXPECT_EQ(out.substr(id3_tag_size(out)), old + audio);
    EXPECT_EQ(verify(out, trust()).state, State::kTrusted);
    EXPECT_EQ(container_of(out), container_of(audio));
    const std::string twice = signed_file(out);
    EXPECT_EQ(twice.substr(id3_tag_size(twice)), old + audio);
  }
}

TEST_F(Id3, OnlyTheFirstOfTwoTagsIsRewritten) {
  const std::string second = id3_tag(3, id3_frame("TALB", std::string("\0album", 6)));
  const std::string out = signed_file(id3_tag(4, title()) + second + mp3());
  EXPECT_EQ(out.substr(10, title().size()), title());
  EXPECT_EQ(out.substr(id3_tag_size(out)), second + mp3());
  EXPECT_EQ(verify(out, trust()).state, State::kTrusted);
}

TEST_F(Id3, TagsAtTheEndStay) {
  const std::string version1 = "TAG" + std::string(125, 'x');
  const std::string enhanced = "TAG+" + std::string(223, 'y');
  const std::string ape = "APETAGEX" + std::string(24, '\1');
  for (const std::string& end : {version1, ape, ape + version1, enhanced + version1}) {
    const std::string out = signed_file(mp3() + end);
    EXPECT_EQ(out.substr(id3_tag_size(out)), mp3() + end);
    EXPECT_EQ(verify(out, trust()).state, State::kTrusted);
    std::string changed = out;
    changed[changed.size() - 20] ^= 1;
    EXPECT_EQ(verify(changed, trust()).state, State::kInvalid);
  }
}

TEST_F(Id3, PlainFrameSizesInVersion24AreUnderstood) {
  // 200 bytes: plain C8, syncsafe 01 48.
  const std::string frame =
      "TXXX" + be_bytes(200, 4) + std::string(2, '\0') + std::string(200, 'x');
  const std::string body = frame + title();
  const std::string size{'\0', '\0', static_cast<char>(body.size() >> 7U),
                         static_cast<char>(body.size() & 0x7FU)};
  const std::string out = signed_file(std::string("ID3\4\0\0", 6) + size + body + mp3());
  EXPECT_EQ(out.substr(10, body.size()), body);
  EXPECT_EQ(verify(out, trust()).state, State::kTrusted);
}

TEST_F(Id3, SizesThatLieAreNotFollowed) {
  // A tag longer than the file is no tag; a frame longer than its tag is no manifest.
  const std::string longer = std::string("ID3\4\0\0\x7F\x7F\x7F\x7F", 10) + mp3();
  EXPECT_EQ(verify(longer, trust()).state, State::kNone);
  EXPECT_THROW(signed_file(longer), Error);
  std::string frame = id3_frame("TIT2", "x");
  frame[5] = '\x7F';
  const std::string damaged = id3_tag(4, frame) + mp3();
  EXPECT_EQ(verify(damaged, trust()).state, State::kNone);
  EXPECT_THROW(signed_file(damaged), Error) << "its frames would be lost";
  EXPECT_EQ(verify(id3_tag(4, frame + "application/c2pa") + mp3(), trust()).state, State::kInvalid);
  std::string extended = id3_tag(4, "\x7F\x7F\x7F\x7F", 0x40) + mp3();
  EXPECT_EQ(verify(extended, trust()).state, State::kNone);
  std::string end = id3_tag(3, "GEOB\xFF\xFF\xFF\xFF") + mp3();
  EXPECT_EQ(verify(end, trust()).state, State::kNone);
}

TEST_F(Id3, CutTagsEndInAVerdict) {
  const std::string out = signed_file(id3_tag(3, title()) + mp3());
  for (std::size_t size = 0; size < 120; ++size) {
    EXPECT_EQ(verify(out.substr(0, size), trust()).state, State::kNone) << size;
  }
}

}  // namespace
}  // namespace brandiron::watermark::c2pa
