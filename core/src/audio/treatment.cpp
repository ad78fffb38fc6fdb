#include "brandiron/core/audio/treatment.h"

#include <fmt/format.h>

#include <charconv>

#include "brandiron/core/error.h"

namespace brandiron {
namespace {

[[noreturn]] void fail(std::string_view text, const std::string& what) {
  throw Error(ErrorCode::kConfig,
              fmt::format("treatment '{}': {}; expected {{low:high}} or {{a|b}}", text, what));
}

double number(std::string_view whole, std::string_view part) {
  double value = 0;
  const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (error != std::errc{} || end != part.data() + part.size()) {
    fail(whole, fmt::format("'{}' is not a number", part));
  }
  return value;
}

std::string draw_brace(std::string_view whole, std::string_view inner, Rng& rng) {
  const std::size_t colon = inner.find(':');
  if (colon != std::string_view::npos) {
    const double low = number(whole, inner.substr(0, colon));
    const double high = number(whole, inner.substr(colon + 1));
    return fmt::format("{:.4f}", rng.uniform(low, high));
  }
  std::vector<std::string_view> words;
  std::size_t from = 0;
  while (from <= inner.size()) {
    const std::size_t to = std::min(inner.find('|', from), inner.size());
    words.push_back(inner.substr(from, to - from));
    from = to + 1;
  }
  if (inner.empty()) fail(whole, "empty braces");
  return std::string(words[rng.below(static_cast<std::uint32_t>(words.size()))]);
}

}  // namespace

std::string fill_template(std::string_view text, Rng& rng) {
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find('{', at);
    result += text.substr(at, open - at);
    if (open == std::string_view::npos) break;
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) fail(text, "a brace is not closed");
    result += draw_brace(text, text.substr(open + 1, close - open - 1), rng);
    at = close + 1;
  }
  return result;
}

Treatment Treatment::from_config(const Config& config, const std::string& key) {
  Treatment treatment;
  for (std::size_t i = 0; i < config.array_size(key); ++i) {
    const std::string prefix = fmt::format("{}.{}.", key, i);
    TreatmentStep step;
    step.chance = config.get_double_in(prefix + "chance", 1.0, 0.0, 1.0);
    step.choices = config.get_strings(prefix + "choose");
    if (step.choices.empty()) {
      throw Error(ErrorCode::kConfig,
                  fmt::format("{}choose: empty; name at least one chain", prefix));
    }
    treatment.steps.push_back(step);
  }
  return treatment;
}

std::string Treatment::draw(Rng rng) const {
  std::string chain;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    // A stream a step: editing one leaves the others' draws alone.
    Rng stream = rng.child("step", i);
    if (!stream.chance(steps[i].chance)) continue;
    const auto which = stream.below(static_cast<std::uint32_t>(steps[i].choices.size()));
    if (!chain.empty()) chain += " | ";
    chain += fill_template(steps[i].choices[which], stream);
  }
  return chain;
}

}  // namespace brandiron
