#include <algorithm>
#include <vector>

#include "audio/ogg_page.h"
#include "audio/tags_internal.h"
#include "brandiron/core/error.h"

// Ogg Vorbis (Vorbis I, section 4.2) and Ogg Opus (RFC 7845, section 5): the comment is the second
// packet; the header packets end with a page.

namespace brandiron::tags_internal {
namespace {

constexpr std::string_view kVorbisComment = "\x03vorbis";
constexpr std::string_view kOpusTags = "OpusTags";
constexpr std::size_t kMaxLacing = 255;
constexpr unsigned kContinued = 1;

[[noreturn]] void broken(const char* what) {
  throw Error(ErrorCode::kFormat, std::string("Ogg: ") + what);
}

// The pages and packets behind the first page, up to where the headers end.
struct Headers {
  bool opus = false;
  std::uint64_t serial = 0;
  std::size_t start = 0, end = 0;  // of those pages
  std::size_t num_pages = 0;
  std::vector<std::string> packets;  // the comment, and for Vorbis the setup
  bool complete = false;
};

std::string_view first_packet(std::string_view file, const ogg::Page& page) {
  return file.substr(page.start + page.body, page.size - page.body);
}

// Adds the packets of a page; `open` says whether the last one goes on.
void add_packets(std::string_view file, const ogg::Page& page, Headers& headers, bool& open) {
  std::size_t at = page.start + page.body;
  for (std::size_t i = ogg::kHeaderBytes; i < page.body; ++i) {
    const auto lacing = static_cast<unsigned char>(file[page.start + i]);
    if (!open) headers.packets.emplace_back();
    headers.packets.back().append(file.substr(at, lacing));
    at += lacing;
    open = lacing == kMaxLacing;
  }
}

// None when the file does not begin with a Vorbis or Opus stream.
std::optional<Headers> read_headers(std::string_view file) {
  const auto first = ogg::page_at(file, 0);
  if (!first) return std::nullopt;
  Headers headers;
  const std::string_view packet = first_packet(file, *first);
  headers.opus = packet.substr(0, 8) == "OpusHead";
  if (!headers.opus && packet.substr(0, 7) != "\x01vorbis") return std::nullopt;
  headers.serial = riff::read_le(file, ogg::kSerialAt, 4);
  headers.start = headers.end = first->size;
  const std::size_t wanted = headers.opus ? 1 : 2;
  bool open = false;
  while (!headers.complete) {
    const auto page = ogg::page_at(file, headers.end);
    if (!page || riff::read_le(file, page->start + ogg::kSerialAt, 4) != headers.serial) break;
    add_packets(file, *page, headers, open);
    headers.end += page->size;
    ++headers.num_pages;
    if (headers.end - headers.start > kMaxTagBytes) too_large("Ogg: headers");
    if (headers.packets.size() > wanted) break;
    headers.complete = headers.packets.size() == wanted && !open;
  }
  return headers;
}

std::string_view magic(const Headers& headers) { return headers.opus ? kOpusTags : kVorbisComment; }

bool has_comment(const Headers& headers) {
  return !headers.packets.empty() && headers.packets[0].starts_with(magic(headers));
}

std::string_view comment(const Headers& headers) {
  return std::string_view(headers.packets[0]).substr(magic(headers).size());
}

// Packets as pages, numbered from 1; positions are zero before the first audio.
std::string paged(const std::vector<std::string>& packets, std::uint64_t serial,
                  std::size_t& num_pages) {
  std::string lacing, body, out;
  bool continued = false;
  const auto flush = [&](bool open) {
    const std::size_t start = out.size();
    out.append("OggS").append(1, '\0').append(1, static_cast<char>(continued ? kContinued : 0U));
    // A page on which no packet ends has no position.
    const bool ends = std::any_of(lacing.begin(), lacing.end(), [](char c) {
      return static_cast<unsigned char>(c) < kMaxLacing;
    });
    out.append(8, ends ? '\0' : '\xFF').append(riff::le_bytes(serial, 4));
    out.append(riff::le_bytes(++num_pages, 4)).append(4, '\0');
    out.append(1, static_cast<char>(lacing.size())).append(lacing).append(body);
    ogg::seal_page(out, start, out.size() - start);
    lacing.clear();
    body.clear();
    continued = open;
  };
  for (const std::string& packet : packets) {
    for (std::size_t at = 0; at <= packet.size(); at += kMaxLacing) {
      const std::size_t size = std::min(kMaxLacing, packet.size() - at);
      lacing.push_back(static_cast<char>(size));
      body.append(packet, at, size);
      if (lacing.size() == kMaxLacing) flush(size == kMaxLacing);
    }
  }
  if (!lacing.empty()) flush(false);
  return out;
}

// The pages behind the headers take new numbers; pages of other streams keep theirs.
void renumber(std::string_view file, const Headers& headers, std::size_t num_pages, Edits& edits) {
  std::size_t at = headers.end;
  const std::uint64_t shift = num_pages - headers.num_pages;  // modulo 2^32
  for (auto page = ogg::page_at(file, at); page; page = ogg::page_at(file, at)) {
    if (riff::read_le(file, at + ogg::kSerialAt, 4) == headers.serial) {
      std::string bytes(file.substr(at, page->size));
      ogg::put_little(bytes, ogg::kSequenceAt, riff::read_le(bytes, ogg::kSequenceAt, 4) + shift,
                      4);
      ogg::seal_page(bytes, 0, bytes.size());
      bytes.resize(ogg::kHeaderBytes);
      edits.push_back({at, at + ogg::kHeaderBytes, std::move(bytes)});
    }
    at += page->size;
  }
}

}  // namespace

Tags read_ogg(std::string_view file) {
  const auto headers = read_headers(file);
  if (!headers || !has_comment(*headers)) return {};
  return parse_vorbis(comment(*headers)).fields;
}

Edits ogg_edits(std::string_view file, const Tags& changes) {
  auto headers = read_headers(file);
  if (!headers) broken("neither Vorbis nor Opus, expected one of them");
  if (!headers->complete || !has_comment(*headers)) {
    broken("its headers are cut short or mixed with another stream; write the file anew");
  }
  std::string packet(magic(*headers));
  packet += vorbis_with(comment(*headers), changes);
  if (!headers->opus) packet.push_back('\1');  // framing bit
  headers->packets[0] = std::move(packet);
  std::size_t num_pages = 0;
  Edits edits = {
      {headers->start, headers->end, paged(headers->packets, headers->serial, num_pages)}};
  if (num_pages != headers->num_pages) renumber(file, *headers, num_pages, edits);
  return edits;
}

}  // namespace brandiron::tags_internal
