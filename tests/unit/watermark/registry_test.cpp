#include "brandiron/watermark/registry.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/rng.h"
#include "support/temporary_folder.h"

namespace brandiron::watermark {
namespace {

using brandiron::testing::TemporaryFolder;
namespace fs = std::filesystem;

RegistryRecord record(std::uint64_t number) {
  RegistryRecord r;
  r.time = "2026-11-23T01:02:03Z";
  r.payload_hex = payload_hex(number);
  r.key_fingerprint = "0123abcd";
  r.scheme = kScheme;
  r.content_sha256 = sha256_hex("content " + std::to_string(number));
  r.content_id = "0190a000-0000-7000-8000-000000000000";
  r.title = "Song \"" + std::to_string(number) + "\"";
  r.file_name = "song.flac";
  r.duration_ms = 1000 + static_cast<std::int64_t>(number);
  r.fingerprint = std::string("\1\0\1\2\3", 5);
  r.manifest = std::string("a\0b", 3) + std::to_string(number);
  return r;
}

// As somebody does who has the file and no scruples.
void tamper(const fs::path& path, const std::string& sql) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  for (const char* trigger :
       {"entry_never_changes", "entry_never_goes", "entry_extends_the_chain"}) {
    ASSERT_EQ(sqlite3_exec(handle, (std::string("DROP TRIGGER IF EXISTS ") + trigger).c_str(),
                           nullptr, nullptr, nullptr),
              SQLITE_OK);
  }
  ASSERT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sql << ": " << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

ErrorCode refusal(const fs::path& path, Registry::Open how) {
  try {
    Registry registry(path, how);
    registry.verify_chain();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    EXPECT_NE(std::string(error.what()).find(path.filename().string()), std::string::npos);
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(Registry, GivesBackWhatWasAppendedByPayloadContentAndHash) {
  const TemporaryFolder folder;
  const fs::path path = folder / "new/folder/registry.db";
  std::vector<RegistryEntry> written;
  {
    Registry registry(path);
    EXPECT_EQ(registry.head(), RegistryHead());
    for (std::uint64_t i = 1; i <= 3; ++i) written.push_back(registry.append(record(i)));
  }
  const Registry registry(path, Registry::Open::kRead);
  EXPECT_EQ(registry.size(), 3);
  EXPECT_EQ(registry.find_payload(payload_hex(2)), std::vector{written[1]});
  EXPECT_EQ(registry.find_payload(payload_hex(2), "0123abcd"), std::vector{written[1]});
  EXPECT_TRUE(registry.find_payload(payload_hex(2), "ffffffff").empty());
  EXPECT_TRUE(registry.find_payload("").empty());
  EXPECT_EQ(registry.find_content(record(3).content_sha256), std::vector{written[2]});
  EXPECT_EQ(registry.find_hash(written[0].hash), written[0]);
  EXPECT_EQ(registry.entry(2), written[1]);
  EXPECT_FALSE(registry.entry(4));
  EXPECT_EQ(registry.head(), (RegistryHead{3, written[2].hash}));
  EXPECT_EQ(written[0].record, record(1));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST(Registry, RefusesUpdatesDeletionsAndInsertionsOutOfTurn) {
  const TemporaryFolder folder;
  const fs::path path = folder / "registry.db";
  { Registry(path).append(record(1)); }
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
  const std::string columns =
      "INTO entry SELECT sequence + N, time, payload_hex, key_fingerprint, scheme, content_sha256, "
      "content_id, title, file_name, duration_ms, fingerprint, manifest, P, hash FROM entry";
  const auto insertion = [&](const std::string& verb, const std::string& n, const std::string& p) {
    std::string sql = verb + " " + columns;
    sql.replace(sql.find(" N,") + 1, 1, n);
    sql.replace(sql.find(" P,") + 1, 1, p);
    return sql;
  };
  for (const std::string& sql :
       {std::string("UPDATE entry SET title = 'other'"), std::string("DELETE FROM entry"),
        insertion("INSERT OR REPLACE", "0", "previous_hash"), insertion("INSERT", "2", "hash"),
        insertion("INSERT", "1", "previous_hash")}) {
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_CONSTRAINT)
        << sql;
  }
  sqlite3_close(handle);
  EXPECT_TRUE(Registry(path).verify_chain().intact);
}

TEST(Registry, NoticesAnyByteOfAnyFieldThatChanged) {
  const TemporaryFolder folder;
  const fs::path original = folder / "registry.db";
  {
    Registry registry(original);
    for (std::uint64_t i = 1; i <= 3; ++i) registry.append(record(i));
  }
  Rng rng(9);
  for (const std::string field :
       {"time", "payload_hex", "key_fingerprint", "scheme", "content_sha256", "content_id", "title",
        "file_name", "fingerprint", "manifest", "previous_hash", "hash"}) {
    for (int round = 0; round < 3; ++round) {
      const fs::path path = folder / (field + std::to_string(round));
      fs::copy_file(original, path);
      // Another bit of one byte: XOR of a hex digit, within SQL.
      const std::string at =
          "(1 + " + std::to_string(rng.below(1000)) + " % length(" + field + "))";
      const bool blob = field == "fingerprint" || field == "manifest";
      const std::string byte = "substr(hex(" + field + "), 2 * " + at + ", 1)";
      const std::string text = "substr(hex(" + field + "), 1, 2 * " + at + " - 1) || (CASE " +
                               byte + " WHEN '1' THEN '2' ELSE '1' END) || substr(hex(" + field +
                               "), 2 * " + at + " + 1)";
      // No unhex in this SQLite: read, change and write by hand.
      sqlite3* handle = nullptr;
      ASSERT_EQ(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
      sqlite3_stmt* statement = nullptr;
      ASSERT_EQ(
          sqlite3_prepare_v2(handle, ("SELECT " + text + " FROM entry WHERE sequence = 2").c_str(),
                             -1, &statement, nullptr),
          SQLITE_OK);
      ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
      const std::string hex = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      sqlite3_finalize(statement);
      sqlite3_close(handle);
      tamper(path, "UPDATE entry SET " + field + " = " +
                       (blob ? "x'" + hex + "'" : "CAST(x'" + hex + "' AS TEXT)") +
                       " WHERE sequence = 2");
      const ChainReport report = Registry(path).verify_chain();
      EXPECT_FALSE(report.intact) << field;
      EXPECT_EQ(report.first_bad, 2) << field << ": " << report.problem;
    }
  }
  tamper(original, "UPDATE entry SET duration_ms = duration_ms + 1 WHERE sequence = 3");
  EXPECT_EQ(Registry(original).verify_chain().first_bad, 3);
}

TEST(Registry, NoticesEntriesThatWereRemovedSwappedOrCutOff) {
  const TemporaryFolder folder;
  const fs::path original = folder / "registry.db";
  RegistryHead head;
  {
    Registry registry(original);
    for (std::uint64_t i = 1; i <= 5; ++i) registry.append(record(i));
    head = registry.head();
    EXPECT_TRUE(registry.verify_chain(head).intact);
    EXPECT_EQ(registry.verify_chain().entries, 5);
  }
  const auto judged = [&](const std::string& name, const std::string& sql,
                          const std::optional<RegistryHead>& kept = std::nullopt) {
    const fs::path path = folder / name;
    fs::copy_file(original, path);
    tamper(path, sql);
    return Registry(path).verify_chain(kept);
  };
  EXPECT_EQ(judged("removed", "DELETE FROM entry WHERE sequence = 3").first_bad, 3);
  EXPECT_EQ(judged("first", "DELETE FROM entry WHERE sequence = 1").first_bad, 1);
  EXPECT_EQ(
      judged("swapped",
             "UPDATE entry SET sequence = 9 WHERE sequence = 2; UPDATE entry SET sequence = 2 "
             "WHERE sequence = 3; UPDATE entry SET sequence = 3 WHERE sequence = 9")
          .first_bad,
      2);
  EXPECT_EQ(judged("closed-up",
                   "DELETE FROM entry WHERE sequence = 2; UPDATE entry SET sequence = sequence - 1 "
                   "WHERE sequence > 2")
                .first_bad,
            2);
  EXPECT_TRUE(judged("cut", "DELETE FROM entry WHERE sequence > 3").intact);
  const ChainReport cut = judged("cut-kept", "DELETE FROM entry WHERE sequence > 3", head);
  EXPECT_FALSE(cut.intact);
  EXPECT_EQ(cut.first_bad, 4);
  EXPECT_NE(cut.problem.find("cut off"), std::string::npos);
  // All of it made anew from another second entry on: every hash right, but not the head.
  Registry forged(folder / "forged");
  for (const std::uint64_t i : {1U, 7U, 3U, 4U, 5U}) forged.append(record(i));
  EXPECT_TRUE(forged.verify_chain().intact);
  EXPECT_EQ(forged.verify_chain(head).first_bad, 5);
}

TEST(Registry, KeepsOneChainWhileThreadsAndProcessesAppend) {
  const TemporaryFolder folder;
  const fs::path path = folder / "registry.db";
  constexpr int kEach = 15;
  std::vector<pid_t> children;
  for (int c = 0; c < 2; ++c) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        Registry registry(path);
        for (int i = 0; i < kEach; ++i) registry.append(record(static_cast<std::uint64_t>(i)));
        ::_exit(0);
      } catch (...) {
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  Registry shared(path);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      Registry own(path);
      for (int i = 0; i < kEach; ++i) {
        (t % 2 == 0 ? shared : own).append(record(static_cast<std::uint64_t>(100 * t + i)));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const ChainReport report = shared.verify_chain();
  EXPECT_TRUE(report.intact) << report.problem;
  EXPECT_EQ(report.entries, 6 * kEach);
}

TEST(Registry, VerifiesAfterBeingKilledAtAnyMoment) {
  const TemporaryFolder folder;
  const fs::path path = folder / "registry.db";
  Rng rng(4);
  RegistryHead kept;
  // On a busy machine a child may be killed before its first entry: later ones get more time.
  for (unsigned round = 0; round < 25 || (kept.sequence == 0 && round < 250); ++round) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      try {
        Registry registry(path);
        std::vector<RegistryRecord> some;
        for (std::uint64_t i = 0; i < 20; ++i) some.push_back(record(i));
        for (;;) {
          registry.append(record(1));
          registry.append(some);
        }
      } catch (...) {
        ::_exit(1);
      }
    }
    ::usleep(1000 + rng.below(25000) * (1 + round / 25));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const Registry registry(path);
    const ChainReport report = registry.verify_chain(kept);
    ASSERT_TRUE(report.intact) << report.problem;
    // One, or twenty: never a part of a transaction.
    EXPECT_LE((report.entries - kept.sequence) % 21, 1);
    kept = registry.head();
  }
  EXPECT_GT(kept.sequence, 0);
}

TEST(Registry, AppendsThousandsInOneTransactionQuickly) {
  const TemporaryFolder folder;
  Registry registry(folder / "registry.db");
  std::vector<RegistryRecord> many;
  for (std::uint64_t i = 0; i < 3000; ++i) many.push_back(record(i));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(registry.append(many).size(), many.size());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_TRUE(registry.verify_chain().intact);
  many[1500].content_sha256 = "none";
  EXPECT_THROW(registry.append(many), Error);
  EXPECT_EQ(registry.size(), 3000);
}

TEST(Registry, RefusesFilesThatAreNoRegistry) {
  const TemporaryFolder folder;
  using Open = Registry::Open;
  EXPECT_EQ(refusal(folder / "missing", Open::kRead), ErrorCode::kIo);
  EXPECT_EQ(refusal(folder / "missing", Open::kExisting), ErrorCode::kIo);
  fs::create_directory(folder / "folder.db");
  EXPECT_EQ(refusal(folder / "folder.db", Open::kCreate), ErrorCode::kIo);
  write_file(folder / "empty", "");
  EXPECT_EQ(refusal(folder / "empty", Open::kRead), ErrorCode::kFormat);
  write_file(folder / "text", std::string(5000, 'x'));
  EXPECT_EQ(refusal(folder / "text", Open::kCreate), ErrorCode::kFormat);
  EXPECT_EQ(refusal(folder / "text", Open::kRead), ErrorCode::kFormat);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(refusal(folder / "pipe", Open::kRead), ErrorCode::kIo);
  tamper(folder / "other.db", "CREATE TABLE entry (x)");
  EXPECT_EQ(refusal(folder / "other.db", Open::kCreate), ErrorCode::kFormat);

  const fs::path good = folder / "good.db";
  { Registry(good).append(std::vector<RegistryRecord>(200, record(1))); }
  const std::string bytes = read_file(good);
  write_file(folder / "short", bytes.substr(0, bytes.size() / 2));
  EXPECT_EQ(refusal(folder / "short", Open::kCreate), ErrorCode::kFormat);
  write_file(folder / "shorter", bytes.substr(0, 60));
  EXPECT_EQ(refusal(folder / "shorter", Open::kRead), ErrorCode::kFormat);
  tamper(good, "PRAGMA user_version = 2");
  EXPECT_EQ(refusal(good, Open::kRead), ErrorCode::kUnsupported);
  // An interrupted creation leaves an empty file: that one is adopted.
  EXPECT_EQ(Registry(folder / "empty").append(record(1)).sequence, 1);
}

TEST(Registry, NeverReportsDamageAsSound) {
  const TemporaryFolder folder;
  { Registry(folder / "good").append(std::vector<RegistryRecord>(40, record(1))); }
  const std::string good = read_file(folder / "good");
  Rng rng(6);
  for (int round = 0; round < 60; ++round) {
    std::string bytes = good;
    for (int i = 0; i < 40; ++i) {
      bytes[rng.below(static_cast<std::uint32_t>(bytes.size()))] =
          static_cast<char>(rng.below(256));
    }
    const fs::path path = folder / ("bad" + std::to_string(round));
    write_file(path, bytes);
    try {
      const Registry registry(path, Registry::Open::kRead);
      std::vector<RegistryEntry> entries;
      registry.for_each([&](const RegistryEntry& entry) { entries.push_back(entry); });
      if (!registry.verify_chain().intact) continue;
      for (const RegistryEntry& entry : entries) EXPECT_EQ(registry_hash(entry), entry.hash);
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
    }
  }
}

TEST(Registry, CannotBeWrittenThroughAReadersEyes) {
  const TemporaryFolder folder;
  const fs::path path = folder / "registry.db";
  { Registry(path).append(record(1)); }
  Registry reader(path, Registry::Open::kRead);
  try {
    reader.append(record(2));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutput) << error.what();
  }
  EXPECT_EQ(reader.size(), 1);
}

TEST(Registry, RefusesFieldsOfAnotherForm) {
  const TemporaryFolder folder;
  Registry registry(folder / "registry.db");
  const auto refused = [&](auto change) {
    RegistryRecord bad = record(1);
    change(bad);
    EXPECT_THROW(registry.append(bad), Error);
  };
  refused([](RegistryRecord& r) { r.payload_hex = "12"; });
  refused([](RegistryRecord& r) { r.content_sha256 = std::string(64, 'G'); });
  refused([](RegistryRecord& r) { r.key_fingerprint = "0123ABCD"; });
  refused([](RegistryRecord& r) { r.file_name = "some/where.flac"; });
  refused([](RegistryRecord& r) { r.fingerprint = "xx"; });
  refused([](RegistryRecord& r) { r.duration_ms = -1; });
  EXPECT_EQ(registry.size(), 0);
  RegistryRecord bare;
  bare.content_sha256 = sha256_hex("");
  EXPECT_EQ(registry.append(bare).record.time.size(), 20U);
}

TEST(Registry, ExportsALineAnEntryWithItsHash) {
  const TemporaryFolder folder;
  Registry registry(folder / "registry.db");
  registry.append(record(1));
  registry.append(record(2));
  std::ostringstream out;
  registry.export_jsonl(out);
  std::istringstream in(out.str());
  std::string line;
  std::getline(in, line);
  const auto header = nlohmann::json::parse(line);
  EXPECT_EQ(header["schema"], "brandiron.registry/1");
  EXPECT_EQ(header["head"], registry.head().hash);
  std::getline(in, line);
  const auto first = nlohmann::json::parse(line);
  EXPECT_EQ(from_base64(first["manifest"].get<std::string>()), record(1).manifest);
  EXPECT_EQ(first["hash"], registry.entry(1)->hash);
  std::getline(in, line);
  EXPECT_EQ(nlohmann::json::parse(line)["previous_hash"], first["hash"]);
}

TEST(Registry, HasTheHashThatTheDocumentationDescribes) {
  // docs/formats.md, by hand: each field as 8 bytes of length, little-endian, then its bytes.
  RegistryEntry entry;
  entry.sequence = 1;
  entry.record = record(1);
  entry.previous_hash = std::string(64, '0');
  std::string bytes;
  for (const std::string& field :
       {std::string("brandiron.registry/1"), std::string("1"), entry.record.time,
        entry.record.payload_hex, entry.record.key_fingerprint, entry.record.scheme,
        entry.record.content_sha256, entry.record.content_id, entry.record.title,
        entry.record.file_name, std::string("1001"), entry.record.fingerprint,
        entry.record.manifest, entry.previous_hash}) {
    bytes += static_cast<char>(field.size());
    bytes += std::string(7, '\0') + field;
  }
  EXPECT_EQ(registry_hash(entry), sha256_hex(bytes));
}

}  // namespace
}  // namespace brandiron::watermark
