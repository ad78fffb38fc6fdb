#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace brandiron::experiments {

using Palette = std::array<std::array<std::uint8_t, 3>, 256>;

/// An indexed picture, shape (height, width), row 0 on top.
struct Picture {
  std::size_t width = 0, height = 0;
  std::vector<std::uint8_t> pixels;
};

/// PNG bytes (8-bit palette, one IDAT chunk). @throws Error(kInvalidArgument) for an empty picture.
std::string encode_png(const Picture& picture, const Palette& palette);

/// Dark blue through rust to cream: lightness rises evenly, so it also reads in grey.
Palette ember_palette();

}  // namespace brandiron::experiments
