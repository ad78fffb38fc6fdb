#pragma once

#include <string_view>

namespace brandiron::watermark::c2pa {

/// Whether the bytes are well-formed UTF-8 (Unicode 15, table 3-7).
bool is_utf8(std::string_view text);

}  // namespace brandiron::watermark::c2pa
