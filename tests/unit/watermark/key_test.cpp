#include "brandiron/watermark/key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron::watermark {
namespace {

class KeyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("brandiron-key-test-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(KeyTest, SurvivesWritingAndReading) {
  const Key key = Key::generate();
  key.write(folder_ / "a.key");
  EXPECT_EQ(Key::read(folder_ / "a.key"), key);
}

TEST_F(KeyTest, IsWrittenForItsOwnerOnly) {
  Key::generate().write(folder_ / "a.key");
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "a.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(KeyTest, IsNotOverwrittenUnlessAsked) {
  const Key first = Key::generate(), second = Key::generate();
  first.write(folder_ / "a.key");
  EXPECT_THROW(second.write(folder_ / "a.key"), Error);
  EXPECT_EQ(Key::read(folder_ / "a.key"), first);
  second.write(folder_ / "a.key", true);
  EXPECT_EQ(Key::read(folder_ / "a.key"), second);
}

TEST_F(KeyTest, MissingFileIsAnIoError) {
  try {
    Key::read(folder_ / "none.key");
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kIo);
  }
}

TEST(KeyText, RejectsWhatIsNotAKeyInOneLine) {
  for (const char* text :
       {"", "hello", "brandiron-key-v1", "brandiron-key-v1 ", "brandiron-key-v1 !!!!",
        "brandiron-key-v1 AAAA", "brandiron-key-v2 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "brandiron-key-v1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}) {
    try {
      Key::from_text(text, "x.key");
      FAIL() << "accepted: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kFormat) << text;
      const std::string message = error.what();
      EXPECT_EQ(message.find('\n'), std::string::npos);
      EXPECT_NE(message.find("x.key"), std::string::npos);
    }
  }
}

TEST(KeyText, AcceptsWindowsLineEndsAndTabs) {
  const std::string base64 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
  const Key key = Key::from_text("brandiron-key-v1\t" + base64 + "\r\n", "x");
  EXPECT_EQ(key.secret()[0], 0);
  EXPECT_EQ(key.secret()[31], 31);
}

TEST(KeyText, GeneratedKeysDiffer) { EXPECT_FALSE(Key::generate() == Key::generate()); }

TEST(KeyText, DemoKeyIsAFileFormatAndNeverMoves) {
  EXPECT_EQ(Key::demo().fingerprint(), Key::demo().fingerprint());
  EXPECT_EQ(Key::demo().fingerprint(), "87bb3667");
}

TEST(KeyText, SeedsDependOnTheDomainAndTheKey) {
  const Key key = Key::demo();
  EXPECT_EQ(key.derive_seed("a"), key.derive_seed("a"));
  EXPECT_NE(key.derive_seed("a"), key.derive_seed("b"));
  EXPECT_NE(key.derive_seed("a"), Key::generate().derive_seed("a"));
}

}  // namespace
}  // namespace brandiron::watermark
