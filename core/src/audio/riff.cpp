#include "brandiron/core/audio/riff.h"

#include <algorithm>
#include <limits>

#include "brandiron/core/error.h"

namespace brandiron::riff {
namespace {

constexpr std::uint64_t kUnknown32 = 0xFFFFFFFF;  // "see ds64", or "not known yet"
constexpr std::size_t kDs64TableAt = 28;          // in its content
constexpr std::size_t kTableEntryBytes = 12;
constexpr std::size_t kRiffSizeAt = kFileHeadBytes + kHeaderBytes;  // in a file that has ds64

bool is_large_form(std::string_view form) { return form == "RF64" || form == "BW64"; }

// The 64-bit sizes; absent in a plain RIFF.
struct LargeSizes {
  std::string_view content;

  // The ds64 chunk is the first by both standards.
  static LargeSizes of(std::string_view file) {
    if (!is_large_form(file.substr(0, 4)) || file.substr(kFileHeadBytes, 4) != "ds64") return {};
    const std::size_t size = read_le(file, kFileHeadBytes + 4, 4);
    return {file.substr(std::min(file.size(), kRiffSizeAt), size)};
  }

  std::uint64_t riff() const { return content.size() >= 8 ? read_le(content, 0, 8) : kUnknown32; }

  std::uint64_t chunk(std::string_view id) const {
    if (id == "data" && content.size() >= 16) return read_le(content, 8, 8);
    const std::size_t entries =
        std::min<std::size_t>(read_le(content, kDs64TableAt - 4, 4), kMaxChunks);
    for (std::size_t i = 0; i < entries; ++i) {
      const std::size_t at = kDs64TableAt + i * kTableEntryBytes;
      if (at + kTableEntryBytes > content.size()) break;
      if (content.substr(at, 4) == id) return read_le(content, at + 4, 8);
    }
    return kUnknown32;
  }
};

// Unfinished files state 0 or the largest number there is.
void find_end(Layout& layout, std::string_view file, const LargeSizes& large) {
  std::uint64_t stated = read_le(file, 4, 4);
  if (stated == kUnknown32) stated = large.riff();
  const std::uint64_t held = file.size() - kHeaderBytes;
  layout.truncated = stated == 0 || stated > held;
  layout.end = kHeaderBytes + static_cast<std::size_t>(layout.truncated ? held : stated);
}

}  // namespace

std::uint64_t read_le(std::string_view bytes, std::size_t at, std::size_t width) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) {
    const bool there = at <= bytes.size() && i < bytes.size() - at;
    value = (value << 8U) | (there ? static_cast<unsigned char>(bytes[at + i]) : 0U);
  }
  return value;
}

std::string le_bytes(std::uint64_t value, std::size_t width) {
  std::string bytes(width, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(value & 0xFFU);
    value >>= 8U;
  }
  return bytes;
}

const Chunk* Layout::find(std::string_view id) const {
  const auto at =
      std::find_if(chunks.begin(), chunks.end(), [id](const Chunk& c) { return c.id == id; });
  return at == chunks.end() ? nullptr : &*at;
}

Layout read_layout(std::string_view file) {
  Layout layout;
  if (file.size() < kFileHeadBytes) return layout;
  const std::string_view form = file.substr(0, 4);
  if (form != "RIFF" && !is_large_form(form)) return layout;
  layout.form = form;
  layout.type = file.substr(8, 4);
  const LargeSizes large = LargeSizes::of(file);
  find_end(layout, file, large);
  std::size_t at = kFileHeadBytes;
  while (at + kHeaderBytes <= layout.end && !layout.too_many) {
    if (layout.chunks.size() == kMaxChunks) {
      layout.too_many = true;
      break;
    }
    Chunk chunk{file.substr(at, 4), at, 0, 0, false};
    std::uint64_t stated = read_le(file, at + 4, 4);
    if (stated == kUnknown32) stated = large.chunk(chunk.id);
    const std::size_t held = layout.end - chunk.content_start();
    chunk.truncated = stated > held;
    chunk.size = chunk.truncated ? held : static_cast<std::size_t>(stated);
    chunk.end = std::min(layout.end, chunk.content_start() + chunk.size + chunk.size % 2);
    at = chunk.end;
    layout.truncated = layout.truncated || chunk.truncated;
    layout.chunks.push_back(chunk);
  }
  layout.list_end = std::min(at, layout.end);
  return layout;
}

void append_chunk(std::string& file, std::string_view id, std::string_view content) {
  if (content.size() >= kUnknown32) {
    throw Error(ErrorCode::kUnsupported, "RIFF: chunk \"" + std::string(id) + "\" is over 4 GiB");
  }
  if (file.size() % 2 != 0) file.push_back('\0');
  file.append(id).append(le_bytes(content.size(), 4)).append(content);
  if (content.size() % 2 != 0) file.push_back('\0');
}

std::string make_chunk(std::string_view id, std::string_view content) {
  std::string out;
  out.reserve(kHeaderBytes + content.size() + 1);
  append_chunk(out, id, content);
  return out;
}

std::size_t end_bytes(std::string_view file) noexcept {
  return is_large_form(file.substr(0, 4)) ? kRiffSizeAt + 16 : kFileHeadBytes;
}

void set_end(std::string& head, std::uint64_t end) {
  const std::uint64_t size = end - kHeaderBytes;
  if (!is_large_form(std::string_view(head).substr(0, 4))) {
    if (size >= kUnknown32) {
      throw Error(ErrorCode::kUnsupported, "RIFF: it would be over 4 GiB; write it as RF64 first");
    }
    head.replace(4, 4, le_bytes(size, 4));
    return;
  }
  if (head.size() < end_bytes(head) || head.compare(kFileHeadBytes, 4, "ds64") != 0) {
    throw Error(ErrorCode::kFormat, "RF64: no ds64 chunk at its start; write the file anew");
  }
  head.replace(4, 4, le_bytes(kUnknown32, 4));
  head.replace(kRiffSizeAt, 8, le_bytes(size, 8));
}

}  // namespace brandiron::riff
