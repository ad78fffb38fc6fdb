#include "brandiron/core/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"

namespace brandiron {

MappedFile::MappedFile(const std::filesystem::path& path, std::size_t max_read_bytes) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    throw Error(ErrorCode::kIo, path.string() + ": cannot be read: " + std::strerror(errno));
  }
  // Files of /proc and /sys call themselves regular and empty; only reading tells.
  if (!S_ISREG(status.st_mode) || status.st_size <= 0) {
    read_ = read_file(path, max_read_bytes);
    bytes_ = read_;
    return;
  }
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    throw Error(ErrorCode::kIo, path.string() + ": cannot be read: " + std::strerror(errno));
  }
  const bool known = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
  const auto size = known ? static_cast<std::size_t>(status.st_size) : 0;
  void* mapping = known ? ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
  ::close(fd);
  if (mapping == MAP_FAILED) {  // a volume without mappings
    read_ = read_file(path, max_read_bytes);
    bytes_ = read_;
    return;
  }
  ::madvise(mapping, size, MADV_SEQUENTIAL);
  mapping_ = mapping;
  bytes_ = {static_cast<const char*>(mapping), size};
}

MappedFile::~MappedFile() {
  if (mapping_ != nullptr) ::munmap(mapping_, bytes_.size());
}

}  // namespace brandiron
