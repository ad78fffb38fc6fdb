#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "brandiron/core/temporary.h"

namespace brandiron {

/// Whole file as bytes. @throws Error(kIo) naming the path when it cannot be opened, is a
/// directory, or is larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path,
                      std::size_t max_bytes = std::size_t{1} << 30);

/// A file that appears whole or not at all: bytes go to `path()` in the target's folder; `commit()`
/// fsyncs and renames. A destructor without commit removes the temporary.
/// @throws Error(kOutput) when the folder is missing or not writable, the disk is full, or the
/// target exists and `overwrite` is false (checked at construction and again, race-free, at
/// commit).
class AtomicFile {
 public:
  /// `mode` is that of the file from its first moment, less the process's mask.
  explicit AtomicFile(const std::filesystem::path& target, bool overwrite = false,
                      unsigned mode = 0644);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// The temporary, in the target's folder and with the target's extension.
  const std::filesystem::path& path() const { return temporary_.path(); }
  void commit();

 private:
  std::filesystem::path target_;
  TemporaryPath temporary_;
  bool overwrite_;
};

/// Atomic write of a whole file. @throws as AtomicFile.
void write_file(const std::filesystem::path& path, std::string_view bytes, bool overwrite = false,
                unsigned mode = 0644);

/// The folder that holds configs/, models/ and resources: $BRANDIRON_HOME, the installed share
/// folder, or the source tree this binary was built from. @throws Error(kConfig) when none exists.
std::filesystem::path home_folder();

/// Folder for caches that can be deleted at any time: $BRANDIRON_CACHE, $XDG_CACHE_HOME/brandiron
/// or ~/.cache/brandiron. Created on demand.
std::filesystem::path cache_folder();

/// Folder for what must not be lost, such as the registry of marked files: $BRANDIRON_DATA,
/// $XDG_DATA_HOME/brandiron or ~/.local/share/brandiron. Created on demand.
std::filesystem::path data_folder();

}  // namespace brandiron
