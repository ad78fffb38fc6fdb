#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace brandiron::experiments::corpus_export {

struct FileHashes {
  std::string sha256, md5;
  std::uint64_t bytes = 0;
};

/// Both hashes in one reading. @throws Error(kIo) naming the file.
FileHashes hash_file(const std::filesystem::path& path);

/// A folder under construction, and what is in it.
class Staging {
 public:
  explicit Staging(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }

  /// Writes a file. @throws Error(kOutput).
  void write(const std::string& name, std::string_view bytes);
  /// Hard-links a file, or copies it where that is asked for or links do not reach.
  void place(const std::string& name, const std::filesystem::path& source, const FileHashes& hashes,
             bool copy);
  /// Where another writer may put a file; `adopt` takes it in when it is done.
  std::filesystem::path reserve(const std::string& name);
  void adopt(const std::string& name);

  /// checksums.sha256 over all files, for sha256sum -c. Nothing may follow.
  void write_checksums();

  /// Name -> hashes, in the order of names. md5 is that of every file too.
  const std::map<std::string, FileHashes>& files() const { return files_; }
  std::uint64_t bytes() const;

 private:
  std::filesystem::path root_;
  std::map<std::string, FileHashes> files_;
};

/// The folder in which an export grows, beside its target.
class StagedFolder {
 public:
  /// @throws Error(kOutput) where `target` exists and is neither empty nor, with `overwrite`, an
  /// earlier export (it holds export.json), or its parent is missing.
  StagedFolder(const std::filesystem::path& target, bool overwrite);
  ~StagedFolder();
  StagedFolder(const StagedFolder&) = delete;
  StagedFolder& operator=(const StagedFolder&) = delete;

  const std::filesystem::path& path() const;
  /// To disk, and into place. @throws Error(kOutput).
  void publish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron::experiments::corpus_export
