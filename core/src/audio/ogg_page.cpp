#include "audio/ogg_page.h"

#include <array>

namespace brandiron::ogg {

std::optional<Page> page_at(std::string_view bytes, std::size_t start) {
  if (start > bytes.size() || bytes.size() - start < kHeaderBytes) return std::nullopt;
  if (bytes.substr(start, 4) != "OggS") return std::nullopt;
  const auto segments = static_cast<unsigned char>(bytes[start + kSegmentsAt]);
  if (bytes.size() - start < kHeaderBytes + segments) return std::nullopt;
  Page page{start, kHeaderBytes + segments, kHeaderBytes + segments};
  for (unsigned i = 0; i < segments; ++i) {
    page.size += static_cast<unsigned char>(bytes[start + kHeaderBytes + i]);
  }
  if (bytes.size() - start < page.size) return std::nullopt;
  return page;
}

std::uint32_t checksum(std::string_view page) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> t{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t r = i << 24;
      for (int bit = 0; bit < 8; ++bit) r = (r & 0x80000000U) != 0 ? r << 1 ^ 0x04C11DB7U : r << 1;
      t[i] = r;
    }
    return t;
  }();
  std::uint32_t crc = 0;
  for (const char c : page) crc = crc << 8 ^ table[crc >> 24 ^ static_cast<unsigned char>(c)];
  return crc;
}

void put_little(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    bytes[at + i] = static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

void seal_page(std::string& bytes, std::size_t start, std::size_t size) {
  put_little(bytes, start + kChecksumAt, 0, 4);
  put_little(bytes, start + kChecksumAt, checksum(std::string_view(bytes).substr(start, size)), 4);
}

}  // namespace brandiron::ogg
