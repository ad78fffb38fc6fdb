#include "gains.h"

#include "brandiron/core/det_math.h"
#include "depth.h"

namespace brandiron::watermark {

Table cell_changes_db(const Table& cells_db, const Pattern& pattern, const CodeWord& word,
                      std::size_t first_column, double strength) {
  Table changes = mark_depth_db(cells_db);
  for (std::size_t t = 0; t < changes.rows; ++t) {
    const std::size_t at = (t + first_column) % kCycleCells * kNumBands;
    float* row = changes.row(t);
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const std::int16_t code = pattern.code[at + b];
      int sign = pattern.sign[at + b];
      if (code != Pattern::kPilot) sign *= word[static_cast<std::size_t>(code)];
      row[b] = static_cast<float>(strength * static_cast<double>(row[b]) * sign);
    }
  }
  return changes;
}

Table gains_of(const Table& changes_db) {
  Table gains(changes_db.rows);
  for (std::size_t i = 0; i < gains.data.size(); ++i) {
    gains.data[i] = static_cast<float>(det::db_to_gain(static_cast<double>(changes_db.data[i])));
  }
  return gains;
}

}  // namespace brandiron::watermark
