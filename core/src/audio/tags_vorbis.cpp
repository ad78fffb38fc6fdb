#include <algorithm>

#include "audio/tags_internal.h"

// Vorbis comments (xiph.org/vorbis/doc/v-comment.html): vendor, then "KEY=value" fields, each
// behind its length.

namespace brandiron::tags_internal {
namespace {

// The field at `at`, which moves behind it; a length beyond the end ends the list.
std::string_view take_field(std::string_view packet, std::size_t& at) {
  const std::size_t size = riff::read_le(packet, at, 4);
  const std::size_t start = std::min(packet.size(), at + 4);
  if (size > packet.size() - start) {
    at = packet.size() + 1;
    return {};
  }
  at = start + size;
  return packet.substr(start, size);
}

}  // namespace

VorbisComment parse_vorbis(std::string_view packet) {
  if (packet.size() > kMaxTagBytes) too_large("Vorbis comment");
  VorbisComment comment;
  std::size_t at = 0;
  comment.vendor = take_field(packet, at);
  const std::size_t count = riff::read_le(packet, at, 4);
  at += 4;
  for (std::size_t i = 0; i < count && at + 4 <= packet.size(); ++i) {
    const std::string_view field = take_field(packet, at);
    if (at > packet.size()) break;
    if (i >= kMaxFields) too_large("Vorbis comment");
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) {
      comment.nameless.emplace_back(field);
    } else {
      comment.fields.emplace_back(field.substr(0, equals), field.substr(equals + 1));
    }
  }
  return comment;
}

std::string render_vorbis(const VorbisComment& comment) {
  const auto field = [](const std::string& text) { return riff::le_bytes(text.size(), 4) + text; };
  std::string out = field(comment.vendor);
  out += riff::le_bytes(comment.fields.size() + comment.nameless.size(), 4);
  for (const auto& [key, value] : comment.fields) out += field(key + "=" + value);
  for (const std::string& text : comment.nameless) out += field(text);
  return out;
}

std::string vorbis_with(std::string_view packet, const Tags& changes) {
  VorbisComment comment = parse_vorbis(packet);
  comment.fields = changed(comment.fields, changes);
  return render_vorbis(comment);
}

}  // namespace brandiron::tags_internal
