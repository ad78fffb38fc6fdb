#include "config_parse.h"

#include <toml++/toml.h>
#include <cmath>

#include "brandiron/core/error.h"

namespace brandiron::config_internal {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{4} << 20;
constexpr int kMaxDots = 32;

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::kConfig, message); }

std::string origin_of(const toml::node& node, const std::string& name) {
  return name + ":" + std::to_string(node.source().begin.line);
}

// The parser limits nested brackets itself, but builds (and frees, recursively) a table for every
// dot of a key: a megabyte of dots would overflow the stack. Counts the dots of each key-like run.
void reject_deep_keys(std::string_view toml, const std::string& name) {
  int dots = 0, line = 1;
  char quote = 0;  // the string we are in: ' or ", or their upper halves for the triple forms
  bool triple = false;
  for (std::size_t i = 0; i < toml.size(); ++i) {
    const char c = toml[i];
    if (c == '\n') ++line;
    if (quote != 0) {
      if (quote == '"' && c == '\\') {
        if (++i < toml.size() && toml[i] == '\n') ++line;
      } else if (c == '\n' && !triple) {
        quote = 0;  // unterminated: the parser will say so
      } else if (c == quote && (!triple || toml.substr(i, 3) == std::string(3, quote))) {
        if (triple) i += 2;
        // A triple string may end in quotes of its own: """x"""".
        while (triple && i + 1 < toml.size() && toml[i + 1] == quote) ++i;
        quote = 0;
      }
      continue;
    }
    if (c == '"' || c == '\'') {
      quote = c;
      triple = toml.substr(i, 3) == std::string(3, c);
      if (triple) i += 2;
    } else if (c == '#') {
      i = std::min(toml.find('\n', i), toml.size()) - 1;
    } else if (c == '.') {
      if (++dots > kMaxDots) {
        fail(name + ":" + std::to_string(line) + ": a key has more than " +
             std::to_string(kMaxDots) + " dots; expected fewer levels");
      }
    } else if (c == '=' || c == '\n' || c == ',' || c == '[' || c == '{') {
      dots = 0;
    }
  }
}

/// Writes a toml tree into flat values.
class Flattener {
 public:
  Flattener(Values& values, const std::string& name, bool is_assignment)
      : values_(values), name_(name), is_assignment_(is_assignment) {}

  void table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      node_at(node,
              prefix.empty() ? checked(key.str(), node) : prefix + "." + checked(key.str(), node));
    }
  }

  void node_at(const toml::node& node, const std::string& key) {
    if (const auto* t = node.as_table()) return table(*t, key);
    if (const auto* a = node.as_array()) return array(*a, key);
    Leaf leaf;
    leaf.origin = where(node);
    if (const auto* s = node.as_string()) {
      leaf.value = s->get();
    } else if (const auto* i = node.as_integer()) {
      leaf.value = i->get();
    } else if (const auto* b = node.as_boolean()) {
      leaf.value = b->get();
    } else if (const auto* f = node.as_floating_point()) {
      if (!std::isfinite(f->get())) {
        fail(where(node) + ": " + key + ": found inf or nan, expected a finite number");
      }
      leaf.value = f->get();
    } else {
      fail(where(node) + ": " + key + ": found a date or time, which nothing here reads; quote it");
    }
    values_.leaves[key] = std::move(leaf);
  }

 private:
  void array(const toml::array& array, const std::string& key) {
    values_.arrays[key] = {array.size(), where(array)};
    for (std::size_t i = 0; i < array.size(); ++i) {
      node_at(array[i], key + "." + std::to_string(i));
    }
  }

  std::string checked(std::string_view key, const toml::node& node) const {
    for (const char c : key) {
      if (c == '.' || static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
        fail(where(node) + ": key \"" + one_line(key) +
             "\" contains a dot or a control character; expected letters, digits, _ and -");
      }
    }
    if (key.empty()) fail(where(node) + ": empty key; expected letters, digits, _ and -");
    return std::string(key);
  }

  std::string where(const toml::node& node) const {
    return is_assignment_ ? name_ : origin_of(node, name_);
  }

  Values& values_;
  const std::string& name_;
  bool is_assignment_;
};

toml::table parse_table(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& e) {
    const auto at = e.source().begin;
    fail(name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " +
         one_line(e.description()));
  }
}

void take_extends(toml::table& table, const std::string& name, Document& document) {
  const toml::node* node = table.get("extends");
  if (node == nullptr) return;
  document.extends_origin = origin_of(*node, name);
  const auto wrong = [&] {
    fail(document.extends_origin + ": extends: expected a file name or a list of file names");
  };
  if (const auto* one = node->as_string()) {
    document.extends.push_back(one->get());
  } else if (const auto* list = node->as_array()) {
    for (const auto& item : *list) {
      if (!item.is_string()) wrong();
      document.extends.push_back(item.as_string()->get());
    }
  } else {
    wrong();
  }
  table.erase("extends");
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string out(text.substr(0, 300));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return out;
}

void Values::erase(std::string_view key) {
  const auto cut = [key](auto& map) {
    if (const auto exact = map.find(key); exact != map.end()) map.erase(exact);
    const std::string prefix = std::string(key) + ".";
    auto it = map.lower_bound(prefix);
    while (it != map.end() && it->first.starts_with(prefix)) it = map.erase(it);
  };
  cut(leaves);
  cut(arrays);
}

bool Values::has_below(std::string_view key) const {
  const std::string prefix = std::string(key) + ".";
  const auto below = [&prefix](const auto& map) {
    const auto it = map.lower_bound(prefix);
    return it != map.end() && it->first.starts_with(prefix);
  };
  return below(leaves) || below(arrays);
}

void Values::merge(const Values& over) {
  for (const auto& [key, note] : over.arrays) erase(key);
  for (const auto& [key, leaf] : over.leaves) {
    erase(key);
    // A scalar that stood where a table comes now.
    for (auto dot = key.find('.'); dot != std::string::npos; dot = key.find('.', dot + 1)) {
      const auto ancestor = leaves.find(std::string_view(key).substr(0, dot));
      if (ancestor != leaves.end()) leaves.erase(ancestor);
    }
    leaves[key] = leaf;
  }
  for (const auto& [key, note] : over.arrays) arrays[key] = note;
}

Document parse_document(std::string_view toml, const std::string& name) {
  if (toml.size() > kMaxBytes) {
    fail(name + ": " + std::to_string(toml.size()) +
         " bytes; expected a configuration of at most " + std::to_string(kMaxBytes));
  }
  reject_deep_keys(toml, name);
  toml::table table = parse_table(toml, name);
  Document document;
  take_extends(table, name, document);
  Flattener(document.values, name, false).table(table, "");
  return document;
}

Values parse_assignment_value(const std::string& key, std::string_view text) {
  const std::string name = "--set";
  Values values;
  std::string line = "value = ";
  line += text;
  try {
    reject_deep_keys(line, name);
    const toml::table table = toml::parse(line, name);
    // "1\nother = 2" is a text, not two settings.
    const toml::node* node = table.get("value");
    if (table.size() == 1 && node != nullptr && !node->is_date() && !node->is_time() &&
        !node->is_date_time()) {
      Flattener(values, name, true).node_at(*node, key);
      if (const auto it = values.leaves.find(key); it != values.leaves.end()) it->second.raw = text;
      return values;
    }
  } catch (const toml::parse_error&) {
    // Not TOML: a bare word such as rust-hollow.
  }
  values.leaves[key] = {std::string(text), name, std::string(text)};
  return values;
}

std::string describe(const Leaf& leaf) {
  if (const auto* b = std::get_if<bool>(&leaf.value)) {
    return std::string(*b ? "true" : "false") + " (boolean)";
  }
  if (const auto* i = std::get_if<std::int64_t>(&leaf.value)) {
    return std::to_string(*i) + " (integer)";
  }
  if (const auto* d = std::get_if<double>(&leaf.value)) {
    std::string text = std::to_string(*d);
    while (text.size() > 3 && text.back() == '0' && text[text.size() - 2] != '.') text.pop_back();
    return text + " (number)";
  }
  const auto& s = std::get<std::string>(leaf.value);
  return "\"" + one_line(std::string_view(s).substr(0, 60)) + (s.size() > 60 ? "..." : "") +
         "\" (string)";
}

}  // namespace brandiron::config_internal
