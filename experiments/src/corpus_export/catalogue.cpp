#include <sqlite3.h>

#include "brandiron/core/error.h"
#include "corpus_export/song_labels.h"

namespace brandiron::experiments::corpus_export {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

class Database {
 public:
  explicit Database(const fs::path& path) : path_(path) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(fs::absolute(path).c_str(), &handle_, flags, nullptr) != SQLITE_OK) fail();
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
  }
  [[noreturn]] void fail() const {
    throw Error(ErrorCode::kOutput,
                path_.string() + ": cannot be written: " + sqlite3_errmsg(handle_));
  }
  sqlite3* handle() const { return handle_; }

 private:
  fs::path path_;
  sqlite3* handle_ = nullptr;
};

/// INSERT INTO a table, row after row.
class Insert {
 public:
  Insert(const Database& database, const std::string& table, std::size_t num_columns)
      : database_(&database) {
    std::string sql = "INSERT INTO " + table + " VALUES (?";
    for (std::size_t i = 1; i < num_columns; ++i) sql += ",?";
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database.handle(), (sql + ")").c_str(), -1, &statement, nullptr) !=
        SQLITE_OK) {
      database.fail();
    }
    statement_.reset(statement);
  }
  void row(const std::vector<Cell>& cells) {
    sqlite3_reset(statement_.get());
    for (std::size_t i = 0; i < cells.size(); ++i) bind(static_cast<int>(i) + 1, cells[i]);
    if (sqlite3_step(statement_.get()) != SQLITE_DONE) database_->fail();
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  void bind(int index, const Cell& cell) {
    sqlite3_stmt* to = statement_.get();
    int result = SQLITE_OK;
    if (const auto* text = std::get_if<std::string>(&cell)) {
      result = sqlite3_bind_text(to, index, text->data(), static_cast<int>(text->size()),
                                 SQLITE_TRANSIENT);
    } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
      result = sqlite3_bind_int64(to, index, *integer);
    } else if (const auto* number = std::get_if<double>(&cell)) {
      result = sqlite3_bind_double(to, index, *number);
    } else if (const auto* boolean = std::get_if<bool>(&cell)) {
      result = sqlite3_bind_int(to, index, *boolean ? 1 : 0);
    } else {
      result = sqlite3_bind_null(to, index);
    }
    if (result != SQLITE_OK) database_->fail();
  }

  const Database* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

std::string sql_type(CellType type) {
  switch (type) {
    case CellType::kText:
      return "TEXT";
    case CellType::kInteger:
    case CellType::kBoolean:
      return "INTEGER";
    case CellType::kNumber:
      return "REAL";
  }
  return "TEXT";
}

/// "key" is a word of SQL.
std::string quoted(const std::string& name) { return "\"" + name + "\""; }

std::string item_table() {
  std::string sql = "CREATE TABLE item (";
  for (const Column& column : columns()) {
    sql += quoted(column.name) + " " + sql_type(column.type) +
           (column.name == std::string_view("id") ? " PRIMARY KEY" : "") +
           (column.required ? " NOT NULL" : "") + ", ";
  }
  return sql + "file TEXT) WITHOUT ROWID;";
}

std::string counting_view(const std::string& column) {
  return "CREATE VIEW by_" + column + " AS SELECT " + quoted(column) +
         ", count(*) AS items, sum(duration_s) / 3600 AS hours, sum(label = 'ai') AS ai,"
         " sum(label = 'human') AS human, sum(label = 'mixed') AS mixed FROM item GROUP BY " +
         quoted(column) + ";";
}

const char* const kLabelTables =
    "CREATE TABLE section (item TEXT NOT NULL, label TEXT, start_s REAL, end_s REAL, bars INTEGER);"
    "CREATE TABLE chord (item TEXT NOT NULL, label TEXT, start_s REAL, end_s REAL);"
    "CREATE TABLE lyric (item TEXT NOT NULL, text TEXT, section TEXT, start_s REAL, end_s REAL);"
    "CREATE TABLE corpus (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;";

const char* const kIndexes =
    "CREATE INDEX item_split ON item (split, label);"
    "CREATE INDEX item_persona ON item (persona);"
    "CREATE INDEX item_song ON item (song);"
    "CREATE INDEX item_parent ON item (parent_id);"
    "CREATE INDEX section_item ON section (item);"
    "CREATE INDEX chord_item ON chord (item);"
    "CREATE INDEX lyric_item ON lyric (item);";

Cell text_or_null(const ordered_json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? Cell(found->get<std::string>()) : Cell();
}

Cell number_or_null(const ordered_json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number() ? Cell(found->get<double>()) : Cell();
}

/// catalogue.sqlite: items, their sections, chords and lines, counts by split and so on.
class CatalogueWriter : public Writer {
 public:
  CatalogueWriter(Staging& out, const Context& context)
      : Writer(out), context_(context), database_(out.reserve(kName)) {
    // Nobody reads it before it is complete: no journal. The pages depend on the rows alone.
    database_.execute(
        "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA encoding = 'UTF-8';"
        "PRAGMA application_id = 1112688451; PRAGMA user_version = 1; BEGIN;");  // "BRGC"
    database_.execute(item_table() + kLabelTables);
    items_.emplace(database_, "item", columns().size() + 1);
    sections_.emplace(database_, "section", 5);
    chords_.emplace(database_, "chord", 4);
    lines_.emplace(database_, "lyric", 5);
  }

  void add(const Exported& item) override {
    std::vector<Cell> row = item.row;
    const std::string path = item.item.text("file");
    row.push_back(path.empty() ? Cell() : Cell(path));
    items_->row(row);
    labels_.count(!item.labels);
    if (!item.labels) return;
    const Cell id = item.item.id;
    for (const ordered_json& s : list_at(*item.labels, "/sections")) {
      const auto bars = s.find("bars");
      sections_->row({id, text_or_null(s, "label"), number_or_null(s, "start_s"),
                      number_or_null(s, "end_s"),
                      bars != s.end() && bars->is_number_integer() ? Cell(bars->get<std::int64_t>())
                                                                   : Cell()});
    }
    for (const ordered_json& c : list_at(*item.labels, "/chords")) {
      chords_->row(
          {id, text_or_null(c, "label"), number_or_null(c, "start_s"), number_or_null(c, "end_s")});
    }
    for (const ordered_json& l : list_at(*item.labels, "/lyrics/lines")) {
      lines_->row({id, text_or_null(l, "text"), text_or_null(l, "section"),
                   number_or_null(l, "start_s"), number_or_null(l, "end_s")});
    }
  }

  void finish() override {
    Insert corpus(database_, "corpus", 2);
    for (const auto& [name, value] : context_.corpus.header().items()) {
      corpus.row({name, value.is_string() ? value.get<std::string>() : value.dump()});
    }
    database_.execute(kIndexes);
    for (const char* column : {"split", "persona", "label", "kind", "generator", "licence"}) {
      database_.execute(counting_view(column));
    }
    items_.reset();
    sections_.reset();
    chords_.reset();
    lines_.reset();
    database_.execute("COMMIT");
    out_.adopt(kName);
    labels_.tell(left_out_);
  }

 private:
  static constexpr const char* kName = "catalogue.sqlite";

  Context context_;
  Database database_;
  std::optional<Insert> items_, sections_, chords_, lines_;
  MissingCount labels_{"have no labels"};
};

}  // namespace

std::unique_ptr<Writer> catalogue_writer(Staging& out, const Context& context) {
  return std::make_unique<CatalogueWriter>(out, context);
}

}  // namespace brandiron::experiments::corpus_export
