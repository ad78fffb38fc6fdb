#include "brandiron/core/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "brandiron/core/error.h"

namespace brandiron {
namespace {

class Parser {
 public:
  /// Without `quotes` a quotation mark is a letter.
  Parser(std::string_view text, const std::string& name, char separator, bool quotes)
      : text_(text), name_(name), separator_(separator), quotes_(quotes) {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
  }

  bool done() const { return at_ >= text_.size(); }
  std::size_t line_number() const { return line_; }

  std::vector<std::string> row() {
    std::vector<std::string> cells;
    for (;;) {
      cells.push_back(quotes_ && peek() == '"' ? quoted() : plain());
      if (peek() == separator_) {
        ++at_;
        continue;
      }
      end_of_line();
      return cells;
    }
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Error(ErrorCode::kFormat, fmt::format("{}:{}: {}", name_, line_, what));
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  std::string plain() {
    const char ends[] = {separator_, '\r', '\n', '\0'};
    const std::size_t to = std::min(text_.find_first_of(ends, at_), text_.size());
    std::string cell(text_.substr(at_, to - at_));
    at_ = to;
    return cell;
  }
  std::string quoted() {
    std::string cell;
    for (++at_; !done(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] != '"') {
        cell += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        cell += text_[at_++];
      } else {
        ++at_;
        return cell;
      }
    }
    fail("a quote is not closed");
  }
  void end_of_line() {
    if (done()) return;
    if (peek() == '\r') ++at_;
    if (!done() && peek() != '\n') fail("text after a closing quote, expected the next cell");
    ++at_;
    ++line_;
  }

  std::string_view text_;
  std::string name_;
  char separator_;
  bool quotes_;
  std::size_t at_ = 0, line_ = 1;
};

Table parse(Parser parser, const std::string& name) {
  Table table;
  table.name = name;
  if (parser.done()) parser.fail("empty, expected a line of column names");
  table.header = parser.row();
  if (std::set<std::string>(table.header.begin(), table.header.end()).size() !=
      table.header.size()) {
    parser.fail("a column name occurs twice");
  }
  while (!parser.done()) {
    const std::size_t line = parser.line_number();
    std::vector<std::string> cells = parser.row();
    if (cells.size() == 1 && cells.front().empty()) continue;
    if (cells.size() != table.header.size()) {
      throw Error(ErrorCode::kFormat, fmt::format("{}:{}: {} cells, expected {}", name, line,
                                                  cells.size(), table.header.size()));
    }
    table.rows.push_back(std::move(cells));
    table.line_numbers.push_back(line);
  }
  return table;
}

}  // namespace

bool Table::has(std::string_view column) const {
  return std::find(header.begin(), header.end(), column) != header.end();
}

const std::string& Table::at(std::size_t row, std::string_view column) const {
  static const std::string none;
  const auto found = std::find(header.begin(), header.end(), column);
  return found == header.end() ? none : rows[row][static_cast<std::size_t>(found - header.begin())];
}

void Table::require(const std::vector<std::string>& columns) const {
  for (const std::string& column : columns) {
    if (has(column)) continue;
    throw Error(ErrorCode::kFormat, fmt::format("{}: no column \"{}\"; expected {}", name, column,
                                                fmt::join(columns, " ")));
  }
}

Table parse_csv(std::string_view text, const std::string& name) {
  return parse({text, name, ',', true}, name);
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

Table parse_tsv(std::string_view text, const std::string& name) {
  return parse({text, name, '\t', false}, name);
}

}  // namespace brandiron
