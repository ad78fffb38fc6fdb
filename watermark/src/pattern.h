#pragma once

#include <cstdint>
#include <vector>

#include "brandiron/watermark/key.h"
#include "grid.h"

namespace brandiron::watermark {

/// One key's pattern over a cycle, (kCycleCells, kNumBands) row-major: a sign for each cell and
/// what the cell carries. Signs are bits of HMAC-SHA-256(key, counter): independent and uniform for
/// a random key, which is all that the false-positive bound needs. Places are a keyed shuffle, new
/// in each super-frame.
struct Pattern {
  explicit Pattern(const Key& key);

  static constexpr std::int16_t kPilot = -1;
  std::vector<std::int8_t> sign;   ///< +1 or -1
  std::vector<std::int16_t> code;  ///< kPilot, or the index of the code bit
};

/// Column of the cycle at which marked files start. The same for all payloads, so that the pilots
/// of copies with different payloads survive their average; the verifier does not assume it.
std::size_t start_column(const Key& key);

}  // namespace brandiron::watermark
