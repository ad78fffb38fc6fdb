#include "journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCheckDigits = 16;

[[noreturn]] void cannot_write(const std::string& name) {
  throw Error(ErrorCode::kOutput, name + ": cannot be written: " + std::strerror(errno));
}

void write_all(int fd, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) cannot_write(name);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

/// Whether the last byte is a line's end, or there is none.
bool ends_whole(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in.seekg(-1, std::ios::end)) return true;
  return in.get() == '\n';
}

std::string_view take_word(std::string_view& text) {
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return {};
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space + 1);
  return word;
}

bool to_number(std::string_view word, std::uint64_t& number) {
  const auto result = std::from_chars(word.data(), word.data() + word.size(), number);
  return !word.empty() && result.ec == std::errc{} && result.ptr == word.data() + word.size();
}

struct Record {
  std::uint64_t song = 0, item = 0;
  std::string_view line;
};

/// None for a line that was torn.
std::optional<Record> parse_record(std::string_view text) {
  Record record;
  if (!to_number(take_word(text), record.song) || !to_number(take_word(text), record.item)) {
    return {};
  }
  const std::string_view check = take_word(text);
  record.line = text;
  if (check.size() != kCheckDigits || sha256_hex(text).compare(0, kCheckDigits, check) != 0) {
    return {};
  }
  return record;
}

}  // namespace

std::string journal_record(std::size_t song, std::size_t item, std::string_view line) {
  return fmt::format("{} {} {} {}\n", song, item, sha256_hex(line).substr(0, kCheckDigits), line);
}

Journal::Journal(const fs::path& folder, const std::string& name) {
  const fs::path file = folder / "journal" / (name + ".jsonl");
  name_ = file.string();
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error) throw Error(ErrorCode::kOutput, name_ + ": " + error.message());
  fd_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd_ < 0) cannot_write(name_);
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd_);
    throw Error(ErrorCode::kRetry, name_ +
                                       ": another process makes this shard; wait for it, or give "
                                       "another --shard");
  }
  if (!ends_whole(file)) write_all(fd_, "\n", name_);
}

Journal::~Journal() {
  if (fd_ >= 0) ::close(fd_);
}

void Journal::append(std::size_t song, std::size_t item, std::string_view line) {
  const std::string record = journal_record(song, item, line);
  const std::lock_guard lock(mutex_);
  write_all(fd_, record, name_);
  if (::fdatasync(fd_) != 0) cannot_write(name_);
}

JournalIndex::JournalIndex(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "journal", error)) {
    if (entry.path().extension() == ".jsonl") files_.push_back(entry.path());
  }
  std::sort(files_.begin(), files_.end());
  for (std::uint32_t i = 0; i < files_.size(); ++i) read(i);
  const auto key = [](const Entry& e) { return std::pair(e.song, e.item); };
  std::stable_sort(entries_.begin(), entries_.end(),
                   [&](const Entry& a, const Entry& b) { return key(a) < key(b); });
  // What was made again (its file was gone) stands twice, with the same text.
  entries_.erase(std::unique(entries_.begin(), entries_.end(),
                             [&](const Entry& a, const Entry& b) { return key(a) == key(b); }),
                 entries_.end());
}

void JournalIndex::read(std::uint32_t file) {
  std::ifstream in(files_[file], std::ios::binary);
  std::string text;
  std::uint64_t at = 0;
  while (std::getline(in, text)) {
    if (in.eof()) break;  // no line's end: torn
    if (const auto record = parse_record(text)) {
      const auto head = static_cast<std::uint64_t>(record->line.data() - text.data());
      entries_.push_back({record->song, at + head, static_cast<std::uint32_t>(record->item), file,
                          static_cast<std::uint32_t>(record->line.size())});
    }
    at += text.size() + 1;
  }
}

const JournalIndex::Entry* JournalIndex::find(std::size_t song, std::size_t item) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), std::pair<std::uint64_t, std::uint64_t>(song, item),
      [](const Entry& e, const auto& key) {
        return std::pair<std::uint64_t, std::uint64_t>(e.song, e.item) < key;
      });
  return found != entries_.end() && found->song == song && found->item == item ? &*found : nullptr;
}

bool JournalIndex::has(std::size_t song, std::size_t item) const {
  return find(song, item) != nullptr;
}

std::optional<std::string> JournalIndex::line(std::size_t song, std::size_t item) const {
  const Entry* entry = find(song, item);
  if (entry == nullptr) return {};
  std::ifstream in(files_[entry->file], std::ios::binary);
  std::string text(entry->size, '\0');
  in.seekg(static_cast<std::streamoff>(entry->offset));
  if (!in.read(text.data(), static_cast<std::streamsize>(text.size()))) {
    throw Error(ErrorCode::kIo, files_[entry->file].string() + ": cannot be read; is it changing?");
  }
  return text;
}

}  // namespace brandiron::experiments
