#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "corpus_export/columns.h"

namespace brandiron::experiments::corpus_export {

/// A Parquet file: format version 1, PLAIN encoding, uncompressed, one data page a column of a row
/// group. Columns that every row has are REQUIRED, others OPTIONAL.
/// @see https://parquet.apache.org/docs/file-format/
class ParquetFile {
 public:
  struct Field {
    std::string name;
    CellType type;
    bool required;
  };

  /// Rows are written `rows_per_group` at a time. @throws Error(kOutput).
  ParquetFile(std::filesystem::path path, std::vector<Field> fields,
              std::size_t rows_per_group = 5000);
  /// One cell a field. @throws Error(kInternal) for a missing value of a required one.
  void add(const std::vector<Cell>& row);
  /// Footer with `key_values`; the file is complete afterwards.
  void finish(const std::vector<std::pair<std::string, std::string>>& key_values,
              const std::string& created_by);

 private:
  struct Chunk {
    std::uint64_t offset = 0, bytes = 0, values = 0;
  };
  struct Group {
    std::uint64_t rows = 0, bytes = 0;
    std::vector<Chunk> chunks;
  };
  void flush();
  void put(const std::string& bytes);
  std::string footer(const std::vector<std::pair<std::string, std::string>>& key_values,
                     const std::string& created_by) const;

  std::filesystem::path path_;
  std::ofstream file_;
  std::vector<Field> fields_;
  std::size_t rows_per_group_;
  std::uint64_t offset_ = 0, rows_ = 0;
  std::vector<std::vector<Cell>> pending_;
  std::vector<Group> groups_;
};

}  // namespace brandiron::experiments::corpus_export
