#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace brandiron::watermark::c2pa {

/// The unsigned number of `size` bytes at `at`, most significant first. The bytes must be there.
inline std::uint64_t read_be(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) {
    value = (value << 8U) | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

/// `value` in `size` bytes, most significant first.
inline std::string be_bytes(std::uint64_t value, std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = size; i-- > 0; value >>= 8U) out[i] = static_cast<char>(value & 0xFFU);
  return out;
}

/// The unsigned number of four bytes at `at`, least significant first. The bytes must be there.
inline std::uint32_t read_le32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) {
    value = (value << 8U) | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

inline std::string le32_bytes(std::uint32_t value) {
  std::string out(4, '\0');
  for (char& byte : out) {
    byte = static_cast<char>(value & 0xFFU);
    value >>= 8U;
  }
  return out;
}

}  // namespace brandiron::watermark::c2pa
