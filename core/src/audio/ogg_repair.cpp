#include "audio/ogg_repair.h"

#include <array>
#include <cstdint>

#include "audio/ogg_page.h"

namespace brandiron {
namespace {

using ogg::kHeaderBytes, ogg::kPositionAt, ogg::page_at, ogg::Page, ogg::put_little;

constexpr int kHeaderPages = 2;  // OpusHead, OpusTags (a longer tags page run is left alone)

std::uint64_t little(std::string_view bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
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
      ogg::seal_page(repaired, page->start, page->size);
    }
    start = page->start + page->size;
  }
  return repaired;
}

}  // namespace brandiron
