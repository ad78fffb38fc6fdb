#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace brandiron::experiments {

inline constexpr const char* kManifestSchema = "brandiron.manifest/1";

/// The texts of a manifest of any kind, in memory that does not grow with it.
class ManifestLines {
 public:
  /// @throws Error(kIo) where there is no file to read; Error(kFormat) where it does not begin with
  /// a header of this schema.
  explicit ManifestLines(const std::filesystem::path& file);
  ~ManifestLines();
  ManifestLines(ManifestLines&&) noexcept;
  const std::string& header() const;  ///< the first line, a JSON object
  /// The next line that is not empty, or none at the end. @throws Error(kIo).
  std::optional<std::string> next();
  std::size_t number() const;  ///< of the line that was read last, from 1
  std::string place() const;   ///< "corpus/manifest.jsonl:17"

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron::experiments
