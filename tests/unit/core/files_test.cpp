#include "brandiron/core/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"

namespace brandiron {
namespace {

namespace fs = std::filesystem;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("brandiron-files-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  std::size_t num_entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  template <typename F>
  static ErrorCode code_of(F f) {
    try {
      f();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "no error";
    return ErrorCode::kInternal;
  }
  fs::path folder_;
};

TEST_F(Files, WhatIsWrittenIsRead) {
  const std::string bytes("a\0b\n", 4);
  write_file(folder_ / "x.bin", bytes);
  EXPECT_EQ(read_file(folder_ / "x.bin"), bytes);
  EXPECT_EQ(num_entries(), 1U);
}

TEST_F(Files, AnExistingFileIsKeptUnlessOverwriteIsGiven) {
  write_file(folder_ / "x", "old");
  EXPECT_EQ(code_of([&] { write_file(folder_ / "x", "new"); }), ErrorCode::kOutput);
  EXPECT_EQ(read_file(folder_ / "x"), "old");
  write_file(folder_ / "x", "new", true);
  EXPECT_EQ(read_file(folder_ / "x"), "new");
}

TEST_F(Files, AnAbandonedFileLeavesNothing) {
  { const AtomicFile file(folder_ / "x.wav"); }
  EXPECT_EQ(num_entries(), 0U);
}

TEST_F(Files, SomebodyFasterIsNotOverwritten) {
  AtomicFile file(folder_ / "x");
  write_file(folder_ / "x", "theirs");
  EXPECT_EQ(code_of([&] { file.commit(); }), ErrorCode::kOutput);
  EXPECT_EQ(read_file(folder_ / "x"), "theirs");
}

TEST_F(Files, AMissingFolderIsAnOutputError) {
  EXPECT_EQ(code_of([&] { write_file(folder_ / "no" / "x", "a"); }), ErrorCode::kOutput);
}

TEST_F(Files, MissingFilesFoldersAndOversizeAreInputErrors) {
  EXPECT_EQ(code_of([&] { read_file(folder_ / "none"); }), ErrorCode::kIo);
  EXPECT_EQ(code_of([&] { read_file(folder_); }), ErrorCode::kIo);
  write_file(folder_ / "x", "12345");
  EXPECT_EQ(code_of([&] { read_file(folder_ / "x", 4); }), ErrorCode::kIo);
  EXPECT_EQ(read_file(folder_ / "x", 5), "12345");
}

TEST_F(Files, SecretsGetTheirMode) {
  write_file(folder_ / "key", "s", false, 0600);
  struct stat status {};
  ASSERT_EQ(::stat((folder_ / "key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Hash, MatchesPublishedVectors) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Hash, TextCodesRoundTripAndRefuseRubbish) {
  for (std::size_t n = 0; n < 40; ++n) {
    const std::string bytes = secure_random_bytes(n);
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    EXPECT_EQ(from_hex(to_hex(bytes)), bytes);
  }
  EXPECT_THROW(from_base64("abc"), Error);
  EXPECT_THROW(from_base64("ab=c"), Error);
  EXPECT_THROW(from_base64("a*cd"), Error);
  EXPECT_THROW(from_hex("abc"), Error);
  EXPECT_THROW(from_hex("zz"), Error);
}

}  // namespace
}  // namespace brandiron
