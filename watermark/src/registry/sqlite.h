#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

/// The little of SQLite that the registry needs; results become Errors.
namespace brandiron::watermark::sqlite {

class Statement;

class Database {
 public:
  /// For writing where the file allows it: even a reader must be able to roll back what a killed
  /// writer left. Takes no name such as ":memory:" for more than a name. @throws Error(kIo).
  Database(const std::filesystem::path& path, int busy_ms);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  Statement prepare(std::string_view sql) const;
  void execute(const char* sql) const;
  std::int64_t number(std::string_view sql) const;  ///< first column of the first row, else 0
  [[noreturn]] void fail(int result) const;

 private:
  std::string name_;
  sqlite3* handle_ = nullptr;
};

/// One prepared statement; bind, then step.
class Statement {
 public:
  Statement(const Database& database, sqlite3_stmt* handle);

  Statement& text(int index, std::string_view value);
  Statement& blob(int index, std::string_view value);
  Statement& number(int index, std::int64_t value);
  bool step();  ///< true while there is a row
  void reset();

  std::string bytes(int column) const;
  std::int64_t integer(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  void check(int result) const;

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// Begins at once; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(const Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  const Database& database_;
  bool open_ = true;
};

}  // namespace brandiron::watermark::sqlite
