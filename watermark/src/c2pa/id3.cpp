#include <algorithm>
#include <vector>

#include "big_endian.h"
#include "brandiron/core/error.h"
#include "container.h"

// ID3v2.3 and 2.4 (id3.org), as far as a frame must be found, taken out or added.

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::size_t kHeaderBytes = 10;
constexpr std::size_t kMaxTagBytes = (std::size_t{1} << 28U) - 1;
constexpr unsigned kUnsynchronised = 0x80, kExtended = 0x40, kFooter = 0x10;
constexpr unsigned kFrameUnsynchronised = 0x02;  // second flag byte, version 2.4
constexpr std::string_view kMime = "application/c2pa";

std::size_t syncsafe(std::string_view bytes, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = (value << 7U) | (static_cast<unsigned char>(bytes[at + i]) & 0x7FU);
  }
  return value;
}

std::string syncsafe_bytes(std::size_t value) {
  std::string out(4, '\0');
  for (std::size_t i = 4; i-- > 0; value >>= 7U) out[i] = static_cast<char>(value & 0x7FU);
  return out;
}

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

struct Frame {
  std::size_t start = 0;  // in the tag's body
  std::size_t size = 0;   // of the content
};

struct Frames {
  std::vector<Frame> list;
  std::size_t end = 0;     // of the last one
  bool malformed = false;  // a frame, or what comes before them, is longer than the tag
};

bool starts_frame(std::string_view body, std::size_t at) {
  const auto in_id = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (at + kHeaderBytes > body.size()) return false;
  const std::string_view id = body.substr(at, 4);
  return std::all_of(id.begin(), id.end(), in_id);
}

// Whether the tag can go on like that: another frame, padding, or its end.
bool plausible_end(std::string_view body, std::size_t at) {
  return at <= body.size() && (at == body.size() || body[at] == '\0' || starts_frame(body, at));
}

// Some programs write version 2.4 with the plain sizes of 2.3: the one that leads on is right.
std::size_t frame_size(std::string_view body, unsigned version, std::size_t at) {
  const auto plain = static_cast<std::size_t>(read_be(body, at + 4, 4));
  if (version != 4) return plain;
  const std::size_t safe = syncsafe(body, at + 4);
  const std::size_t content = at + kHeaderBytes;
  if (safe == plain || plausible_end(body, content + safe)) return safe;
  return plausible_end(body, content + plain) ? plain : safe;
}

// The frames of a tag's body from `at` on; padding ends them.
Frames read_frames(std::string_view body, unsigned version, std::size_t at) {
  Frames found;
  while (at < body.size() && starts_frame(body, at)) {
    const std::size_t size = frame_size(body, version, at);
    found.malformed = size > body.size() - at - kHeaderBytes;
    if (found.malformed) break;
    found.list.push_back({at, size});
    at += kHeaderBytes + size;
  }
  found.end = at;
  found.malformed = found.malformed || at > body.size();
  return found;
}

// How many bytes of a frame come before the manifest store; 0 when it is another frame.
std::size_t store_offset(std::string_view frame) {
  if (frame.substr(0, 4) != "GEOB" || frame.size() < kHeaderBytes + 1) return 0;
  const bool wide = byte_at(frame, kHeaderBytes) == 1 || byte_at(frame, kHeaderBytes) == 2;
  std::size_t at = frame.find('\0', kHeaderBytes + 1);
  if (at == std::string_view::npos) return 0;
  const std::string_view mime = frame.substr(kHeaderBytes + 1, at - kHeaderBytes - 1);
  if (mime != kMime && mime != "application/x-c2pa-manifest-store") return 0;
  ++at;
  for (int field = 0; field < 2; ++field) {  // file name, description
    const std::size_t step = wide ? 2 : 1;
    while (at + step <= frame.size() && (frame[at] != '\0' || (wide && frame[at + 1] != '\0'))) {
      at += step;
    }
    at += step;
  }
  if (at > frame.size()) throw Error(ErrorCode::kFormat, "ID3: a C2PA frame that is cut short");
  return at;
}

struct Tag {
  unsigned version = 4;
  unsigned flags = 0;
  std::string body;
  std::size_t first_frame = 0;
};

// The tag's body without its extended header, and, in 2.3, without unsynchronisation.
Tag read_tag(std::string_view file) {
  Tag tag;
  tag.version = byte_at(file, 3);
  tag.flags = byte_at(file, 5);
  tag.body = std::string(file.substr(kHeaderBytes, syncsafe(file, 6)));
  if (tag.version == 3 && (tag.flags & kUnsynchronised) != 0) {
    std::string plain;
    for (std::size_t i = 0; i < tag.body.size(); ++i) {
      plain.push_back(tag.body[i]);
      if (byte_at(tag.body, i) == 0xFF && i + 1 < tag.body.size() && tag.body[i + 1] == '\0') ++i;
    }
    tag.body = plain;
  }
  if ((tag.flags & kExtended) != 0 && tag.body.size() >= 4) {
    tag.first_frame = tag.version == 4 ? syncsafe(tag.body, 0)
                                       : static_cast<std::size_t>(read_be(tag.body, 0, 4)) + 4;
  }
  return tag;
}

// Versions 2.3 and 2.4; others have other frames.
bool has_frames(std::string_view file) {
  return id3_tag_size(file) > 0 && (byte_at(file, 3) == 3 || byte_at(file, 3) == 4);
}

}  // namespace

std::size_t id3_tag_size(std::string_view file) noexcept {
  if (file.size() < kHeaderBytes || file.substr(0, 3) != "ID3") return 0;
  const bool has_footer = byte_at(file, 3) == 4 && (byte_at(file, 5) & kFooter) != 0;
  const std::size_t footer = has_footer ? kHeaderBytes : 0;
  const std::size_t size = kHeaderBytes + syncsafe(file, 6) + footer;
  return size <= file.size() ? size : 0;
}

std::size_t id3_tags_size(std::string_view file) noexcept {
  std::size_t size = 0;
  while (const std::size_t next = id3_tag_size(file.substr(size))) size += next;
  return size;
}

std::optional<Placed> find_in_id3(std::string_view file) {
  if (!has_frames(file)) return std::nullopt;  // cannot hold one
  const Tag tag = read_tag(file);
  const Frames frames = read_frames(tag.body, tag.version, tag.first_frame);
  if (frames.malformed && tag.body.find(kMime, frames.end) != std::string::npos) {
    throw Error(ErrorCode::kFormat, "ID3: a damaged tag that speaks of C2PA");
  }
  std::optional<Placed> placed;
  for (const Frame& frame : frames.list) {
    const std::string_view whole =
        std::string_view(tag.body).substr(frame.start, kHeaderBytes + frame.size);
    const std::size_t offset = store_offset(whole);
    if (offset == 0) continue;
    if (placed) throw Error(ErrorCode::kFormat, "ID3: two C2PA frames, expected one");
    if ((tag.flags & kUnsynchronised) != 0 || whole[8] != '\0' || whole[9] != '\0') {
      throw Error(ErrorCode::kFormat,
                  "ID3: a C2PA frame that is compressed, encrypted or "
                  "unsynchronised");
    }
    const std::size_t start = kHeaderBytes + frame.start;
    placed = Placed{start + offset, whole.size() - offset, start, whole.size()};
  }
  return placed;
}

Slot open_id3(std::string_view file) {
  // A tag that cannot hold the frame (2.2, or one to come) stays as it is, behind a new one.
  const std::size_t old_size = has_frames(file) ? id3_tag_size(file) : 0;
  Tag tag;
  if (old_size > 0) tag = read_tag(file);
  const Frames frames = read_frames(tag.body, tag.version, tag.first_frame);
  if (frames.malformed) {
    throw Error(ErrorCode::kFormat,
                "ID3: a damaged tag, whose frames would be lost; write it anew with a tag editor");
  }
  std::string kept;
  for (const Frame& frame : frames.list) {
    std::string whole = tag.body.substr(frame.start, kHeaderBytes + frame.size);
    if (store_offset(whole) != 0) continue;
    // The tag's flag goes, for the new frame is plain: each old frame says so itself.
    if (tag.version == 4 && (tag.flags & kUnsynchronised) != 0) {
      whole[9] = static_cast<char>(byte_at(whole, 9) | kFrameUnsynchronised);
    }
    kept += whole;
  }
  std::string fields(1, '\0');  // ISO 8859-1
  fields.append(kMime).push_back('\0');
  fields.append("c2pa").push_back('\0');
  fields.append("c2pa manifest store").push_back('\0');
  Slot slot;
  slot.head.append("ID3").push_back(static_cast<char>(tag.version));
  slot.head.append(6, '\0').append(kept);
  slot.header = "GEOB" + std::string(6, '\0') + fields;
  slot.after = file.substr(old_size);
  slot.set_store_size = [version = tag.version](Slot& opened, std::size_t store_size) {
    const std::size_t size = opened.size_before() - kHeaderBytes + store_size;
    if (size > kMaxTagBytes) throw Error(ErrorCode::kUnsupported, "ID3: a tag over 256 MiB");
    const std::size_t content = opened.header.size() - kHeaderBytes + store_size;
    opened.head.replace(6, 4, syncsafe_bytes(size));
    opened.header.replace(4, 4, version == 4 ? syncsafe_bytes(content) : be_bytes(content, 4));
  };
  return slot;
}

}  // namespace brandiron::watermark::c2pa
