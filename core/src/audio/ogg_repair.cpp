#include "audio/ogg_repair.h"

#include <array>
#include <cstdint>
#include <optional>

namespace brandiron {
namespace {

constexpr std::size_t kHeaderBytes = 27, kPositionAt = 6, kChecksumAt = 22;
constexpr int kHeaderPages = 2;  // OpusHead, OpusTags (a longer tags page run is left alone)

std::uint64_t little(std::string_view bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

void put_little(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    bytes[at + i] = static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

struct Page {
  std::size_t start = 0, body = 0, size = 0;  ///< body and size count from `start`
};

std::optional<Page> page_at(std::string_view bytes, std::size_t start) {
  if (start > bytes.size() || bytes.size() - start < kHeaderBytes) return std::nullopt;
  if (bytes.substr(start, 4) != "OggS") return std::nullopt;
  const auto segments = static_cast<unsigned char>(bytes[start + 26]);
  if (bytes.size() - start < kHeaderBytes + segments) return std::nullopt;
  Page page{start, kHeaderBytes + segments, kHeaderBytes + segments};
  for (unsigned i = 0; i < segments; ++i) {
    page.size += static_cast<unsigned char>(bytes[start + kHeaderBytes + i]);
  }
  if (bytes.size() - start < page.size) return std::nullopt;
  return page;
}

// Samples at 48 kHz of one packet, from its table-of-contents byte (RFC 6716, section 3.1).
std::uint64_t packet_samples(std::string_view packet) {
  if (packet.empty()) return 0;
  const auto toc = static_cast<unsigned char>(packet[0]);
  const unsigned config = toc >> 3;
  std::uint64_t frame = 0;
  if (config < 12) {
    constexpr std::array<std::uint64_t, 4> kSilk = {480, 960, 1920, 2880};
    frame = kSilk[config & 3];
  } else if (config < 16) {
    frame = (config & 1) != 0 ? 960 : 480;
  } else {
    frame = std::uint64_t{120} << (config & 3);
  }
  switch (toc & 3) {
    case 0:
      return frame;
    case 1:
    case 2:
      return 2 * frame;
    default:
      return packet.size() < 2 ? 0 : frame * (static_cast<unsigned char>(packet[1]) & 63U);
  }
}

// Samples of the packets that end on this page (the first data page begins with a whole packet).
std::uint64_t page_samples(std::string_view bytes, const Page& page) {
  std::uint64_t samples = 0;
  std::size_t packet = page.start + page.body, at = packet;
  for (std::size_t i = page.start + kHeaderBytes; i < page.start + page.body; ++i) {
    const auto lacing = static_cast<unsigned char>(bytes[i]);
    at += lacing;
    if (lacing == 255) continue;
    samples += packet_samples(bytes.substr(packet, at - packet));
    packet = at;
  }
  return samples;
}

// The Ogg checksum: polynomial 0x04C11DB7, not reflected, no inversion, its own field zero.
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

}  // namespace

std::string repair_cut_opus(std::string_view bytes) {
  std::string repaired;
  std::uint64_t missing = 0;
  int number = 0;
  std::size_t start = 0;
  for (auto page = page_at(bytes, 0); page; page = page_at(bytes, start), ++number) {
    if (number == 0 && bytes.substr(page->body, 8) != "OpusHead") return "";
    if (number == kHeaderPages) {
      const std::uint64_t position = little(bytes.substr(page->start + kPositionAt), 8);
      const std::uint64_t samples = page_samples(bytes, *page);
      if (position >= samples) return "";
      missing = samples - position;
      repaired = bytes;
    }
    if (number >= kHeaderPages) {
      const std::uint64_t position = little(bytes.substr(page->start + kPositionAt), 8);
      if (position != UINT64_MAX) {  // a page on which no packet ends has no position
        put_little(repaired, page->start + kPositionAt, position + missing, 8);
      }
      put_little(repaired, page->start + kChecksumAt, 0, 4);
      put_little(repaired, page->start + kChecksumAt,
                 checksum(std::string_view(repaired).substr(page->start, page->size)), 4);
    }
    start = page->start + page->size;
  }
  return repaired;
}

}  // namespace brandiron
