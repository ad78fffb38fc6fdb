#include <algorithm>
#include <vector>

#include "big_endian.h"
#include "brandiron/core/error.h"
#include "container.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::string_view kChunk = "C2PA";
constexpr std::size_t kMaxChunks = 65536;
constexpr std::size_t kMaxRiffBytes = 0xFFFFFFFF;

struct Chunk {
  std::string_view id;
  std::size_t start;  // of the header
  std::size_t size;   // of the content
  std::size_t end;    // past the pad byte, at most the RIFF's end
};

// Where the RIFF ends; what follows belongs to nobody.
std::size_t riff_end(std::string_view file) {
  return std::min(file.size(), std::size_t{read_le32(file, 4)} + 8);
}

// A chunk that is cut short ends the list; one that holds a manifest must not be.
std::vector<Chunk> chunks(std::string_view file) {
  std::vector<Chunk> found;
  const std::size_t end = riff_end(file);
  std::size_t at = 12;
  while (at + 8 <= end && found.size() < kMaxChunks) {
    Chunk chunk{file.substr(at, 4), at, read_le32(file, at + 4), 0};
    if (chunk.size > end - at - 8) {
      if (chunk.id == kChunk) throw Error(ErrorCode::kFormat, "WAV: the C2PA chunk is cut short");
      break;
    }
    chunk.end = std::min(end, at + 8 + chunk.size + chunk.size % 2);
    at = chunk.end;
    found.push_back(chunk);
  }
  return found;
}

}  // namespace

std::optional<Placed> find_in_wav(std::string_view file) {
  std::optional<Placed> placed;
  for (const Chunk& chunk : chunks(file)) {
    if (chunk.id != kChunk) continue;
    if (placed) throw Error(ErrorCode::kFormat, "WAV: two C2PA chunks, expected one");
    placed = Placed{chunk.start + 8, chunk.size, chunk.start, chunk.end - chunk.start};
  }
  return placed;
}

Slot open_wav(std::string_view file) {
  Slot slot;
  slot.before.reserve(file.size() + kUsualGrowth);
  slot.before = file.substr(0, 12);
  bool has_audio = false;
  std::size_t end = 12;
  for (const Chunk& chunk : chunks(file)) {
    end = chunk.end;
    if (chunk.id == kChunk) continue;
    has_audio = has_audio || chunk.id == "data";
    slot.before.append(file.substr(chunk.start, chunk.end - chunk.start));
    if (slot.before.size() % 2 != 0) slot.before.push_back('\0');
  }
  if (!has_audio) {
    throw Error(ErrorCode::kFormat,
                "WAV: no whole data chunk; is the file finished? Write it anew");
  }
  slot.before.append(kChunk).append(4, '\0');
  slot.excluded_header = 8;
  slot.after = file.substr(end);  // what is no chunk stays, outside the RIFF
  slot.set_store_size = [](std::string& before, std::size_t store_size) {
    const std::size_t size = before.size() - 8 + store_size;
    if (size > kMaxRiffBytes) {
      throw Error(ErrorCode::kUnsupported, "WAV: over 4 GiB with a manifest");
    }
    before.replace(4, 4, le32_bytes(static_cast<std::uint32_t>(size)));
    before.replace(before.size() - 4, 4, le32_bytes(static_cast<std::uint32_t>(store_size)));
  };
  return slot;
}

}  // namespace brandiron::watermark::c2pa
