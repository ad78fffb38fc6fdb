#include "brandiron/watermark/registry.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "brandiron/core/disclosure.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "fingerprint/compare.h"
#include "registry/sqlite.h"
#include "registry/store.h"

namespace brandiron::watermark {
namespace {

namespace fs = std::filesystem;

// SQLite would make it with the umask's mode. Its journal gets the mode of the file.
void create_private(const fs::path& path) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file >= 0) {
    ::close(file);
  } else if (errno != EEXIST) {
    throw Error(ErrorCode::kOutput,
                path.string() + ": cannot make the registry: " + std::strerror(errno));
  }
}

// A pipe or a device would be waited for, or worse.
void require_file(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    throw Error(ErrorCode::kIo, path.string() + ": there is no registry; \"disclose\" makes one");
  }
  if (!fs::is_regular_file(status)) {
    throw Error(ErrorCode::kIo, path.string() + ": not a file; expected a registry");
  }
}

}  // namespace

struct Registry::Impl {
  sqlite::Database database;
  mutable std::mutex mutex;

  explicit Impl(const fs::path& path) : database(path, kBusySeconds * 1000) {}

  std::vector<RegistryEntry> select(const std::string& condition, std::string_view first,
                                    std::string_view second = {}) const {
    sqlite::Statement statement =
        database.prepare(std::string("SELECT ") + kEntryColumns + " FROM entry WHERE " + condition +
                         " ORDER BY sequence");
    statement.text(1, first);
    if (!second.empty()) statement.text(2, second);
    std::vector<RegistryEntry> found;
    while (statement.step()) found.push_back(entry_of(statement));
    return found;
  }
};

Registry::Registry(const fs::path& path, Open how) {
  if (how == Open::kCreate) create_private(path);
  require_file(path);
  impl_ = std::make_unique<Impl>(path);
  const sqlite::Database& database = impl_->database;
  // EXTRA also syncs the folder, so that a journal removed before a power cut stays removed.
  database.execute("PRAGMA synchronous = EXTRA");
  prepare_registry(database, path.string(), how == Open::kCreate);
  if (how == Open::kRead) database.execute("PRAGMA query_only = ON");
}

Registry::~Registry() = default;
Registry::Registry(Registry&&) noexcept = default;

RegistryEntry Registry::append(const RegistryRecord& record) {
  return append(std::span(&record, 1)).front();
}

std::vector<RegistryEntry> Registry::append(std::span<const RegistryRecord> records) {
  for (const RegistryRecord& record : records) validate(record);
  const std::lock_guard lock(impl_->mutex);
  std::vector<RegistryEntry> entries;
  sqlite::Transaction transaction(impl_->database);
  RegistryHead head = head_of(impl_->database);
  sqlite::Statement statement =
      impl_->database.prepare(std::string("INSERT INTO entry (") + kEntryColumns +
                              ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  for (const RegistryRecord& record : records) {
    RegistryEntry entry{head.sequence + 1, record, head.hash, ""};
    if (entry.record.time.empty()) entry.record.time = utc_now();
    entry.hash = registry_hash(entry);
    insert(statement, entry);
    head = {entry.sequence, entry.hash};
    entries.push_back(std::move(entry));
  }
  transaction.commit();
  return entries;
}

std::int64_t Registry::size() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->database.number("SELECT count(*) FROM entry");
}

RegistryHead Registry::head() const {
  const std::lock_guard lock(impl_->mutex);
  return head_of(impl_->database);
}

std::optional<RegistryEntry> Registry::entry(std::int64_t sequence) const {
  const std::lock_guard lock(impl_->mutex);
  sqlite::Statement statement = impl_->database.prepare(std::string("SELECT ") + kEntryColumns +
                                                        " FROM entry WHERE sequence = ?");
  statement.number(1, sequence);
  if (!statement.step()) return std::nullopt;
  return entry_of(statement);
}

std::optional<RegistryEntry> Registry::find_hash(const std::string& hash) const {
  const std::lock_guard lock(impl_->mutex);
  std::vector<RegistryEntry> found = impl_->select("hash = ?", hash);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

std::vector<RegistryEntry> Registry::find_payload(const std::string& payload_hex,
                                                  const std::string& key_fingerprint) const {
  const std::lock_guard lock(impl_->mutex);
  if (payload_hex.empty()) return {};
  return key_fingerprint.empty() ? impl_->select("payload_hex = ?", payload_hex)
                                 : impl_->select("payload_hex = ? AND key_fingerprint = ?",
                                                 payload_hex, key_fingerprint);
}

std::vector<RegistryEntry> Registry::find_content(const std::string& content_sha256) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->select("content_sha256 = ?", content_sha256);
}

std::vector<AudioHit> Registry::find_audio(const Fingerprint& query,
                                           const CompareOptions& options) const {
  std::vector<std::pair<std::int64_t, Match>> found;
  {
    const std::lock_guard lock(impl_->mutex);
    const QuickSearch quick(query.words());
    sqlite::Statement statement =
        impl_->database.prepare("SELECT sequence, fingerprint FROM entry ORDER BY sequence");
    while (statement.step()) {
      const std::string bytes = statement.bytes(1);
      if (bytes.empty()) continue;
      const Fingerprint reference = Fingerprint::parse(bytes);
      if (!quick.may_match(reference.words())) continue;
      const Match match = compare(reference, query, options);
      if (match.matched) found.emplace_back(statement.integer(0), match);
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return a.second.bit_error_rate < b.second.bit_error_rate;
  });
  std::vector<AudioHit> hits;
  for (const auto& [sequence, match] : found) hits.push_back({entry(sequence).value(), match});
  return hits;
}

void Registry::for_each(const std::function<void(const RegistryEntry&)>& visit) const {
  const std::lock_guard lock(impl_->mutex);
  sqlite::Statement statement = impl_->database.prepare(std::string("SELECT ") + kEntryColumns +
                                                        " FROM entry ORDER BY sequence");
  while (statement.step()) visit(entry_of(statement));
}

fs::path default_registry_path() { return data_folder() / "registry.sqlite"; }

}  // namespace brandiron::watermark
