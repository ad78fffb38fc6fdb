#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace brandiron::experiments {

/// What one worker has finished: "SONG ITEM CHECK LINE", one item a line, appended and synced. A
/// line that a kill tore is told by its check and passed over. Thread safe.
class Journal {
 public:
  /// Appends to DIR/journal/NAME.jsonl. @throws Error(kRetry) when another process has it open,
  /// Error(kOutput).
  Journal(const std::filesystem::path& folder, const std::string& name);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  void append(std::size_t song, std::size_t item, std::string_view line);

 private:
  std::string name_;
  int fd_ = -1;
  std::mutex mutex_;
};

/// Where the lines of all journals of a corpus are, by song and item: 32 bytes an item.
class JournalIndex {
 public:
  explicit JournalIndex(const std::filesystem::path& folder);
  bool has(std::size_t song, std::size_t item) const;
  std::size_t size() const { return entries_.size(); }
  /// The manifest line of an item, or none.
  std::optional<std::string> line(std::size_t song, std::size_t item) const;

 private:
  struct Entry {
    std::uint64_t song, offset;
    std::uint32_t item, file, size;
  };
  void read(std::uint32_t file);
  const Entry* find(std::size_t song, std::size_t item) const;

  std::vector<std::filesystem::path> files_;
  std::vector<Entry> entries_;
};

/// "SONG ITEM CHECK LINE\n".
std::string journal_record(std::size_t song, std::size_t item, std::string_view line);

}  // namespace brandiron::experiments
