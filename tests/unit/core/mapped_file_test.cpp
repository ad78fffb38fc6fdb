#include "brandiron/core/mapped_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <thread>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "tests/support/temporary_folder.h"

namespace brandiron {
namespace {

TEST(MappedFile, HoldsTheBytesOfAFile) {
  const testing::TemporaryFolder folder;
  std::string bytes(100'000, 'a');
  bytes[4096] = '\0';
  write_file(folder / "file", bytes);
  const MappedFile file(folder / "file");
  EXPECT_EQ(file.bytes(), bytes);
}

TEST(MappedFile, AnEmptyFileHasNoBytes) {
  const testing::TemporaryFolder folder;
  write_file(folder / "file", "");
  EXPECT_TRUE(MappedFile(folder / "file").bytes().empty());
}

TEST(MappedFile, ReadsWhatCannotBeMapped) {
  const testing::TemporaryFolder folder;
  const auto pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] {
    FILE* out = std::fopen(pipe.c_str(), "w");
    std::fputs("through a pipe", out);
    std::fclose(out);
  });
  const MappedFile file(pipe);
  writer.join();
  EXPECT_EQ(file.bytes(), "through a pipe");
  EXPECT_FALSE(MappedFile("/proc/self/status").bytes().empty());
}

TEST(MappedFile, NamesWhatIsNoFile) {
  const testing::TemporaryFolder folder;
  EXPECT_THROW(MappedFile(folder / "none"), Error);
  EXPECT_THROW(MappedFile(folder.path()), Error);
  EXPECT_THROW(MappedFile("/dev/zero", 100'000), Error);
}

}  // namespace
}  // namespace brandiron
