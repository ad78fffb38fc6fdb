#pragma once

#include <filesystem>

namespace brandiron {

/// Owns a path that must not outlive this process: removed (with everything below it) by the
/// destructor, or by `remove_all_temporaries` when the process is told to stop. Thread safe.
class TemporaryPath {
 public:
  explicit TemporaryPath(std::filesystem::path path);
  ~TemporaryPath();
  TemporaryPath(const TemporaryPath&) = delete;
  TemporaryPath& operator=(const TemporaryPath&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// The path has become the result (renamed): nothing is left to remove.
  void release();

 private:
  std::filesystem::path path_;
  bool owned_ = true;
};

/// Removes what is still being made; called once, by whoever handles SIGINT and SIGTERM.
void remove_all_temporaries();

}  // namespace brandiron
