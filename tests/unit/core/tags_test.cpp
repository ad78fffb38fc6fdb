#include "brandiron/core/audio/tags.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/riff.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "support/temporary_folder.h"
#include "support/test_audio.h"

namespace brandiron {
namespace {

constexpr AudioFormat kFormats[] = {AudioFormat::kWav, AudioFormat::kFlac, AudioFormat::kMp3,
                                    AudioFormat::kOggVorbis, AudioFormat::kOpus};

std::string encoded(AudioFormat format, double duration_s = 0.5) {
  return encode_audio(testing::plucked_music(duration_s, 48000, 2), format, {});
}

bool same_audio(const std::string& a, const std::string& b) {
  const AudioBuffer left = read_audio_bytes(a, "a");
  const AudioBuffer right = read_audio_bytes(b, "b");
  if (left.num_channels() != right.num_channels() || left.num_frames() != right.num_frames()) {
    return false;
  }
  for (std::size_t c = 0; c < left.num_channels(); ++c) {
    for (std::size_t i = 0; i < left.num_frames(); ++i) {
      if (left.channel(c)[i] != right.channel(c)[i]) return false;
    }
  }
  return left.num_frames() > 0;
}

const Tags kTags = {{"TITLE", "Zwölf Nächte <&> \"日本\" 🎵"}, {"ARTIST", "Cold Harbor"},
                    {"COMMENT", "AI-generated audio"},        {"AI_GENERATED", "true"},
                    {"GENERATOR", "brandiron 9.9"},           {"AIGC", R"({"Label":"1"})"}};

void expect_tags(const std::string& file, const Tags& wanted) {
  const Tags found = read_tags_bytes(file, "test");
  for (const auto& [key, value] : wanted) EXPECT_EQ(tag_value(found, key), value) << key;
}

// An ID3v2.3 frame or 2.4 frame of less than 128 bytes.
std::string frame(const std::string& id, const std::string& content, unsigned char flags = 0) {
  return id + std::string(3, '\0') + static_cast<char>(content.size()) + '\0' +
         static_cast<char>(flags) + content;
}

std::string id3(const std::string& frames, char version = 4) {
  const auto size = static_cast<unsigned>(frames.size());
  return std::string("ID3") + version + std::string(4, '\0') + static_cast<char>(size >> 7U & 127) +
         static_cast<char>(size & 127) + frames;
}

TEST(Tags, AreReadAsTheyWereWrittenInEveryFormat) {
  for (const AudioFormat format : kFormats) {
    SCOPED_TRACE(audio_format_extension(format));
    const std::string plain = encoded(format);
    const std::string tagged = with_tags(plain, kTags, "test");
    expect_tags(tagged, kTags);
    EXPECT_TRUE(same_audio(plain, tagged));
    EXPECT_LT(tagged.size(), plain.size() + 4096);
  }
}

TEST(Tags, WrittenTwiceAreTheSameFile) {
  for (const AudioFormat format : kFormats) {
    const std::string once = with_tags(encoded(format), kTags, "test");
    EXPECT_TRUE(with_tags(once, kTags, "test") == once) << audio_format_extension(format);
  }
}

TEST(Tags, ReplaceTheirKeysAndKeepOthers) {
  for (const AudioFormat format : kFormats) {
    SCOPED_TRACE(audio_format_extension(format));
    const Tags foreign = {{"ALBUM", "Album"}, {"LABEL_CODE", "LC 1"}, {"TITLE", "old"}};
    const std::string file = with_tags(with_tags(encoded(format), foreign, "test"),
                                       {{"TITLE", "new"}, {"ARTIST", "A"}}, "test");
    expect_tags(file, {{"ALBUM", "Album"}, {"LABEL_CODE", "LC 1"}, {"TITLE", "new"}});
    EXPECT_EQ(tag_values(read_tags_bytes(file, "test"), "TITLE").size(), 1U);
    const std::string less = with_tags(file, {{"LABEL_CODE", ""}}, "test");
    EXPECT_TRUE(tag_values(read_tags_bytes(less, "test"), "LABEL_CODE").empty());
    expect_tags(less, {{"ALBUM", "Album"}, {"TITLE", "new"}});
  }
}

TEST(Tags, MayHaveSeveralValues) {
  for (const AudioFormat format : kFormats) {
    const std::string file =
        with_tags(encoded(format), {{"PERFORMER", "a"}, {"performer", "b"}}, "test");
    EXPECT_EQ(tag_values(read_tags_bytes(file, "test"), "PERFORMER"),
              (std::vector<std::string>{"a", "b"}))
        << audio_format_extension(format);
  }
}

TEST(Tags, GrowOggHeadersOverSeveralPages) {
  for (const AudioFormat format : {AudioFormat::kOggVorbis, AudioFormat::kOpus}) {
    const std::string plain = encoded(format, 3.0);
    const std::string large(200000, 'x');
    const std::string file = with_tags(plain, {{"LYRICS", large}}, "test");
    expect_tags(file, {{"LYRICS", large}});
    EXPECT_TRUE(same_audio(plain, file));
    const std::string small = with_tags(file, {{"LYRICS", ""}, {"TITLE", "t"}}, "test");
    EXPECT_TRUE(same_audio(plain, small));
    EXPECT_TRUE(with_tags(plain, {{"TITLE", "t"}}, "test") == small);
  }
}

TEST(Tags, KeepPicturesPrivateFramesAndOtherCommentsOfAnMp3) {
  const std::string picture("\0image/png\0\3\0\x89PNG...", 20);
  const std::string object("\0application/c2pa\0\0\0jumb", 24);
  const std::string comment(
      "\0eng"
      "iTunNORM\0 0000",
      18);
  const std::string frames = frame("APIC", picture) + frame("GEOB", object) +
                             frame("PRIV", std::string("owner\0data", 10)) +
                             frame("COMM", comment) + frame("XYZ1", "who knows");
  for (const char version : {'\3', '\4'}) {
    const std::string plain = encoded(AudioFormat::kMp3);
    const std::string file = with_tags(id3(frames, version) + plain, kTags, "test");
    expect_tags(file, kTags);
    EXPECT_EQ(file[3], version);
    for (const std::string& kept : {picture, object, comment, std::string("who knows")}) {
      EXPECT_NE(file.find(kept), std::string::npos) << kept;
    }
    EXPECT_TRUE(file.ends_with(plain));
    EXPECT_EQ(file.find(frames), 10U) << "byte for byte";
  }
}

TEST(Tags, KeepPackedFramesWithoutUnpackingThem) {
  const std::string packed = frame("TXXX", std::string("\0\0\0\x7Fnot zlib", 12), 0x08);
  const std::string file =
      with_tags(id3(packed) + encoded(AudioFormat::kMp3), {{"TITLE", "t"}}, "test");
  EXPECT_NE(file.find(packed), std::string::npos);
  expect_tags(file, {{"TITLE", "t"}});
}

TEST(Tags, AreFoundBehindAnEmptyFrame) {
  const std::string file = with_tags(id3(frame("TIT2", "") + frame("TALB",
                                                                   "\3"
                                                                   "b")) +
                                         encoded(AudioFormat::kMp3),
                                     {{"CONTENT_ID", "x"}}, "test");
  expect_tags(file, {{"CONTENT_ID", "x"}, {"ALBUM", "b"}});
}

TEST(Tags, KeepAnId3TagBeforeAFlac) {
  const std::string plain = encoded(AudioFormat::kFlac);
  const std::string head = id3(frame("GEOB", std::string("\0application/c2pa\0\0\0jumb", 24)));
  const std::string file = with_tags(head + plain, kTags, "test");
  EXPECT_TRUE(file.starts_with(head + "fLaC"));
  expect_tags(file, kTags);
  EXPECT_TRUE(same_audio(plain, file));
}

TEST(Tags, KeepPicturesOfAFlac) {
  std::string plain = encoded(AudioFormat::kFlac);
  const std::string picture = std::string("\6\0\0\x2D\0\0\0\3\0\0\0\x09image/png", 21) +
                              std::string(20, '\0') + std::string("\0\0\0\4", 4) + "\x89PNG";
  plain.insert(4 + 4 + 34, picture);  // behind STREAMINFO
  const std::string file = with_tags(plain, kTags, "test");
  EXPECT_NE(file.find(picture), std::string::npos);
  EXPECT_TRUE(same_audio(plain, file));
}

TEST(Tags, AreWrittenInPlaceIntoFiles) {
  const testing::TemporaryFolder folder;
  for (const AudioFormat format : kFormats) {
    const auto path = folder / (std::string("song") + audio_format_extension(format));
    // Long enough that the file does not fit into the tail that is rewritten where it stands.
    const std::string plain = encoded(format, format == AudioFormat::kMp3 ? 60.0 : 12.0);
    write_file(path, plain);
    write_tags(path, kTags);
    EXPECT_TRUE(read_file(path) == with_tags(plain, kTags, "test"));
    EXPECT_EQ(tag_value(read_tags(path), "TITLE"), kTags[0].second);
  }
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    ++count;
  }
  EXPECT_EQ(count, std::size(kFormats)) << "something was left behind";
}

TEST(Tags, AreRefusedByFilesThatAreNoAudio) {
  for (const std::string& file :
       {std::string(), std::string("x"), std::string("plain text, nothing more"),
        std::string(5000, '\0'), std::string("OggS"), std::string("fLaC"), std::string("RIFF"),
        std::string("RIFF\4\0\0\0WAVE", 12), id3("") + "fLaC", id3("")}) {
    EXPECT_TRUE(read_tags_bytes(file, "test").empty());
    EXPECT_THROW(with_tags(file, kTags, "test"), Error);
  }
  EXPECT_THROW(read_tags("/nonexistent.wav"), Error);
}

TEST(Tags, RefuseKeysThatVorbisCommentsDoNotAllow) {
  const std::string file = encoded(AudioFormat::kFlac);
  for (const char* key : {"", "A=B", "Ä", "A\n"}) {
    EXPECT_THROW(with_tags(file, {{key, "x"}}, "test"), Error) << key;
  }
}

TEST(Tags, OfEveryCutOfAFileEndInTagsOrAnError) {
  for (const AudioFormat format : kFormats) {
    const std::string whole = with_tags(encoded(format, 0.05), kTags, "test");
    for (std::size_t size = 0; size < std::min<std::size_t>(whole.size(), 6000); size += 7) {
      const std::string cut = whole.substr(0, size);
      try {
        read_tags_bytes(cut, "test");
        const std::string file = with_tags(cut, kTags, "test");
        expect_tags(file, {{"TITLE", kTags[0].second}});
      } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("test: "), 0U);
      }
    }
  }
}

TEST(Tags, OfAbsurdNumberAreRefusedQuickly) {
  std::string frames;
  for (int i = 0; i < 20000; ++i) frames += frame("TXXX", std::string("\0a\0b", 4));
  std::string tag = id3(frames);
  for (std::size_t i = 0; i < 4; ++i) {
    tag[6 + i] = static_cast<char>(frames.size() >> (7 * (3 - i)) & 127);
  }
  EXPECT_THROW(read_tags_bytes(tag + encoded(AudioFormat::kMp3), "test"), Error);
  std::string fields = riff::le_bytes(0, 4) + riff::le_bytes(20000, 4);
  for (int i = 0; i < 20000; ++i) fields += riff::le_bytes(3, 4) + "A=B";
  std::string flac = encoded(AudioFormat::kFlac);
  flac.insert(4 + 4 + 34, std::string("\4\x02\x22\xE8", 4) + fields);  // 140,008 bytes
  EXPECT_THROW(read_tags_bytes(flac, "test"), Error);
}

}  // namespace
}  // namespace brandiron
