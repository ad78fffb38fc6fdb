#include "depth.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "brandiron/core/det_math.h"

namespace brandiron::watermark {
namespace {

constexpr double kLog2PerDb = 0.33219280948873623;   // log2(10) / 10
constexpr double kNeperPerDb = 0.11512925464970229;  // ln(10) / 20
constexpr double kMinDb = 0.15;                      // the loudest cells still say something
constexpr double kMaxDb = 3.0;                       // deepest, however well masked
constexpr std::size_t kReferenceCells = 72;          // +-3 s
constexpr double kMarkUnderSignalDb = 25.2;          // within the bands, over the reference
constexpr double kNoiseUnderMaskDb = 9.0;            // in each cell
constexpr double kMaskUnderExcitationDb = 3.5;       // about BS.1387's offset at these bands
// Slopes of masking, dB for each band (an eighth of an octave, about half a Bark) or cell (42 ms).
constexpr double kUpwardDb = 5.0, kDownwardDb = 13.0, kForwardDb = 10.0;
// Shares of a cell's amplitude that are tried for the mark, before the mask has its say.
constexpr double kLeastLevel = 0.35, kMostLevel = 2.0;
constexpr std::size_t kNumLevels = 8;

double db_to_power(double db) { return det::exp2(db * kLog2PerDb); }

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

Table powers(const Table& cells_db) {
  Table out(cells_db.rows);
  for (std::size_t i = 0; i < out.data.size(); ++i) {
    out.data[i] = static_cast<float>(db_to_power(static_cast<double>(cells_db.data[i])));
  }
  return out;
}

// Means over the reference span around each column.
std::vector<double> local_means(const std::vector<double>& x) {
  std::vector<double> prefix(x.size() + 1, 0.0), means(x.size());
  for (std::size_t t = 0; t < x.size(); ++t) prefix[t + 1] = prefix[t] + x[t];
  for (std::size_t t = 0; t < x.size(); ++t) {
    const std::size_t from = t > kReferenceCells ? t - kReferenceCells : 0;
    const std::size_t to = std::min(x.size(), t + kReferenceCells + 1);
    means[t] = (prefix[to] - prefix[from]) / static_cast<double>(to - from);
  }
  return means;
}

std::vector<double> column_means(const Table& table) {
  std::vector<double> means(table.rows, 0.0);
  for (std::size_t t = 0; t < table.rows; ++t) {
    for (std::size_t b = 0; b < kNumBands; ++b) means[t] += static_cast<double>(table.row(t)[b]);
    means[t] /= kNumBands;
  }
  return means;
}

// 20 log10(1 + x) by its series, good to 0.02 dB up to kMaxDb; more is cut off anyway.
double change_db(double x) {
  x = std::min(x, 0.42);
  return x * (1.0 - x * (1.0 / 2 - x * (1.0 / 3 - x / 4))) / kNeperPerDb;
}

// The deepest change of each cell that stays `kNoiseUnderMaskDb` under the masking threshold:
// excitation spread over bands and forward in time, less an offset.
Table deepest_db(const Table& power) {
  const double up = db_to_power(-kUpwardDb), down = db_to_power(-kDownwardDb);
  const double forward = db_to_power(-kForwardDb);
  const double share = det::db_to_gain(-kNoiseUnderMaskDb - kMaskUnderExcitationDb);
  Table out(power.rows);
  std::array<double, kNumBands> excitation{};
  for (std::size_t t = 0; t < power.rows; ++t) {
    const float* row = power.row(t);
    for (std::size_t b = 0; b < kNumBands; ++b) {
      excitation[b] = std::max(static_cast<double>(row[b]), excitation[b] * forward);
      if (b > 0) excitation[b] = std::max(excitation[b], excitation[b - 1] * up);
    }
    for (std::size_t b = kNumBands - 1; b-- > 0;) {
      excitation[b] = std::max(excitation[b], excitation[b + 1] * down);
    }
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const double own = std::max(1e-30, static_cast<double>(row[b]));
      const double change = share * std::sqrt(excitation[b] / own);
      out.row(t)[b] = static_cast<float>(std::clamp(change_db(change), kMinDb, kMaxDb));
    }
  }
  return out;
}

// A mark of even power: the depth of a cell that lies `n` dB under its surroundings is `n` dB more.
Table even_depth_db(const Table& cells_db, const std::vector<double>& mean_power) {
  Table depth = smooth(cells_db);
  for (std::size_t t = 0; t < depth.rows; ++t) {
    float* row = depth.row(t);
    const double reference = 10.0 * det::log10(mean_power[t] + 1e-30);
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const double under_db = std::min(60.0, reference - static_cast<double>(row[b]));
      row[b] = static_cast<float>(0.5 * det::db_to_gain(under_db));
    }
  }
  return depth;
}

float limited(double level, float depth, float deepest) {
  return std::clamp(static_cast<float>(level) * depth, static_cast<float>(kMinDb), deepest);
}

// Power of the mark around each column when all depths are multiplied by `level`.
std::vector<double> mark_power(const Table& depth, const Table& deepest, const Table& power,
                               double level) {
  std::vector<double> columns(depth.rows, 0.0);
  for (std::size_t t = 0; t < depth.rows; ++t) {
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const double change =
          kNeperPerDb * static_cast<double>(limited(level, depth.row(t)[b], deepest.row(t)[b]));
      columns[t] += change * change * static_cast<double>(power.row(t)[b]);
    }
    columns[t] /= kNumBands;
  }
  return local_means(columns);
}

// The level at which the mark lies `kMarkUnderSignalDb` under the signal around each column.
std::vector<double> wanted_levels(const Table& depth, const Table& deepest, const Table& power,
                                  const std::vector<double>& mean_power) {
  const double share = db_to_power(-kMarkUnderSignalDb);
  const double step = det::exp2(det::log2(kMostLevel / kLeastLevel) / (kNumLevels - 1));
  std::vector<double> levels(depth.rows, kLeastLevel);
  std::vector<double> below = mark_power(depth, deepest, power, kLeastLevel);
  double level = kLeastLevel;
  for (std::size_t k = 1; k < kNumLevels; ++k, level *= step) {
    std::vector<double> above = mark_power(depth, deepest, power, level * step);
    for (std::size_t t = 0; t < depth.rows; ++t) {
      const double limit = share * mean_power[t];
      if (below[t] > limit) continue;
      const double part = above[t] > limit ? (limit - below[t]) / (above[t] - below[t]) : 1.0;
      levels[t] = level * (1.0 + part * (step - 1.0));
    }
    below.swap(above);
  }
  return levels;
}

}  // namespace

Table mark_depth_db(const Table& cells_db) {
  if (cells_db.rows == 0) return Table();
  const Table power = powers(cells_db);
  const std::vector<double> mean_power = local_means(column_means(power));
  const Table deepest = deepest_db(power);
  Table depth = even_depth_db(cells_db, mean_power);
  const std::vector<double> levels = wanted_levels(depth, deepest, power, mean_power);
  for (std::size_t t = 0; t < depth.rows; ++t) {
    for (std::size_t b = 0; b < kNumBands; ++b) {
      depth.row(t)[b] = limited(levels[t], depth.row(t)[b], deepest.row(t)[b]);
    }
  }
  return depth;
}

}  // namespace brandiron::watermark
