#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Pages of Ogg streams (RFC 3533, section 6).
namespace brandiron::ogg {

inline constexpr std::size_t kHeaderBytes = 27, kFlagsAt = 5, kPositionAt = 6, kSerialAt = 14,
                             kSequenceAt = 18, kChecksumAt = 22, kSegmentsAt = 26;

struct Page {
  std::size_t start = 0, body = 0, size = 0;  ///< body and size count from `start`
};

/// The page that begins there, if a whole one does.
std::optional<Page> page_at(std::string_view bytes, std::size_t start);

/// The checksum of a page whose own field is zero: polynomial 0x04C11DB7, not reflected, no
/// inversion.
std::uint32_t checksum(std::string_view page);

void put_little(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t count);
/// Computes the checksum of the page at `start` and writes it there.
void seal_page(std::string& bytes, std::size_t start, std::size_t size);

}  // namespace brandiron::ogg
