#include <algorithm>

#include "brandiron/core/audio/riff.h"
#include "brandiron/core/error.h"
#include "container.h"

namespace brandiron::watermark::c2pa {
namespace {

constexpr std::string_view kChunk = "C2PA";
constexpr std::string_view kPadByte("\0", 1);

}  // namespace

std::optional<Placed> find_in_wav(std::string_view file) {
  std::optional<Placed> placed;
  for (const riff::Chunk& chunk : riff::read_layout(file).chunks) {
    if (chunk.id != kChunk) continue;
    if (chunk.truncated) throw Error(ErrorCode::kFormat, "WAV: the C2PA chunk is cut short");
    if (placed) throw Error(ErrorCode::kFormat, "WAV: two C2PA chunks, expected one");
    placed = Placed{chunk.content_start(), chunk.size, chunk.start, chunk.end - chunk.start};
  }
  return placed;
}

Slot open_wav(std::string_view file) {
  const riff::Layout layout = riff::read_layout(file);
  if (layout.too_many) throw Error(ErrorCode::kUnsupported, "WAV: more than 65536 chunks");
  Slot slot;
  slot.head = file.substr(0, std::min(file.size(), riff::end_bytes(file)));
  bool has_audio = false;
  std::size_t end = slot.head.size();
  const auto keep = [&](std::size_t from, std::size_t to) {
    if (from >= to) return;
    if (!slot.kept.empty() &&
        slot.kept.back().data() + slot.kept.back().size() == file.data() + from) {
      slot.kept.back() = {slot.kept.back().data(), slot.kept.back().size() + to - from};
    } else {
      slot.kept.push_back(file.substr(from, to - from));
    }
  };
  for (const riff::Chunk& chunk : layout.chunks) {
    // A chunk that is cut short is none; its bytes stay outside the RIFF.
    if (chunk.truncated) break;
    end = std::max(end, chunk.end);
    if (chunk.id == kChunk) continue;
    has_audio = has_audio || chunk.id == "data";
    keep(std::max(chunk.start, slot.head.size()), chunk.end);
    if (slot.size_before() % 2 != 0) slot.kept.push_back(kPadByte);
  }
  if (!has_audio) {
    throw Error(ErrorCode::kFormat,
                "WAV: no whole data chunk; is the file finished? Write it anew");
  }
  slot.header.append(kChunk).append(4, '\0');
  slot.excluded_header = riff::kHeaderBytes;
  slot.after = file.substr(end);
  slot.set_store_size = [](Slot& opened, std::size_t store_size) {
    riff::set_end(opened.head, opened.size_before() + store_size);
    opened.header.replace(4, 4, riff::le_bytes(store_size, 4));
  };
  return slot;
}

}  // namespace brandiron::watermark::c2pa
