#include "brandiron/core/config.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "config_parse.h"
#include "edit_distance.h"

namespace brandiron {

using config_internal::ArrayNote;
using config_internal::Leaf;
using config_internal::Values;

namespace {

constexpr std::size_t kMaxFiles = 64;  // in one chain of `extends`

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kConfig, message); }

/// Loads a file and its bases, first base first.
class Loader {
 public:
  Values load(const std::filesystem::path& path, const std::string& asked_by) {
    const auto identity = std::filesystem::weakly_canonical(path);
    const auto seen = std::find(open_.begin(), open_.end(), identity);
    if (seen != open_.end()) {
      fail(asked_by + ": extends: cycle back to " + path.string() +
           "; remove one extends of the circle");
    }
    // A diamond is fine, a doubling tower of diamonds is not.
    if (++num_files_ > kMaxFiles) {
      fail(asked_by + ": extends: more than " + std::to_string(kMaxFiles) +
           " files; expected a shorter chain");
    }
    auto document = config_internal::parse_document(read(path, asked_by), path.string());
    open_.push_back(identity);
    Values values;
    for (const std::string& base : document.extends) {
      values.merge(load((path.parent_path() / base).lexically_normal(), document.extends_origin));
    }
    open_.pop_back();
    values.merge(document.values);
    return values;
  }

 private:
  static std::string read(const std::filesystem::path& path, const std::string& asked_by) {
    try {
      return read_file(path, std::size_t{16} << 20);
    } catch (const Error& e) {
      // To the user a configuration that cannot be read is a configuration error (exit code 2).
      fail(asked_by.empty() ? std::string(e.what()) : asked_by + ": extends: " + e.what());
    }
  }

  std::vector<std::filesystem::path> open_;
  std::size_t num_files_ = 0;
};

bool is_index(std::string_view text, std::size_t& index) {
  const auto result = std::from_chars(text.data(), text.data() + text.size(), index);
  return !text.empty() && result.ec == std::errc{} && result.ptr == text.data() + text.size();
}

std::string_view parent_of(std::string_view key) {
  const auto dot = key.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : key.substr(0, dot);
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

void check_key(const std::string& key, std::string_view assignment) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  if (key.empty() || key.front() == '.' || key.back() == '.' ||
      key.find("..") != std::string::npos || !std::all_of(key.begin(), key.end(), good)) {
    fail("--set " + config_internal::one_line(assignment.substr(0, 80)) +
         ": expected key.path=value, for example train.epochs=3");
  }
}

nlohmann::json to_json_value(const Leaf& leaf) {
  return std::visit([](const auto& value) { return nlohmann::json(value); }, leaf.value);
}

}  // namespace

struct Config::Impl {
  Values values;
  std::string name;  ///< the file that a missing key should be added to

  // Getters are const and may run in several threads; they note what was asked.
  mutable std::mutex mutex;
  mutable std::set<std::string, std::less<>> asked;

  Impl() = default;
  Impl(const Impl& other) : values(other.values), name(other.name) {
    const std::lock_guard lock(other.mutex);
    asked = other.asked;
  }

  void note(std::string_view key) const {
    const std::lock_guard lock(mutex);
    asked.emplace(key);
  }

  const Leaf* find(std::string_view key) const {
    note(key);
    const auto it = values.leaves.find(key);
    return it == values.leaves.end() ? nullptr : &it->second;
  }

  [[noreturn]] void wrong_type(std::string_view key, const char* expected) const {
    const std::string text(key);
    if (const auto it = values.leaves.find(key); it != values.leaves.end()) {
      fail(it->second.origin + ": " + text + ": found " + describe(it->second) + ", expected " +
           expected);
    }
    if (const auto it = values.arrays.find(key); it != values.arrays.end()) {
      fail(it->second.origin + ": " + text + ": found a list, expected " + expected);
    }
    if (values.has_below(key)) {
      fail((name.empty() ? "" : name + ": ") + text + ": found a table, expected " + expected);
    }
    fail((name.empty() ? "" : name + ": ") + text + ": missing, expected " + expected +
         "; add it or pass --set " + text + "=...");
  }

  /// nullptr when absent; an array or a table in its place is an error.
  const Leaf* find_scalar(std::string_view key, const char* expected) const {
    const Leaf* leaf = find(key);
    if (leaf == nullptr && (values.arrays.contains(key) || values.has_below(key))) {
      wrong_type(key, expected);
    }
    return leaf;
  }

  double as_double(std::string_view key, const Leaf& leaf) const {
    if (const auto* d = std::get_if<double>(&leaf.value)) return *d;
    if (const auto* i = std::get_if<std::int64_t>(&leaf.value)) return static_cast<double>(*i);
    wrong_type(key, "a number");
  }

  std::string as_string(std::string_view key, const Leaf& leaf) const {
    if (const auto* s = std::get_if<std::string>(&leaf.value)) return *s;
    if (!leaf.raw.empty()) return leaf.raw;
    wrong_type(key, "a string");
  }

  std::int64_t as_int(std::string_view key, const Leaf& leaf) const {
    if (const auto* i = std::get_if<std::int64_t>(&leaf.value)) return *i;
    const auto* d = std::get_if<double>(&leaf.value);
    if (d != nullptr && std::fabs(*d) < 9e15 && std::floor(*d) == *d) {
      return static_cast<std::int64_t>(*d);
    }
    wrong_type(key, "an integer");
  }

  /// Elements of a list, or the one scalar that stands for a list of one.
  template <typename T, typename Convert>
  std::vector<T> list(std::string_view key, const std::vector<T>& fallback, const char* expected,
                      Convert convert) const {
    if (const auto array = values.arrays.find(key); array != values.arrays.end()) {
      note(key);
      std::vector<T> out;
      for (std::size_t i = 0; i < array->second.size; ++i) {
        const std::string element = std::string(key) + "." + std::to_string(i);
        const Leaf* leaf = find(element);
        if (leaf == nullptr) wrong_type(element, expected);
        out.push_back(convert(element, *leaf));
      }
      return out;
    }
    const Leaf* leaf = find_scalar(key, expected);
    if (leaf == nullptr) return fallback;
    return {convert(key, *leaf)};
  }

  std::string unknown_key_message(const std::string& key, const std::string& origin) const {
    std::vector<std::string> all(asked.begin(), asked.end()), siblings;
    for (const std::string& known : all) {
      if (parent_of(known) == parent_of(key)) siblings.push_back(known);
    }
    const std::string start = origin + ": " + key + ": unknown key";
    // First a slip in the last word, then one anywhere.
    std::string suggestion = nearest_sibling(key, siblings);
    if (suggestion.empty()) suggestion = nearest_word(key, all);
    if (!suggestion.empty()) return start + "; did you mean " + suggestion + "?";
    if (siblings.empty()) return start;
    std::string list;
    for (std::size_t i = 0; i < std::min<std::size_t>(siblings.size(), 10); ++i) {
      if (i > 0) list += ", ";
      list += siblings[i];
    }
    return start + "; known here: " + list + (siblings.size() > 10 ? ", ..." : "");
  }

  static std::string nearest_sibling(const std::string& key,
                                     const std::vector<std::string>& siblings) {
    const std::string parent(parent_of(key));
    const std::size_t skip = parent.empty() ? 0 : parent.size() + 1;
    std::vector<std::string> words;
    for (const std::string& sibling : siblings) words.push_back(sibling.substr(skip));
    const std::string word = nearest_word(key.substr(skip), words);
    return word.empty() ? word : key.substr(0, skip) + word;
  }
};

Config::Config() : impl_(std::make_unique<Impl>()) {}
Config::~Config() = default;
Config::Config(const Config& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
Config& Config::operator=(const Config& other) {
  if (this != &other) impl_ = std::make_unique<Impl>(*other.impl_);
  return *this;
}
Config::Config(Config&&) noexcept = default;
Config& Config::operator=(Config&&) noexcept = default;

Config Config::from_file(const std::filesystem::path& path) {
  Config config;
  config.impl_->values = Loader().load(path, "");
  config.impl_->name = path.string();
  return config;
}

Config Config::from_text(std::string_view toml, const std::string& name) {
  auto document = config_internal::parse_document(toml, name);
  // Text may come from the network: it must not make us open files.
  if (!document.extends.empty()) {
    fail(document.extends_origin + ": extends: works in files only; save the text first");
  }
  Config config;
  config.impl_->values = std::move(document.values);
  config.impl_->name = name;
  return config;
}

void Config::set(std::string_view assignment) {
  const auto equals = assignment.find('=');
  const std::string key =
      trimmed(assignment.substr(0, equals == std::string_view::npos ? 0 : equals));
  check_key(key, assignment);
  Values& values = impl_->values;
  for (auto dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
    const std::string ancestor = key.substr(0, dot);
    if (const auto leaf = values.leaves.find(ancestor); leaf != values.leaves.end()) {
      fail("--set " + key + ": " + ancestor + " is " + describe(leaf->second) + " (" +
           leaf->second.origin + "), expected a table");
    }
    const auto array = values.arrays.find(ancestor);
    if (array == values.arrays.end()) continue;
    const std::string rest = key.substr(dot + 1);
    std::size_t index = 0;
    if (!is_index(rest.substr(0, rest.find('.')), index) || index > array->second.size) {
      fail("--set " + key + ": " + ancestor + " is a list of " +
           std::to_string(array->second.size) + " (" + array->second.origin +
           "), expected an index up to " + std::to_string(array->second.size));
    }
    array->second.size = std::max(array->second.size, index + 1);
  }
  const Values over =
      config_internal::parse_assignment_value(key, trimmed(assignment.substr(equals + 1)));
  values.erase(key);
  values.merge(over);
}

void Config::merge(const Config& over) {
  impl_->values.merge(over.impl_->values);
  if (!over.impl_->name.empty()) impl_->name = over.impl_->name;
}

bool Config::has(std::string_view key) const {
  impl_->note(key);
  return impl_->values.leaves.contains(key) || impl_->values.arrays.contains(key);
}

bool Config::has_table(std::string_view prefix) const { return impl_->values.has_below(prefix); }

std::string Config::get_string(std::string_view key) const {
  const Leaf* leaf = impl_->find(key);
  if (leaf == nullptr) impl_->wrong_type(key, "a string");
  return impl_->as_string(key, *leaf);
}

std::string Config::get_string(std::string_view key, const std::string& fallback) const {
  const Leaf* leaf = impl_->find_scalar(key, "a string");
  return leaf == nullptr ? fallback : impl_->as_string(key, *leaf);
}

double Config::get_double(std::string_view key) const {
  const Leaf* leaf = impl_->find(key);
  if (leaf == nullptr) impl_->wrong_type(key, "a number");
  return impl_->as_double(key, *leaf);
}

double Config::get_double(std::string_view key, double fallback) const {
  const Leaf* leaf = impl_->find_scalar(key, "a number");
  return leaf == nullptr ? fallback : impl_->as_double(key, *leaf);
}

double Config::get_double_in(std::string_view key, double fallback, double low, double high) const {
  const double value = get_double(key, fallback);
  if (value >= low && value <= high) return value;
  const auto text = [](double x) { return nlohmann::json(x).dump(); };
  const std::string where = origin(key);
  fail((where.empty() ? "" : where + ": ") + std::string(key) + ": found " + text(value) +
       ", expected " + text(low) + " to " + text(high));
}

std::int64_t Config::get_int(std::string_view key) const {
  const Leaf* leaf = impl_->find(key);
  if (leaf == nullptr) impl_->wrong_type(key, "an integer");
  return impl_->as_int(key, *leaf);
}

std::int64_t Config::get_int(std::string_view key, std::int64_t fallback) const {
  const Leaf* leaf = impl_->find_scalar(key, "an integer");
  return leaf == nullptr ? fallback : impl_->as_int(key, *leaf);
}

bool Config::get_bool(std::string_view key, bool fallback) const {
  const Leaf* leaf = impl_->find_scalar(key, "true or false");
  if (leaf == nullptr) return fallback;
  if (const auto* b = std::get_if<bool>(&leaf->value)) return *b;
  impl_->wrong_type(key, "true or false");
}

std::vector<std::string> Config::get_strings(std::string_view key,
                                             const std::vector<std::string>& fallback) const {
  return impl_->list<std::string>(
      key, fallback, "a list of strings",
      [this](std::string_view k, const Leaf& leaf) { return impl_->as_string(k, leaf); });
}

std::vector<double> Config::get_doubles(std::string_view key,
                                        const std::vector<double>& fallback) const {
  return impl_->list<double>(
      key, fallback, "a list of numbers",
      [this](std::string_view k, const Leaf& leaf) { return impl_->as_double(k, leaf); });
}

std::size_t Config::array_size(std::string_view key) const {
  impl_->note(key);
  const auto it = impl_->values.arrays.find(key);
  return it == impl_->values.arrays.end() ? 0 : it->second.size;
}

std::vector<std::string> Config::children(std::string_view prefix) const {
  const std::string start = prefix.empty() ? "" : std::string(prefix) + ".";
  std::set<std::string> names;
  const auto collect = [&](const auto& map) {
    for (auto it = map.lower_bound(start); it != map.end() && it->first.starts_with(start); ++it) {
      const std::string rest = it->first.substr(start.size());
      names.insert(rest.substr(0, rest.find('.')));
    }
  };
  collect(impl_->values.leaves);
  collect(impl_->values.arrays);
  return {names.begin(), names.end()};
}

std::string Config::origin(std::string_view key) const {
  const Values& values = impl_->values;
  if (const auto it = values.leaves.find(key); it != values.leaves.end()) return it->second.origin;
  if (const auto it = values.arrays.find(key); it != values.arrays.end()) return it->second.origin;
  const std::string prefix = std::string(key) + ".";
  const auto below = values.leaves.lower_bound(prefix);
  const bool is_table = below != values.leaves.end() && below->first.starts_with(prefix);
  return is_table ? below->second.origin : "";
}

void Config::check_all_used() const {
  const std::lock_guard lock(impl_->mutex);
  for (const auto& [key, leaf] : impl_->values.leaves) {
    if (!impl_->asked.contains(key)) fail(impl_->unknown_key_message(key, leaf.origin));
  }
  for (const auto& [key, note] : impl_->values.arrays) {
    // A list with elements is judged by them; an empty one has only its name.
    if (note.size == 0 && !impl_->asked.contains(key)) {
      fail(impl_->unknown_key_message(key, note.origin));
    }
  }
}

void Config::mark_used(std::string_view prefix) const {
  const auto mark = [&](const auto& map) {
    for (const auto& [key, value] : map) {
      const bool below = key.starts_with(prefix) && key.size() > prefix.size() &&
                         (prefix.empty() || key[prefix.size()] == '.');
      if (below || key == prefix) impl_->note(key);
    }
  };
  mark(impl_->values.leaves);
  mark(impl_->values.arrays);
}

std::string Config::to_json() const {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [key, leaf] : impl_->values.leaves) out[key] = to_json_value(leaf);
  // Lists of scalars read better as lists; lists of tables stay flat.
  for (const auto& [key, note] : impl_->values.arrays) {
    nlohmann::json list = nlohmann::json::array();
    for (std::size_t i = 0; i < note.size; ++i) {
      const auto it = impl_->values.leaves.find(key + "." + std::to_string(i));
      if (it != impl_->values.leaves.end()) list.push_back(to_json_value(it->second));
    }
    if (list.size() != note.size) continue;
    for (std::size_t i = 0; i < note.size; ++i) out.erase(key + "." + std::to_string(i));
    out[key] = std::move(list);
  }
  // `--set` may carry bytes that are not UTF-8.
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string Config::sha256() const { return sha256_hex(to_json()); }

}  // namespace brandiron
