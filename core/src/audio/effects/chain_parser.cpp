#include "chain_parser.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "../../edit_distance.h"
#include "brandiron/core/error.h"
#include "range_check.h"

namespace brandiron::effects_internal {
namespace {

constexpr std::size_t kMaxText = 16384;
constexpr std::size_t kMaxSteps = 64;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ", ";
    text += word;
  }
  return text;
}

/// A word quoted for a message: printable and short.
std::string quoted(std::string_view word) {
  std::string text = "'";
  for (const char c : word.substr(0, 60)) {
    text += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? ' ' : c;
  }
  return text + (word.size() > 60 ? "...'" : "'");
}

/// Recursive descent over `effect(name=value, ...) | ...`.
class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  std::vector<Step> chain() {
    if (text_.size() > kMaxText) {
      fail(0, "found " + std::to_string(text_.size()) + " characters, expected at most " +
                  std::to_string(kMaxText));
    }
    std::vector<Step> steps;
    skip_blanks();
    if (at_end()) return steps;
    for (;;) {
      step(steps);
      skip_blanks();
      if (at_end()) return steps;
      if (text_[at_] != '|') fail(at_, "found " + quoted(word_at(at_)) + ", expected | or the end");
      ++at_;
    }
  }

 private:
  [[noreturn]] void fail(std::size_t position, const std::string& message) const {
    throw Error(ErrorCode::kInvalidArgument,
                "effect chain, position " + std::to_string(position + 1) + ": " + message);
  }

  bool at_end() const { return at_ >= text_.size(); }
  bool at(char c) const { return !at_end() && text_[at_] == c; }
  void skip_blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }

  std::string_view word_at(std::size_t position) const {
    if (position >= text_.size()) return "the end";
    std::size_t end = position;
    while (end < text_.size() && is_name(text_[end])) ++end;
    return text_.substr(position, std::max<std::size_t>(end - position, 1));
  }

  std::string_view name() {
    const std::size_t start = at_;
    while (!at_end() && is_name(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  void step(std::vector<Step>& steps) {
    skip_blanks();
    const std::size_t start = at_;
    const std::string_view word = name();
    if (word.empty())
      fail(start, "found " + quoted(word_at(start)) + ", expected an effect's name");
    if (word == "none") {
      skip_blanks();
      if (at('(')) {
        ++at_;
        skip_blanks();
        if (!at(')')) fail(at_, "none takes no parameter");
        ++at_;
      }
      return;
    }
    Step step;
    step.effect = find_effect(word);
    if (step.effect == nullptr) unknown_effect(start, word);
    if (steps.size() == kMaxSteps) {
      fail(start, "more than " + std::to_string(kMaxSteps) + " steps");
    }
    skip_blanks();
    if (at('(')) arguments(step);
    fill_defaults(step, start);
    if (step.effect->check != nullptr) {
      try {
        step.effect->check(step.arguments);
      } catch (const Error& e) {
        fail(start, e.what());
      }
    }
    steps.push_back(std::move(step));
  }

  [[noreturn]] void unknown_effect(std::size_t position, std::string_view word) const {
    std::vector<std::string> names;
    for (const Effect& effect : all_effects()) names.push_back(effect.info.name);
    const std::string near = nearest_word(word, names);
    std::string message = "unknown effect " + quoted(word);
    if (!near.empty()) message += "; did you mean " + near + "?";
    fail(position, message + (near.empty() ? "; known: " : " (known: ") + join(names) +
                       (near.empty() ? "" : ")"));
  }

  void arguments(Step& step) {
    ++at_;  // the bracket
    const auto& parameters = step.effect->info.parameters;
    bool named_before = false;
    std::size_t num_positional = 0;
    skip_blanks();
    if (at(')')) {
      ++at_;
      return;
    }
    for (;;) {
      skip_blanks();
      const std::size_t start = at_;
      const EffectParameter* parameter = nullptr;
      if (const auto named = parameter_name()) {
        parameter = find_parameter(step, *named, start);
        named_before = true;
      } else {
        if (named_before) fail(start, "a value without its name stands after a named one");
        if (num_positional == parameters.size()) {
          fail(start, step.effect->info.name + " takes " + std::to_string(parameters.size()) +
                          " parameters: " + usage(*step.effect));
        }
        parameter = &parameters[num_positional++];
      }
      if (step.arguments.has(parameter->name)) fail(start, parameter->name + " is given twice");
      value(step, *parameter);
      skip_blanks();
      if (at(',')) {
        ++at_;
      } else if (at(')')) {
        ++at_;
        return;
      } else {
        fail(at_, "found " + quoted(word_at(at_)) + " in " + step.effect->info.name +
                      ", expected , or )");
      }
    }
  }

  /// Consumes `name =` when there is one.
  std::optional<std::string_view> parameter_name() {
    const std::size_t start = at_;
    const std::string_view word = name();
    skip_blanks();
    if (!word.empty() && at('=')) {
      ++at_;
      skip_blanks();
      return word;
    }
    at_ = start;
    return std::nullopt;
  }

  static std::string usage(const Effect& effect) {
    std::vector<std::string> names;
    for (const auto& parameter : effect.info.parameters) names.push_back(parameter.name);
    return names.empty() ? "none" : join(names);
  }

  const EffectParameter* find_parameter(const Step& step, std::string_view word,
                                        std::size_t position) const {
    std::vector<std::string> names;
    for (const auto& parameter : step.effect->info.parameters) {
      if (parameter.name == word) return &parameter;
      names.push_back(parameter.name);
    }
    const std::string near = nearest_word(word, names);
    fail(position, step.effect->info.name + " has no parameter " + quoted(word) +
                       (near.empty() ? "" : "; did you mean " + near + "?") +
                       " (known: " + usage(*step.effect) + ")");
  }

  void value(Step& step, const EffectParameter& parameter) {
    const std::size_t start = at_;
    const bool is_quoted = at('"');
    const std::string text = raw_value();
    if (text.empty() && !is_quoted)
      fail(start, step.effect->info.name + ": " + parameter.name + " has no value");
    assign(step, parameter, text, start);
  }

  std::string raw_value() {
    if (at('"')) return quoted_value();
    const std::size_t start = at_;
    while (!at_end() && text_[at_] != ',' && text_[at_] != ')' && text_[at_] != '|') ++at_;
    std::size_t end = at_;
    while (end > start && is_blank(text_[end - 1])) --end;
    return std::string(text_.substr(start, end - start));
  }

  // "..." with \" and \\ inside.
  std::string quoted_value() {
    const std::size_t start = at_++;
    std::string value;
    while (!at_end() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      value += text_[at_++];
    }
    if (at_end()) fail(start, "a double quote opens here and never closes");
    ++at_;
    return value;
  }

  void assign(Step& step, const EffectParameter& parameter, const std::string& text,
              std::size_t position) const {
    const std::string what = step.effect->info.name + ": " + parameter.name;
    if (parameter.is_text) {
      const auto& choices = parameter.choices;
      if (!choices.empty() && std::find(choices.begin(), choices.end(), text) == choices.end()) {
        fail(position, what + ": found " + quoted(text) + ", expected one of " + join(choices));
      }
      step.arguments.set_text(parameter.name, text);
      return;
    }
    double number = 0.0;
    const char* first = text.data() + (text.starts_with('+') ? 1 : 0);
    const auto result = std::from_chars(first, text.data() + text.size(), number);
    if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) {
      fail(position, what + ": found " + quoted(text) + ", expected a number from " +
                         number_text(parameter.low) + " to " + number_text(parameter.high));
    }
    if (!(number >= parameter.low && number <= parameter.high)) {
      fail(position, what + ": found " + quoted(text) + ", expected " + number_text(parameter.low) +
                         " to " + number_text(parameter.high));
    }
    step.arguments.set_number(parameter.name, number);
  }

  void fill_defaults(Step& step, std::size_t position) const {
    for (const auto& parameter : step.effect->info.parameters) {
      if (step.arguments.has(parameter.name)) continue;
      if (parameter.fallback.empty()) {
        fail(position, step.effect->info.name + " needs " + parameter.name + ", for example " +
                           step.effect->info.example);
      }
      assign(step, parameter, parameter.fallback == "\"\"" ? "" : parameter.fallback, position);
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::string text_value(const std::string& text) {
  const bool plain = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_name(c) || c == '.' || c == '/' || c == '-';
  });
  if (plain) return text;
  std::string value = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') value += '\\';
    value += c;
  }
  return value + "\"";
}

}  // namespace

std::vector<Step> parse_chain(std::string_view text) { return Parser(text).chain(); }

std::string chain_text(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) {
    if (!text.empty()) text += " | ";
    text += step.effect->info.name;
    std::string list;
    for (const auto& parameter : step.effect->info.parameters) {
      if (!list.empty()) list += ", ";
      list += parameter.name + "=";
      list += parameter.is_text ? text_value(step.arguments.text(parameter.name))
                                : number_text(step.arguments.number(parameter.name));
    }
    if (!list.empty()) text += "(" + list + ")";
  }
  return text;
}

}  // namespace brandiron::effects_internal
