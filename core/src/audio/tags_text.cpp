#include <algorithm>
#include <cstdint>
#include <set>

#include "audio/tags_internal.h"
#include "brandiron/core/error.h"

namespace brandiron::tags_internal {
namespace {

// Length of the UTF-8 sequence at `at`, or 0 when it is none (also overlong, surrogate, too large).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned second = byte(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F)) {
    return 0;
  }
  return length;
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

}  // namespace

void too_large(const std::string& what) {
  throw Error(ErrorCode::kUnsupported,
              what + ": more than an honest file has (32 MiB or 4,096 fields)");
}

std::string clean_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const bool utf8 = is_utf8(text);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0) continue;
    if (utf8 || byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xC0U | (byte >> 6U)));
      out.push_back(static_cast<char>(0x80U | (byte & 0x3FU)));
    }
  }
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string ascii_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U) continue;  // one "?" a character, not a byte
    out.push_back(byte >= 0x20 && byte < 0x7F ? c : '?');
  }
  return out;
}

Tags changed(const Tags& tags, const Tags& changes) {
  Tags out;
  std::vector<std::string> done;
  const auto put = [&](const std::string& key) {
    if (std::find(done.begin(), done.end(), key) != done.end()) return;
    done.push_back(key);
    for (const auto& change : changes) {
      if (change.first == key && !change.second.empty()) out.push_back(change);
    }
  };
  for (const auto& tag : tags) {
    const std::string key = upper(tag.first);
    if (std::any_of(changes.begin(), changes.end(),
                    [&](const auto& change) { return change.first == key; })) {
      put(key);
    } else {
      out.push_back(tag);
    }
  }
  for (const auto& change : changes) put(change.first);
  return out;
}

void add_new_keys(Tags& tags, const Tags& more) {
  std::set<std::string> there;
  for (const auto& tag : tags) there.insert(tag.first);
  for (const auto& [key, value] : more) {
    if (!there.contains(upper(key))) tags.emplace_back(upper(key), value);
  }
}

}  // namespace brandiron::tags_internal
