#include "front_end.h"

#include <cmath>

#include "whiten.h"

namespace brandiron::watermark {

FrontEnd::FrontEnd(const AudioBuffer& audio) : duration_s_(audio.duration_s()) {
  const EnergySurface surface(audio);
  for (std::size_t k = 0; k < kPhases; ++k) {
    Alignment alignment;
    alignment.start_s = kCellSeconds * static_cast<double>(k) / kPhases;
    alignment.weights = detection_weights(surface.cells_db(alignment.start_s, alignment.cell_s));
    folded_.push_back(fold(alignment.weights, 0, alignment.weights.rows));
    alignments_.push_back(std::move(alignment));
  }
}

double FrontEnd::ln_places() const {
  return std::log(static_cast<double>(alignments_.size() * kCycleCells));
}

}  // namespace brandiron::watermark
