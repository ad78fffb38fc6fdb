#include "corpus_export/parquet_file.h"

#include <bit>
#include <cstring>

#include "brandiron/core/error.h"
#include "corpus_export/thrift.h"

namespace brandiron::experiments::corpus_export {
namespace {

// Numbers of parquet.thrift.
enum PhysicalType { kBoolean = 0, kInt64 = 2, kDouble = 5, kByteArray = 6 };
enum Repetition { kRequired = 0, kOptional = 1 };
constexpr int kUtf8 = 0, kPlain = 0, kRle = 3, kUncompressed = 0, kDataPage = 0;
const char* const kMagic = "PAR1";

PhysicalType physical(CellType type) {
  switch (type) {
    case CellType::kText:
      return kByteArray;
    case CellType::kInteger:
      return kInt64;
    case CellType::kNumber:
      return kDouble;
    case CellType::kBoolean:
      return kBoolean;
  }
  return kByteArray;
}

template <typename T>
void append_little_endian(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  char bytes[sizeof value];
  std::memcpy(bytes, &value, sizeof value);
  out.append(bytes, sizeof value);
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

bool is_null(const Cell& cell) { return std::holds_alternative<std::monostate>(cell); }

/// Which rows have a value: runs of one bit, their length first.
std::string definition_levels(const std::vector<std::vector<Cell>>& rows, std::size_t column) {
  std::string runs;
  for (std::size_t from = 0; from < rows.size();) {
    std::size_t to = from;
    while (to < rows.size() && is_null(rows[to][column]) == is_null(rows[from][column])) ++to;
    append_varint(runs, (to - from) << 1);
    runs += is_null(rows[from][column]) ? '\0' : '\1';
    from = to;
  }
  std::string out;
  append_little_endian(out, static_cast<std::uint32_t>(runs.size()));
  return out + runs;
}

std::string plain_booleans(const std::vector<std::vector<Cell>>& rows, std::size_t column) {
  std::string out;
  unsigned count = 0;
  for (const auto& row : rows) {
    const bool* value = std::get_if<bool>(&row[column]);
    if (value == nullptr) continue;
    if (count % 8 == 0) out += '\0';
    if (*value) out.back() = static_cast<char>(out.back() | 1 << count % 8);
    ++count;
  }
  return out;
}

std::string plain_values(const std::vector<std::vector<Cell>>& rows, std::size_t column,
                         CellType type) {
  if (type == CellType::kBoolean) return plain_booleans(rows, column);
  std::string out;
  for (const auto& row : rows) {
    const Cell& cell = row[column];
    if (const auto* text = std::get_if<std::string>(&cell)) {
      append_little_endian(out, static_cast<std::uint32_t>(text->size()));
      out += *text;
    } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
      append_little_endian(out, *integer);
    } else if (const auto* number = std::get_if<double>(&cell)) {
      append_little_endian(out, *number);
    }
  }
  return out;
}

std::string page_header(std::size_t bytes, std::size_t values) {
  ThriftWriter header;
  header.begin_struct();
  header.i32(1, kDataPage);
  header.i32(2, static_cast<std::int64_t>(bytes));  // uncompressed
  header.i32(3, static_cast<std::int64_t>(bytes));  // compressed
  header.begin_struct(5);
  header.i32(1, static_cast<std::int64_t>(values));
  header.i32(2, kPlain);
  header.i32(3, kRle);  // definition levels
  header.i32(4, kRle);  // repetition levels
  header.end_struct();
  header.end_struct();
  return header.bytes();
}

}  // namespace

ParquetFile::ParquetFile(std::filesystem::path path, std::vector<Field> fields,
                         std::size_t rows_per_group)
    : path_(std::move(path)),
      file_(path_, std::ios::binary | std::ios::trunc),
      fields_(std::move(fields)),
      rows_per_group_(rows_per_group) {
  put(kMagic);
}

void ParquetFile::put(const std::string& bytes) {
  file_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file_) throw Error(ErrorCode::kOutput, path_.string() + ": cannot be written");
  offset_ += bytes.size();
}

void ParquetFile::add(const std::vector<Cell>& row) {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].required && is_null(row.at(i))) {
      throw Error(ErrorCode::kInternal, fields_[i].name + ": a required column without a value");
    }
  }
  pending_.push_back(row);
  ++rows_;
  if (pending_.size() == rows_per_group_) flush();
}

void ParquetFile::flush() {
  if (pending_.empty()) return;
  Group group;
  group.rows = pending_.size();
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    std::string page = fields_[i].required ? "" : definition_levels(pending_, i);
    page += plain_values(pending_, i, fields_[i].type);
    const std::string header = page_header(page.size(), pending_.size());
    group.chunks.push_back({offset_, header.size() + page.size(), pending_.size()});
    group.bytes += header.size() + page.size();
    put(header);
    put(page);
  }
  groups_.push_back(std::move(group));
  pending_.clear();
}

std::string ParquetFile::footer(const std::vector<std::pair<std::string, std::string>>& key_values,
                                const std::string& created_by) const {
  const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
  ThriftWriter meta;
  meta.begin_struct();
  meta.i32(1, 1);  // version
  meta.list(2, ThriftWriter::kStruct, fields_.size() + 1);
  meta.begin_struct();
  meta.binary(4, "schema");
  meta.i32(5, number(fields_.size()));
  meta.end_struct();
  for (const Field& field : fields_) {
    meta.begin_struct();
    meta.i32(1, physical(field.type));
    meta.i32(3, field.required ? kRequired : kOptional);
    meta.binary(4, field.name);
    if (field.type == CellType::kText) meta.i32(6, kUtf8);
    meta.end_struct();
  }
  meta.i64(3, number(rows_));
  meta.list(4, ThriftWriter::kStruct, groups_.size());
  for (const Group& group : groups_) {
    meta.begin_struct();
    meta.list(1, ThriftWriter::kStruct, group.chunks.size());
    for (std::size_t i = 0; i < group.chunks.size(); ++i) {
      const Chunk& chunk = group.chunks[i];
      meta.begin_struct();
      meta.i64(2, number(chunk.offset));
      meta.begin_struct(3);
      meta.i32(1, physical(fields_[i].type));
      meta.list(2, ThriftWriter::kI32, 2);
      meta.element(std::int64_t{kPlain});
      meta.element(std::int64_t{kRle});
      meta.list(3, ThriftWriter::kBinary, 1);
      meta.element(std::string_view(fields_[i].name));
      meta.i32(4, kUncompressed);
      meta.i64(5, number(chunk.values));
      meta.i64(6, number(chunk.bytes));
      meta.i64(7, number(chunk.bytes));
      meta.i64(9, number(chunk.offset));
      meta.end_struct();
      meta.end_struct();
    }
    meta.i64(2, number(group.bytes));
    meta.i64(3, number(group.rows));
    meta.end_struct();
  }
  meta.list(5, ThriftWriter::kStruct, key_values.size());
  for (const auto& [key, value] : key_values) {
    meta.begin_struct();
    meta.binary(1, key);
    meta.binary(2, value);
    meta.end_struct();
  }
  meta.binary(6, created_by);
  meta.end_struct();
  return meta.bytes();
}

void ParquetFile::finish(const std::vector<std::pair<std::string, std::string>>& key_values,
                         const std::string& created_by) {
  flush();
  std::string end = footer(key_values, created_by);
  append_little_endian(end, static_cast<std::uint32_t>(end.size()));
  put(end + kMagic);
  file_.close();
  if (!file_) throw Error(ErrorCode::kOutput, path_.string() + ": cannot be written");
}

}  // namespace brandiron::experiments::corpus_export
