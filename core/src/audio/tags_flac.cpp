#include <vector>

#include "audio/tags_internal.h"
#include "brandiron/core/error.h"

// FLAC metadata blocks (RFC 9639, section 8), with or without an ID3v2 tag before them.

namespace brandiron::tags_internal {
namespace {

constexpr std::size_t kBlockHeaderBytes = 4;
constexpr std::size_t kMaxBlockBytes = (std::size_t{1} << 24U) - 1;
constexpr std::size_t kMaxBlocks = 4096;
constexpr unsigned kVorbisComment = 4, kLast = 0x80;

struct Block {
  unsigned type = 0;
  std::size_t start = 0, size = 0;  // of the header, of the content
  bool last = false;
};

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// A block that is cut short ends the list without being in it.
std::vector<Block> blocks(std::string_view file) {
  std::vector<Block> found;
  std::size_t at = id3_size(file) + 4;
  while (at + kBlockHeaderBytes <= file.size() && found.size() < kMaxBlocks) {
    const unsigned head = byte_at(file, at);
    const std::size_t size = (std::size_t{byte_at(file, at + 1)} << 16U) |
                             (std::size_t{byte_at(file, at + 2)} << 8U) | byte_at(file, at + 3);
    if (size > file.size() - at - kBlockHeaderBytes) break;
    found.push_back({head & ~kLast, at, size, (head & kLast) != 0});
    at += kBlockHeaderBytes + size;
    if (found.back().last) break;
  }
  return found;
}

std::string_view content(std::string_view file, const Block& block) {
  return file.substr(block.start + kBlockHeaderBytes, block.size);
}

std::string make_block(const std::string& content, bool last) {
  if (content.size() > kMaxBlockBytes) too_large("FLAC: Vorbis comment");
  std::string out(1, static_cast<char>(kVorbisComment | (last ? kLast : 0U)));
  for (const unsigned shift : {16U, 8U, 0U}) {
    out.push_back(static_cast<char>((content.size() >> shift) & 0xFFU));
  }
  return out + content;
}

}  // namespace

bool is_flac(std::string_view file) noexcept { return file.substr(id3_size(file), 4) == "fLaC"; }

Tags read_flac(std::string_view file) {
  Tags tags;
  for (const Block& block : blocks(file)) {
    if (block.type != kVorbisComment) continue;
    for (auto& field : parse_vorbis(content(file, block)).fields) tags.push_back(std::move(field));
  }
  return tags;
}

Edits flac_edits(std::string_view file, const Tags& changes) {
  const std::vector<Block> list = blocks(file);
  if (list.empty() || list.front().type != 0 || !list.back().last) {
    throw Error(ErrorCode::kFormat, "FLAC: its metadata blocks are cut short");
  }
  for (const Block& block : list) {
    if (block.type != kVorbisComment) continue;
    return {{block.start, block.start + kBlockHeaderBytes + block.size,
             make_block(vorbis_with(content(file, block), changes), block.last)}};
  }
  // STREAMINFO must stay the first block.
  const Block& first = list.front();
  const std::size_t behind = first.start + kBlockHeaderBytes + first.size;
  std::string head(1, '\0');
  return {{first.start, first.start + 1, head},
          {behind, behind, make_block(vorbis_with({}, changes), first.last)}};
}

}  // namespace brandiron::tags_internal
