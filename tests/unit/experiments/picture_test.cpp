#include <gtest/gtest.h>
#include <zlib.h>

#include <cmath>
#include <cstdint>
#include <string>

#include "brandiron/core/error.h"
#include "experiments/src/picture/png.h"

namespace {

using namespace brandiron;
using namespace brandiron::experiments;

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8U | static_cast<std::uint8_t>(bytes[at + i]);
  }
  return value;
}

TEST(Png, EveryChunkHasARightLengthAndChecksum) {
  Picture picture{3, 2, {0, 1, 2, 3, 4, 255}};
  const std::string png = encode_png(picture, ember_palette());
  ASSERT_EQ(png.substr(0, 8), std::string("\x89PNG\r\n\x1a\n"));
  std::string types;
  std::string data;
  std::size_t at = 8;
  while (at < png.size()) {
    const std::uint32_t size = big_endian(png, at);
    const std::string body = png.substr(at + 4, 4 + size);
    types += body.substr(0, 4) + " ";
    if (body.starts_with("IDAT")) {
      data = body.substr(4);
    }
    const auto crc =
        crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
    EXPECT_EQ(big_endian(png, at + 8 + size), crc);
    at += 12 + size;
  }
  EXPECT_EQ(types, "IHDR PLTE IDAT IEND ");
  std::string rows(8, '\0');
  uLongf size = rows.size();
  ASSERT_EQ(
      uncompress(reinterpret_cast<Bytef*>(rows.data()), &size,
                 reinterpret_cast<const Bytef*>(data.data()), static_cast<uLong>(data.size())),
      Z_OK);
  EXPECT_EQ(rows, std::string("\0\0\1\2\0\3\4\xff", 8));
}

TEST(Png, AnEmptyPictureIsRefused) { EXPECT_THROW(encode_png(Picture{}, ember_palette()), Error); }

TEST(Palette, LightnessRisesFromEndToEnd) {
  double last = -1;
  for (const auto& colour : ember_palette()) {
    const double lightness = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2];
    EXPECT_GE(lightness, last - 0.5);
    last = lightness;
  }
}

}  // namespace
