#include "front_end.h"

#include <algorithm>
#include <cmath>

#include "depth.h"
#include "whiten.h"

namespace brandiron::watermark {
namespace {

Table weights_of(const Table& cells_db, const FrontEndModel* model) {
  const Table depth = mark_depth_db(cells_db);
  Table weights = detection_weights(cells_db, depth);
  if (model == nullptr || weights.rows == 0) return weights;
  model->refine({weights.rows, kNumBands, cells_db.data, depth.data, weights.data});
  return weights;
}

}  // namespace

std::vector<Alignment> align_phases(const EnergySurface& surface, double pitch_ratio,
                                    const FrontEndModel* model) {
  std::vector<Alignment> alignments(kPhases);
  for (std::size_t k = 0; k < kPhases; ++k) {
    Alignment& alignment = alignments[k];
    alignment.start_s = kCellSeconds * static_cast<double>(k) / kPhases;
    alignment.pitch_ratio = pitch_ratio;
    alignment.weights = weights_of(surface.cells_db(alignment.start_s, alignment.cell_s), model);
  }
  return alignments;
}

Alignment stretch(const std::vector<Alignment>& phases, double scale, double start_s) {
  constexpr double kStepsPerSecond = kCellsPerSecond * static_cast<double>(kPhases);
  std::size_t num_steps = 0;  // of all phases interleaved
  for (std::size_t k = 0; k < kPhases; ++k) {
    if (phases[k].weights.rows > 0) {
      num_steps = std::max(num_steps, (phases[k].weights.rows - 1) * kPhases + k + 1);
    }
  }
  Alignment out;
  out.start_s = start_s;
  out.cell_s = kCellSeconds * scale;
  out.pitch_ratio = phases.front().pitch_ratio;
  const double duration_s = static_cast<double>(num_steps) / kStepsPerSecond;
  const auto rows =
      static_cast<std::size_t>(std::max(0.0, std::floor((duration_s - start_s) / out.cell_s)));
  out.weights = Table(rows);
  for (std::size_t t = 0; t < rows; ++t) {
    // Cells of both lattices are matched by their centres.
    const double begin_s =
        start_s + (static_cast<double>(t) + 0.5) * out.cell_s - 0.5 * kCellSeconds;
    const double step = std::round(begin_s * kStepsPerSecond);
    const auto at = static_cast<std::size_t>(std::max(0.0, step));
    const Table& from = phases[at % kPhases].weights;
    if (at / kPhases >= from.rows) continue;
    std::copy_n(from.row(at / kPhases), kNumBands, out.weights.row(t));
  }
  return out;
}

std::vector<Folded> fold_all(const std::vector<Alignment>& alignments) {
  std::vector<Folded> folded;
  for (const Alignment& alignment : alignments) {
    folded.push_back(fold(alignment.weights, 0, alignment.weights.rows));
  }
  return folded;
}

FrontEnd::FrontEnd(const PowerSurface& power, const FrontEndModel* model)
    : duration_s(power.duration_s()),
      alignments(align_phases(power.at_pitch(1.0), 1.0, model)),
      folded(fold_all(alignments)) {}

FrontEnd::FrontEnd(const AudioBuffer& audio, const FrontEndModel* model)
    : FrontEnd(PowerSurface(audio), model) {}

}  // namespace brandiron::watermark
