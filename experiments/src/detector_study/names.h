#pragma once

#include <vector>

#include "brandiron/experiments/detector_study.h"

namespace brandiron::experiments {

/// The row that nothing is done in.
inline constexpr const char* kCleanRow = "none";

/// Whether clips of a label are told apart; others are reported beside them.
inline bool is_judged(const std::string& label) { return label == "ai" || label == "human"; }

/// That row, then the grid's.
inline std::vector<DetectorRow> rows_of(const DetectorGrid& grid) {
  std::vector<DetectorRow> rows = {{kCleanRow, "as it is", "clean", "none", "none", {}}};
  rows.insert(rows.end(), grid.rows.begin(), grid.rows.end());
  return rows;
}

}  // namespace brandiron::experiments
