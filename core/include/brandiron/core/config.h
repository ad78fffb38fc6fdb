#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace brandiron {

/// Configuration read from TOML, flattened to dotted keys ("voice.rasp", "sections.0.label").
///
/// `extends = ["base.toml"]` (relative to the file) loads bases first; later wins; `set("a.b=1")`
/// wins over files. Every value remembers its origin ("configs/x.toml:7", "--set"). Readers ask
/// with a type; `check_all_used()` then rejects keys that nobody asked for, with a suggestion.
/// @throws Error(kConfig) with file:line, what was found and what was expected.
class Config {
 public:
  Config();
  ~Config();
  Config(const Config&);
  Config& operator=(const Config&);
  Config(Config&&) noexcept;
  Config& operator=(Config&&) noexcept;

  static Config from_file(const std::filesystem::path& path);
  /// `name` stands for the file name in messages.
  static Config from_text(std::string_view toml, const std::string& name = "<text>");

  /// Applies "key.path=value"; the value is parsed as TOML, else taken as a string.
  void set(std::string_view assignment);
  /// Values of `over` replace ours.
  void merge(const Config& over);

  bool has(std::string_view key) const;
  /// True when any key begins with `prefix.`.
  bool has_table(std::string_view prefix) const;
  std::string get_string(std::string_view key) const;
  std::string get_string(std::string_view key, const std::string& fallback) const;
  double get_double(std::string_view key) const;
  double get_double(std::string_view key, double fallback) const;
  /// As get_double, and inside [low, high].
  double get_double_in(std::string_view key, double fallback, double low, double high) const;
  std::int64_t get_int(std::string_view key) const;
  std::int64_t get_int(std::string_view key, std::int64_t fallback) const;
  bool get_bool(std::string_view key, bool fallback) const;
  std::vector<std::string> get_strings(std::string_view key,
                                       const std::vector<std::string>& fallback = {}) const;
  std::vector<double> get_doubles(std::string_view key,
                                  const std::vector<double>& fallback = {}) const;
  /// Number of elements of the array of tables or array at `key` (0 when absent).
  std::size_t array_size(std::string_view key) const;
  /// Names of the direct children of a table ("" is the root).
  std::vector<std::string> children(std::string_view prefix) const;
  /// Where the value came from: "configs/a.toml:7", "--set"; "" when absent.
  std::string origin(std::string_view key) const;

  /// @throws Error(kConfig) for the first key no getter has asked for: "...: unknown key; did you
  /// mean ...?".
  void check_all_used() const;
  /// Marks every key under `prefix` as read.
  void mark_used(std::string_view prefix) const;

  /// Resolved values as JSON (sorted keys, flat), and its SHA-256.
  std::string to_json() const;
  std::string sha256() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron
