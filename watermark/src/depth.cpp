#include "depth.h"

#include <algorithm>
#include <array>

#include "brandiron/core/det_math.h"

namespace brandiron::watermark {
namespace {

constexpr double kBaseDb = 0.5;
constexpr double kMinDb = 0.15;
constexpr double kMaxDb = 1.4;
constexpr double kSlope = 0.5;  // dB of the depth's own level for each dB under the mean
constexpr std::size_t kReferenceCells = 72;  // +-3 s

// (1 2 1)/4 along time, then along bands.
Table smooth(const Table& cells) {
  Table out(cells.rows);
  for (std::size_t t = 0; t < cells.rows; ++t) {
    const float* here = cells.row(t);
    const float* before = cells.row(t > 0 ? t - 1 : 0);
    const float* after = cells.row(std::min(t + 1, cells.rows - 1));
    std::array<float, kNumBands> row{};
    for (std::size_t b = 0; b < kNumBands; ++b) {
      row[b] = 0.25F * before[b] + 0.5F * here[b] + 0.25F * after[b];
    }
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const float low = row[b > 0 ? b - 1 : 0], high = row[std::min(b + 1, kNumBands - 1)];
      out.row(t)[b] = 0.25F * low + 0.5F * row[b] + 0.25F * high;
    }
  }
  return out;
}

// Mean cell energy within kReferenceCells of each column, dB.
std::vector<double> reference_db(const Table& cells) {
  std::vector<double> prefix(cells.rows + 1, 0.0);
  for (std::size_t t = 0; t < cells.rows; ++t) {
    double sum = 0;
    for (std::size_t b = 0; b < kNumBands; ++b) {
      sum += det::exp2(static_cast<double>(cells.row(t)[b]) * 0.33219280948873623);
    }
    prefix[t + 1] = prefix[t] + sum / kNumBands;
  }
  std::vector<double> reference(cells.rows);
  for (std::size_t t = 0; t < cells.rows; ++t) {
    const std::size_t from = t > kReferenceCells ? t - kReferenceCells : 0;
    const std::size_t to = std::min(cells.rows, t + kReferenceCells + 1);
    reference[t] =
        10.0 * det::log10((prefix[to] - prefix[from]) / static_cast<double>(to - from) + 1e-30);
  }
  return reference;
}

}  // namespace

Table mark_depth_db(const Table& cells_db) {
  if (cells_db.rows == 0) return Table();
  Table depth = smooth(cells_db);
  const std::vector<double> reference = reference_db(cells_db);
  for (std::size_t t = 0; t < depth.rows; ++t) {
    float* row = depth.row(t);
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const double under_db = reference[t] - static_cast<double>(row[b]);
      const double db = kBaseDb * det::db_to_gain(kSlope * under_db);
      row[b] = static_cast<float>(std::clamp(db, kMinDb, kMaxDb));
    }
  }
  return depth;
}

}  // namespace brandiron::watermark
