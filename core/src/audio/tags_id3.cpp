#include <taglib/id3v2tag.h>
#include <taglib/mpegfile.h>
#include <taglib/tbytevectorstream.h>
#include <taglib/tpropertymap.h>

#include <algorithm>
#include <vector>

#include "audio/tags_internal.h"
#include "brandiron/core/error.h"

// ID3v2 (id3.org). TagLib knows what the text frames mean and writes new ones; which frames it gets
// to see is decided here, because it would unpack a compressed frame of any size.

namespace brandiron::tags_internal {
namespace {

constexpr std::size_t kHeaderBytes = 10;
constexpr std::size_t kSizeBytes = 4;
constexpr unsigned kCounted = 0x01;  // second flag byte of a frame: its length comes first
constexpr unsigned kUnsynchronised = 0x80, kExtended = 0x40, kFooter = 0x10;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U;
}

std::size_t number(std::string_view bytes, std::size_t at, std::size_t width, unsigned bits) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < width; ++i) {
    value = (value << bits) | (byte_at(bytes, at + i) & ((1U << bits) - 1U));
  }
  return value;
}

std::string syncsafe_bytes(std::size_t value) {
  std::string out(kSizeBytes, '\0');
  for (std::size_t i = kSizeBytes; i-- > 0; value >>= 7U) out[i] = static_cast<char>(value & 0x7FU);
  return out;
}

bool is_id(std::string_view id, std::size_t width) {
  return id.size() == width && std::all_of(id.begin(), id.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

// The frames of a tag, those that TagLib may unpack apart.
struct Frames {
  unsigned version = 4;
  std::vector<std::string> plain;
  std::vector<std::string> packed;  // compressed: kept as they are
};

// A frame's size in 2.4 is syncsafe, but not in files of old iTunes.
std::size_t frame_size(std::string_view body, std::size_t at, unsigned version) {
  const std::size_t plain = number(body, at + 4, kSizeBytes, 8);
  if (version != 4) return plain;
  const std::size_t safe = number(body, at + 4, kSizeBytes, 7);
  const auto next_is_frame = [&](std::size_t size) {
    const std::size_t next = at + kHeaderBytes + size;
    return next <= body.size() && is_id(body.substr(next, 4), 4);
  };
  return safe > 127 && !next_is_frame(safe) && next_is_frame(plain) ? plain : safe;
}

void sort_frames(std::string_view body, Frames& frames) {
  const std::size_t id_width = frames.version == 2 ? 3 : 4;
  const std::size_t header = frames.version == 2 ? 6 : kHeaderBytes;
  const unsigned compressed = frames.version == 4 ? 0x08U : 0x80U;
  std::size_t count = 0;
  for (std::size_t at = 0; at + header <= body.size();) {
    if (!is_id(body.substr(at, id_width), id_width)) break;
    const std::size_t size =
        frames.version == 2 ? number(body, at + 3, 3, 8) : frame_size(body, at, frames.version);
    if (size > body.size() - at - header) break;
    if (++count > kMaxFields) too_large("ID3");
    const bool packed = frames.version != 2 && (byte_at(body, at + 9) & compressed) != 0;
    const bool counted = frames.version == 4 && (byte_at(body, at + 9) & kCounted) != 0;
    std::string frame(body.substr(at, header + size));
    if (frames.version == 4) frame.replace(4, kSizeBytes, syncsafe_bytes(size));
    // An empty frame says nothing, but TagLib takes it for the end.
    if (size > (counted ? kSizeBytes : 0U)) {
      (packed ? frames.packed : frames.plain).push_back(std::move(frame));
    }
    at += header + size;
  }
}

std::string without_unsynchronisation(std::string_view body) {
  std::string out;
  for (std::size_t i = 0; i < body.size(); ++i) {
    out.push_back(body[i]);
    if (byte_at(body, i) == 0xFF && i + 1 < body.size() && body[i + 1] == '\0') ++i;
  }
  return out;
}

Frames read_frames(std::string_view tag) {
  Frames frames;
  const std::size_t size = id3_size(tag);
  if (size == 0) return frames;
  if (size > kMaxTagBytes) too_large("ID3");
  const unsigned version = byte_at(tag, 3), flags = byte_at(tag, 5);
  // In 2.2 the "extended" bit means that the whole tag is packed, by a method never defined.
  if (version < 2 || version > 4 || (version == 2 && (flags & kExtended) != 0)) return frames;
  frames.version = version;
  std::string_view body = tag.substr(kHeaderBytes, number(tag, 6, kSizeBytes, 7));
  std::string plain;
  if (version != 4 && (flags & kUnsynchronised) != 0) {
    plain = without_unsynchronisation(body);
    body = plain;
  }
  if ((flags & kExtended) != 0) {
    const std::size_t extended =
        version == 4 ? number(body, 0, 4, 7) : number(body, 0, 4, 8) + kSizeBytes;
    body.remove_prefix(std::min(extended, body.size()));
  }
  sort_frames(body, frames);
  return frames;
}

std::string make_tag(unsigned version, const std::string& frames) {
  std::string tag = "ID3";
  tag.push_back(static_cast<char>(version));
  tag.append(2, '\0').append(syncsafe_bytes(frames.size()));
  return tag + frames;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += part;
  return out;
}

// TagLib's view of a tag that is the whole file.
class Parsed {
 public:
  Parsed(unsigned version, const std::string& frames)
      : stream_(bytes_of(make_tag(version, frames))),
        file_(&stream_, TagLib::ID3v2::FrameFactory::instance(), false) {}
  TagLib::ID3v2::Tag& tag() { return *file_.ID3v2Tag(true); }

 private:
  static TagLib::ByteVector bytes_of(const std::string& tag) {
    return {tag.data(), static_cast<unsigned>(tag.size())};
  }
  TagLib::ByteVectorStream stream_;
  TagLib::MPEG::File file_;
};

TagLib::String to_taglib(const std::string& text) { return {text, TagLib::String::UTF8}; }

bool has_key(const Tags& tags, const std::string& key) {
  return std::any_of(tags.begin(), tags.end(), [&](const auto& tag) { return tag.first == key; });
}

// Whether a frame says something under one of those keys. The rest of a tag stays byte for byte.
bool is_replaced(unsigned version, const std::string& frame, const Tags& changes) {
  const std::string id = frame.substr(0, 4);
  if (id == "TYER" || id == "TDAT" || id == "TIME") return has_key(changes, "DATE");
  if (id[0] != 'T' && id[0] != 'W' && id != "COMM" && id != "USLT") return false;
  Parsed parsed(version, frame);
  for (const auto& property : parsed.tag().properties()) {
    if (has_key(changes, upper(property.first.to8Bit(true)))) return true;
  }
  return false;
}

std::string new_frames(unsigned version, const Tags& changes) {
  TagLib::PropertyMap properties;
  for (const auto& [key, value] : changes) {
    if (!value.empty()) properties[to_taglib(key)].append(to_taglib(value));
  }
  TagLib::ID3v2::Tag tag;
  tag.setProperties(properties);
  const TagLib::ByteVector rendered =
      tag.render(version == 3 ? TagLib::ID3v2::v3 : TagLib::ID3v2::v4);
  return joined(read_frames({rendered.data(), rendered.size()}).plain);
}

// The frames of version 2.2 have other names: all are made anew.
Frames converted(const Frames& old) {
  Parsed parsed(old.version, joined(old.plain));
  const TagLib::ByteVector rendered = parsed.tag().render(TagLib::ID3v2::v4);
  return read_frames({rendered.data(), rendered.size()});
}

}  // namespace

std::size_t id3_size(std::string_view file) noexcept {
  if (file.size() < kHeaderBytes || file.substr(0, 3) != "ID3") return 0;
  const std::size_t footer = (byte_at(file, 5) & kFooter) != 0 ? kHeaderBytes : 0;
  const std::size_t size = kHeaderBytes + number(file, 6, kSizeBytes, 7) + footer;
  return size <= file.size() ? size : 0;
}

Tags read_id3(std::string_view tag) {
  const Frames frames = read_frames(tag);
  if (frames.plain.empty()) return {};
  Tags tags;
  Parsed parsed(frames.version, joined(frames.plain));
  for (const auto& [key, values] : parsed.tag().properties()) {
    for (const auto& value : values) tags.emplace_back(key.to8Bit(true), value.to8Bit(true));
  }
  return tags;
}

std::string id3_with(std::string_view tag, const Tags& changes) {
  Frames frames = read_frames(tag);
  if (id3_size(tag) > 0 && byte_at(tag, 3) == 2) {
    if ((byte_at(tag, 5) & kExtended) != 0) {
      throw Error(ErrorCode::kUnsupported,
                  "ID3: a packed tag of version 2.2; write it anew with a tag editor");
    }
    frames = converted(frames);
  }
  std::erase_if(frames.plain, [&](const std::string& frame) {
    return is_replaced(frames.version, frame, changes);
  });
  return make_tag(frames.version, joined(frames.plain) + joined(frames.packed) +
                                      new_frames(frames.version, changes));
}

}  // namespace brandiron::tags_internal
