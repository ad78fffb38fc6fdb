#include "gains.h"

#include "brandiron/core/det_math.h"
#include "depth.h"

namespace brandiron::watermark {

Table cell_gains(const Table& cells_db, const Pattern& pattern, const CodeWord& word,
                 std::size_t first_column, const EmbedOptions& options) {
  Table gains = mark_depth_db(cells_db);
  for (std::size_t t = 0; t < gains.rows; ++t) {
    const std::size_t at = (t + first_column) % kCycleCells * kNumBands;
    float* row = gains.row(t);
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const std::int16_t code = pattern.code[at + b];
      int sign = pattern.sign[at + b];
      if (code != Pattern::kPilot) sign *= word[static_cast<std::size_t>(code)];
      row[b] = static_cast<float>(det::db_to_gain(options.strength * static_cast<double>(row[b]) *
                                                  static_cast<double>(sign)));
    }
  }
  return gains;
}

}  // namespace brandiron::watermark
