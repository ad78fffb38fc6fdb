#include "picture/png.h"

#include <zlib.h>

#include <algorithm>
#include <string_view>

#include "brandiron/core/error.h"

namespace brandiron::experiments {

namespace {

std::string big_endian(std::uint32_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xFFU));
  }
  return out;
}

std::string chunk(std::string_view type, std::string_view data) {
  std::string body(type);
  body += data;
  const auto crc =
      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return big_endian(static_cast<std::uint32_t>(data.size())) + body +
         big_endian(static_cast<std::uint32_t>(crc));
}

std::string deflate_bytes(const std::string& raw) {
  uLongf size = compressBound(static_cast<uLong>(raw.size()));
  std::string packed(size, '\0');
  const int status =
      compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                reinterpret_cast<const Bytef*>(raw.data()), static_cast<uLong>(raw.size()), 9);
  if (status != Z_OK) {
    throw Error(ErrorCode::kInternal, "png: zlib could not compress the picture");
  }
  packed.resize(size);
  return packed;
}

}  // namespace

std::string encode_png(const Picture& picture, const Palette& palette) {
  if (picture.width == 0 || picture.height == 0 ||
      picture.pixels.size() != picture.width * picture.height) {
    throw Error(ErrorCode::kInvalidArgument, "png: the picture has no pixels or the wrong number");
  }
  std::string rows;
  rows.reserve((picture.width + 1) * picture.height);
  for (std::size_t y = 0; y < picture.height; ++y) {
    rows.push_back('\0');  // filter 0: palette indices do not gain from the others
    const auto* row = reinterpret_cast<const char*>(picture.pixels.data() + y * picture.width);
    rows.append(row, picture.width);
  }
  std::string colours;
  for (const auto& colour : palette) {
    for (const auto component : colour) {
      colours.push_back(static_cast<char>(component));
    }
  }
  std::string header = big_endian(static_cast<std::uint32_t>(picture.width)) +
                       big_endian(static_cast<std::uint32_t>(picture.height));
  header += std::string("\x08\x03\x00\x00\x00", 5);  // 8 bits, palette, deflate, no interlace
  return std::string("\x89PNG\r\n\x1a\n") + chunk("IHDR", header) + chunk("PLTE", colours) +
         chunk("IDAT", deflate_bytes(rows)) + chunk("IEND", "");
}

Palette ember_palette() {
  struct Stop {
    double at, red, green, blue;
  };
  constexpr Stop kStops[] = {{0.00, 11, 13, 23},   {0.22, 31, 32, 74},   {0.42, 108, 36, 84},
                             {0.60, 186, 63, 51},  {0.78, 239, 139, 44}, {0.92, 253, 213, 122},
                             {1.00, 255, 250, 232}};
  Palette palette{};
  for (std::size_t i = 0; i < palette.size(); ++i) {
    const double x = static_cast<double>(i) / 255.0;
    std::size_t s = 0;
    while (s + 2 < std::size(kStops) && x > kStops[s + 1].at) {
      ++s;
    }
    const Stop& a = kStops[s];
    const Stop& b = kStops[s + 1];
    const double t = std::clamp((x - a.at) / (b.at - a.at), 0.0, 1.0);
    palette[i] = {static_cast<std::uint8_t>(a.red + t * (b.red - a.red) + 0.5),
                  static_cast<std::uint8_t>(a.green + t * (b.green - a.green) + 0.5),
                  static_cast<std::uint8_t>(a.blue + t * (b.blue - a.blue) + 0.5)};
  }
  return palette;
}

}  // namespace brandiron::experiments
