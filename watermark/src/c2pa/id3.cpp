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

// The frames of a tag's body from `at` on; padding ends them.
std::vector<Frame> frames(std::string_view body, unsigned version, std::size_t at) {
  std::vector<Frame> found;
  const auto in_id = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  while (at + kHeaderBytes <= body.size()) {
    const std::string_view id = body.substr(at, 4);
    if (!std::all_of(id.begin(), id.end(), in_id)) break;
    const std::size_t size =
        version == 4 ? syncsafe(body, at + 4) : static_cast<std::size_t>(read_be(body, at + 4, 4));
    if (size > body.size() - at - kHeaderBytes) {
      throw Error(ErrorCode::kFormat, "ID3: a frame longer than its tag");
    }
    found.push_back({at, size});
    at += kHeaderBytes + size;
  }
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
  if (tag.version != 3 && tag.version != 4) {
    throw Error(ErrorCode::kUnsupported, "ID3: a tag of version 2." + std::to_string(tag.version) +
                                             ", expected 2.3 or 2.4; write it anew with a tag "
                                             "editor");
  }
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

}  // namespace

std::size_t id3_tag_size(std::string_view file) noexcept {
  if (file.size() < kHeaderBytes || file.substr(0, 3) != "ID3") return 0;
  const std::size_t footer = (byte_at(file, 5) & kFooter) != 0 ? kHeaderBytes : 0;
  const std::size_t size = kHeaderBytes + syncsafe(file, 6) + footer;
  return size <= file.size() ? size : 0;
}

std::optional<Placed> find_in_id3(std::string_view file) {
  if (id3_tag_size(file) == 0) return std::nullopt;
  const unsigned version = byte_at(file, 3);
  if (version != 3 && version != 4) return std::nullopt;  // cannot hold one
  const Tag tag = read_tag(file);
  std::optional<Placed> placed;
  for (const Frame& frame : frames(tag.body, tag.version, tag.first_frame)) {
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
  const std::size_t old_size = id3_tag_size(file);
  Tag tag;
  if (old_size > 0) tag = read_tag(file);
  std::string kept;
  for (const Frame& frame : frames(tag.body, tag.version, tag.first_frame)) {
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
  slot.before.reserve(file.size() + kUsualGrowth);
  slot.before.append("ID3").push_back(static_cast<char>(tag.version));
  slot.before.append(6, '\0').append(kept);
  const std::size_t frame = slot.before.size();
  slot.before += "GEOB" + std::string(6, '\0') + fields;
  slot.after = file.substr(old_size);
  slot.set_store_size = [frame, version = tag.version](std::string& before,
                                                       std::size_t store_size) {
    const std::size_t size = before.size() - kHeaderBytes + store_size;
    if (size > kMaxTagBytes) throw Error(ErrorCode::kUnsupported, "ID3: a tag over 256 MiB");
    const std::size_t content = before.size() - frame - kHeaderBytes + store_size;
    before.replace(6, 4, syncsafe_bytes(size));
    before.replace(frame + 4, 4, version == 4 ? syncsafe_bytes(content) : be_bytes(content, 4));
  };
  return slot;
}

}  // namespace brandiron::watermark::c2pa
