#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace brandiron {

/// The bytes of a file, read-only, without a copy of a regular file in memory: it is mapped. Pipes
/// and devices are read whole. Nobody may cut the file short meanwhile (the kernel then stops the
/// process with SIGBUS); files that others may change belong in `read_file`.
class MappedFile {
 public:
  /// @throws Error(kIo) naming the path when it cannot be opened, is a folder, or is not regular
  /// and larger than `max_read_bytes`.
  explicit MappedFile(const std::filesystem::path& path,
                      std::size_t max_read_bytes = std::size_t{1} << 30);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  /// Valid as long as this object.
  std::string_view bytes() const { return bytes_; }

 private:
  void* mapping_ = nullptr;
  std::string read_;
  std::string_view bytes_;
};

}  // namespace brandiron
