#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "corpus_export/corpus_reader.h"

namespace brandiron::experiments::corpus_export {

enum class CellType { kText, kInteger, kNumber, kBoolean };
/// A value of a column; monostate where the corpus does not say.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double, bool>;

/// A column of the tables: metadata.jsonl, Parquet, the catalogue, Croissant.
struct Column {
  const char* name;
  CellType type;
  bool required;        ///< every item has it
  const char* pointer;  ///< JSON pointer into the manifest's line
  const char* what;     ///< one line for people
};

/// In the order of the tables. Whether there are values or not, the columns are the same.
const std::vector<Column>& columns();
/// The name that Hugging Face gives a type: string, int64, float64, bool.
const char* feature_type(CellType type);

/// One cell a column. @throws Error(kFormat) naming line and column where a value has another type.
std::vector<Cell> cells(const CorpusItem& item, const std::string& lyrics,
                        const std::string& manifest);
nlohmann::ordered_json to_json(const Cell& cell);

/// Lines of the song's words, a blank line between sections; "" without words.
std::string lyrics_text(const nlohmann::ordered_json& labels);

}  // namespace brandiron::experiments::corpus_export
