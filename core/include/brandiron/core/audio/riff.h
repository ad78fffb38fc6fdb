#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Chunks of RIFF files and of their 64-bit kin: RF64 (EBU Tech 3306) and BW64 (ITU-R BS.2088).
/// Any bytes may come in; nothing is read outside them.
namespace brandiron::riff {

inline constexpr std::size_t kHeaderBytes = 8;     ///< of a chunk: id and size
inline constexpr std::size_t kFileHeadBytes = 12;  ///< form, size and type
/// A list ends here, however many follow.
inline constexpr std::size_t kMaxChunks = 65536;

/// One chunk. Offsets are in bytes from the start of the file.
struct Chunk {
  std::string_view id;     ///< four bytes of the file, whatever they are
  std::size_t start = 0;   ///< of the header
  std::size_t size = 0;    ///< of the content, as far as the file holds it
  std::size_t end = 0;     ///< past the content and its pad byte; at most the RIFF's end
  bool truncated = false;  ///< it states more than the file holds; the list ends with it

  std::size_t content_start() const { return start + kHeaderBytes; }
  std::string_view content(std::string_view file) const {
    return file.substr(content_start(), size);
  }
};

/// What lies where.
struct Layout {
  std::string_view form;     ///< "RIFF", "RF64" or "BW64"; empty: none of them
  std::string_view type;     ///< "WAVE" for audio
  std::size_t end = 0;       ///< of the RIFF; what follows belongs to nobody
  std::size_t list_end = 0;  ///< of the last chunk listed
  /// The file is shorter than its head states, or its last chunk is. Streams that were written
  /// without knowing their length look like that too.
  bool truncated = false;
  bool too_many = false;  ///< more chunks than `kMaxChunks`
  std::vector<Chunk> chunks;

  bool is_wave() const { return !form.empty() && type == "WAVE"; }
  bool is_large() const { return form == "RF64" || form == "BW64"; }
  /// The first chunk of that id, or null.
  const Chunk* find(std::string_view id) const;
};

/// The chunks of a file; sizes of an RF64 or BW64 come from its ds64 chunk. The views in it point
/// into `file`. A file of another kind has an empty `form` and no chunks.
Layout read_layout(std::string_view file);

/// Header, content and pad byte. @throws Error(kUnsupported) when the content is over 4 GiB.
std::string make_chunk(std::string_view id, std::string_view content);
/// The same onto the end of a file in the making, which stays even.
void append_chunk(std::string& file, std::string_view id, std::string_view content);

/// States in `head` (the first bytes of a file, with its ds64 chunk if it is an RF64 or BW64) that
/// the RIFF ends at `end`. @throws Error(kUnsupported) when a plain RIFF cannot be that large,
/// Error(kFormat) when the ds64 chunk is not there.
void set_end(std::string& head, std::uint64_t end);
/// How many bytes of a file `set_end` needs: 12, or 36 with a ds64 chunk.
std::size_t end_bytes(std::string_view file) noexcept;

/// Little-endian numbers; bytes that are not there count as zero.
std::uint64_t read_le(std::string_view bytes, std::size_t at, std::size_t width) noexcept;
std::string le_bytes(std::uint64_t value, std::size_t width);

}  // namespace brandiron::riff
