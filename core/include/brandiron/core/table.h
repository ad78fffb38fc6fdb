#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace brandiron {

/// A table with named columns.
struct Table {
  std::string name;  ///< stands for the file in messages
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  ///< each as long as the header
  std::vector<std::size_t> line_numbers;       ///< where each row begins

  bool has(std::string_view column) const;
  /// @throws Error(kFormat) naming the first of `columns` that is not there, and all of them.
  void require(const std::vector<std::string>& columns) const;
  /// "" where there is no such column.
  const std::string& at(std::size_t row, std::string_view column) const;
};

/// Comma-separated values after RFC 4180: quoted cells may hold commas, quotes and line ends. A
/// byte order mark and CR LF are taken. @throws Error(kFormat) naming the line: a row with another
/// number of cells, a quote that stays open, text after a closing quote, a column name twice.
Table parse_csv(std::string_view text, const std::string& name);

/// A cell of such a table: quoted where it must be.
std::string csv_cell(const std::string& text);

/// Tabs between cells, which hold no tab, quote of theirs or line end. @throws as `parse_csv`.
Table parse_tsv(std::string_view text, const std::string& name);

}  // namespace brandiron
