#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace brandiron::experiments::corpus_export {

/// One line of a manifest.
struct CorpusItem {
  std::size_t line_number = 0;
  nlohmann::ordered_json line;
  std::string id;               ///< file-name safe, unique
  std::string split;            ///< train, validation or test
  std::filesystem::path audio;  ///< empty where the corpus is virtual

  std::string text(const char* key) const;  ///< "" where absent or null
  /// ID.flac
  std::string audio_name() const { return id + audio.extension().string(); }
};

/// A corpus folder, read line by line: a manifest with labels has gigabytes.
class CorpusReader {
 public:
  /// @throws Error(kIo) without a manifest; Error(kFormat) for another schema.
  explicit CorpusReader(const std::filesystem::path& folder);

  const nlohmann::ordered_json& header() const { return header_; }
  const std::filesystem::path& folder() const { return folder_; }
  const std::filesystem::path& manifest() const { return manifest_; }

  /// Whether there are files to the items, as the first one tells: all have one, or none has.
  /// @throws Error(kFormat) where there is no item.
  bool has_audio() const;
  /// Items in the manifest's order. @throws Error(kFormat) naming the line.
  void for_each(const std::function<void(CorpusItem&&)>& visit) const;

  /// What is known about the song: the line's `labels`, else its song.json, else nothing.
  std::optional<nlohmann::ordered_json> labels(const CorpusItem& item) const;
  /// A file beside the audio, `extension` instead of its own; empty where there is none.
  std::filesystem::path beside(const CorpusItem& item, const char* extension) const;

 private:
  CorpusItem parse(const std::string& text, std::size_t line_number) const;

  std::filesystem::path folder_, manifest_;
  nlohmann::ordered_json header_;
};

}  // namespace brandiron::experiments::corpus_export
