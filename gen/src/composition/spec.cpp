#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "brandiron/core/error.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {
namespace {

constexpr std::size_t kLongestTitle = 200, kLongestText = 4000;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::kInvalidArgument, what);
}

/// Where the text stops being UTF-8; npos: nowhere.
std::size_t not_utf8(const std::string& text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::size_t length = c < 0x80                ? 1
                               : c >= 0xC2 && c < 0xE0 ? 2
                               : (c >> 4) == 14        ? 3
                               : c >= 0xF0 && c < 0xF5 ? 4
                                                       : 0;
    if (length == 0 || i + length > text.size()) return i;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) >> 6) != 2) return i;
    }
    i += length;
  }
  return std::string::npos;
}

/// One line of text that a file name, a tag or JSON can hold.
void check_line(const std::string& name, const std::string& text, std::size_t most) {
  if (not_utf8(text) != std::string::npos)
    refuse(name + " is not UTF-8 text; save the file as UTF-8");
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
    refuse(name + " holds a control character; give one line of text");
  }
  if (text.size() > most) {
    refuse(fmt::format("{} has {} bytes; expected at most {}", name, text.size(), most));
  }
}

}  // namespace

void validate_spec(const SongSpec& spec) {
  check_line("title", spec.title, kLongestTitle);
  check_line("theme", spec.theme, kLongestTitle);
  check_line("form", spec.form, kLongestText);
  check_line("key", spec.key, kLongestTitle);
  check_line("groove", spec.groove, kLongestTitle);
  const std::size_t bad = not_utf8(spec.lyrics);
  if (bad != std::string::npos) {
    const auto line = std::count(spec.lyrics.begin(),
                                 spec.lyrics.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
    refuse(fmt::format("lyrics line {}: not UTF-8 text; save the file as UTF-8", line + 1));
  }
  for (const auto& [section, bars] : spec.chords) {
    check_line("chords." + section, bars, kLongestText);
  }
  for (const auto& [section, lines] : spec.melody) {
    for (const std::string& line : lines) check_line("melody." + section, line, kLongestText);
  }
}

}  // namespace brandiron::gen
