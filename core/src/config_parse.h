#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace brandiron::config_internal {

/// One scalar and where it came from.
struct Leaf {
  std::variant<bool, std::int64_t, double, std::string> value;
  std::string origin;  ///< "configs/x.toml:7", "--set"
  std::string raw;     ///< as typed, for `--set` only: lets 1984 be a title
};

/// An array, whose elements live under "<key>.<index>".
struct ArrayNote {
  std::size_t size = 0;
  std::string origin;
};

/// Flattened document: dotted key -> scalar.
struct Values {
  std::map<std::string, Leaf, std::less<>> leaves;
  std::map<std::string, ArrayNote, std::less<>> arrays;

  /// Removes `key` and everything below it.
  void erase(std::string_view key);
  /// Values of `over` replace ours; an array replaces the whole array.
  void merge(const Values& over);
  /// True when something lies below `key`.
  bool has_below(std::string_view key) const;
};

/// A parsed document; `extends` has been taken out of `values`.
struct Document {
  Values values;
  std::vector<std::string> extends;
  std::string extends_origin;
};

/// Parses TOML. @throws Error(kConfig) "name:line:column: ..." for syntax, dates, non-finite
/// numbers, keys with dots or control characters, and nesting that is too deep.
Document parse_document(std::string_view toml, const std::string& name);

/// Parses the right-hand side of `--set`: a TOML value, else the text itself as a string.
Values parse_assignment_value(const std::string& key, std::string_view text);

/// At most 300 bytes, control characters blanked: for quoting foreign text in a message.
std::string one_line(std::string_view text);

/// "true (boolean)", "3.5 (number)", "\"x\" (string)": for messages; long strings are cut.
std::string describe(const Leaf& leaf);

}  // namespace brandiron::config_internal
