#include "registry/store.h"

#include <algorithm>

#include "brandiron/core/error.h"

namespace brandiron::watermark {
namespace {

constexpr std::int64_t kApplicationId = 0x42524731;  // "BRG1"

// An entry extends the chain or is refused; nothing changes or goes. Whoever can write the file can
// take the triggers out, and then the hashes tell.
constexpr const char* kSchema[] = {
    "CREATE TABLE entry (sequence INTEGER PRIMARY KEY, time TEXT NOT NULL, "
    "payload_hex TEXT NOT NULL, key_fingerprint TEXT NOT NULL, scheme TEXT NOT NULL, "
    "content_sha256 TEXT NOT NULL, content_id TEXT NOT NULL, title TEXT NOT NULL, "
    "file_name TEXT NOT NULL, duration_ms INTEGER NOT NULL, fingerprint BLOB NOT NULL, "
    "manifest BLOB NOT NULL, previous_hash TEXT NOT NULL, hash TEXT NOT NULL) STRICT",
    "CREATE INDEX entry_by_payload ON entry (payload_hex)",
    "CREATE INDEX entry_by_content ON entry (content_sha256)",
    "CREATE INDEX entry_by_hash ON entry (hash)",
    "CREATE TRIGGER entry_never_changes BEFORE UPDATE ON entry BEGIN "
    "SELECT RAISE(ABORT, 'the registry is append-only'); END",
    "CREATE TRIGGER entry_never_goes BEFORE DELETE ON entry BEGIN "
    "SELECT RAISE(ABORT, 'the registry is append-only'); END",
    "CREATE TRIGGER entry_extends_the_chain BEFORE INSERT ON entry "
    "WHEN NEW.sequence <> (SELECT ifnull(max(sequence), 0) + 1 FROM entry) "
    "OR NEW.previous_hash <> ifnull((SELECT hash FROM entry ORDER BY sequence DESC LIMIT 1), "
    "'0000000000000000000000000000000000000000000000000000000000000000') BEGIN "
    "SELECT RAISE(ABORT, 'the entry does not follow the last one'); END"};

void create_tables(const sqlite::Database& database) {
  sqlite::Transaction transaction(database);
  // Another process may have been first.
  if (database.number("SELECT count(*) FROM sqlite_schema") == 0) {
    for (const char* statement : kSchema) database.execute(statement);
    database.execute(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
    database.execute(("PRAGMA user_version = " + std::to_string(kRegistrySchema)).c_str());
  }
  transaction.commit();
}

bool is_hex(const std::string& text, std::size_t digits) {
  return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

void expect(bool good, const char* field, const char* expected, const std::string& found) {
  if (good) return;
  throw Error(ErrorCode::kInvalidArgument, std::string("registry: ") + field + ": expected " +
                                               expected + ", found \"" + found.substr(0, 80) +
                                               "\"");
}

}  // namespace

void prepare_registry(const sqlite::Database& database, const std::string& name, bool may_create) {
  const std::int64_t application = database.number("PRAGMA application_id");
  const std::int64_t objects = database.number("SELECT count(*) FROM sqlite_schema");
  if (application == 0 && objects == 0 && may_create) {
    create_tables(database);
  } else if (application != kApplicationId) {
    throw Error(ErrorCode::kFormat, name + ": this is no registry; expected brandiron.registry/1");
  }
  const std::int64_t version = database.number("PRAGMA user_version");
  if (version > kRegistrySchema) {
    throw Error(ErrorCode::kUnsupported, name + ": brandiron.registry/" + std::to_string(version) +
                                             " is newer than this program; expected 1");
  }
  sqlite::Statement tables =
      database.prepare("SELECT type FROM sqlite_schema WHERE name = 'entry'");
  if (version < 1 || !tables.step() || tables.bytes(0) != "table") {
    throw Error(ErrorCode::kFormat, name + ": a registry without its table; restore a copy");
  }
}

RegistryEntry entry_of(const sqlite::Statement& row) {
  RegistryEntry entry;
  entry.sequence = row.integer(0);
  RegistryRecord& record = entry.record;
  record.time = row.bytes(1);
  record.payload_hex = row.bytes(2);
  record.key_fingerprint = row.bytes(3);
  record.scheme = row.bytes(4);
  record.content_sha256 = row.bytes(5);
  record.content_id = row.bytes(6);
  record.title = row.bytes(7);
  record.file_name = row.bytes(8);
  record.duration_ms = row.integer(9);
  record.fingerprint = row.bytes(10);
  record.manifest = row.bytes(11);
  entry.previous_hash = row.bytes(12);
  entry.hash = row.bytes(13);
  return entry;
}

void insert(sqlite::Statement& statement, const RegistryEntry& entry) {
  const RegistryRecord& r = entry.record;
  statement.reset();
  statement.number(1, entry.sequence)
      .text(2, r.time)
      .text(3, r.payload_hex)
      .text(4, r.key_fingerprint)
      .text(5, r.scheme)
      .text(6, r.content_sha256)
      .text(7, r.content_id)
      .text(8, r.title)
      .text(9, r.file_name)
      .number(10, r.duration_ms)
      .blob(11, r.fingerprint)
      .blob(12, r.manifest)
      .text(13, entry.previous_hash)
      .text(14, entry.hash);
  statement.step();
}

RegistryHead head_of(const sqlite::Database& database) {
  sqlite::Statement last =
      database.prepare("SELECT sequence, hash FROM entry ORDER BY sequence DESC LIMIT 1");
  if (!last.step()) return {};
  return {last.integer(0), last.bytes(1)};
}

void validate(const RegistryRecord& r) {
  expect(r.payload_hex.empty() || is_hex(r.payload_hex, 16), "payload_hex",
         "16 hex digits in lower case or nothing", r.payload_hex);
  expect(r.key_fingerprint.empty() || is_hex(r.key_fingerprint, 8), "key_fingerprint",
         "8 hex digits in lower case or nothing", r.key_fingerprint);
  expect(is_hex(r.content_sha256, 64), "content_sha256", "64 hex digits in lower case",
         r.content_sha256);
  expect(r.file_name.find('/') == std::string::npos, "file_name", "a name without its folder",
         r.file_name);
  expect(r.duration_ms >= 0, "duration_ms", "0 or more", std::to_string(r.duration_ms));
  for (const std::string* text : {&r.time, &r.scheme, &r.content_id, &r.title, &r.file_name}) {
    expect(text->size() <= 4096 && text->find('\0') == std::string::npos, "text",
           "at most 4096 bytes without NUL", *text);
  }
  if (!r.fingerprint.empty()) Fingerprint::parse(r.fingerprint);
}

}  // namespace brandiron::watermark
