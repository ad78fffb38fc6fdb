#include "utf8.h"

#include <cstddef>

namespace brandiron::watermark::c2pa {

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto first = static_cast<unsigned char>(text[i++]);
    if (first < 0x80) continue;
    if (first < 0xC2 || first > 0xF4) return false;
    const std::size_t more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    if (text.size() - i < more) return false;
    // Overlong forms, surrogates and what lies past U+10FFFF all show in the second byte.
    const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    const auto second = static_cast<unsigned char>(text[i]);
    if (second < low || second > high) return false;
    for (std::size_t k = 1; k < more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0U) != 0x80U) return false;
    }
    i += more;
  }
  return true;
}

}  // namespace brandiron::watermark::c2pa
