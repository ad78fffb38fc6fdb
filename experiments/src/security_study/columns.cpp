#include "security_study/columns.h"

#include <algorithm>

#include "brandiron/watermark/lattice.h"

namespace brandiron::experiments {

std::size_t best_lag(const Columns& known, const Columns& piece) {
  const std::size_t bands = watermark::lattice_bands();
  const std::size_t size = known.size();
  std::size_t best = 0;
  float most = -1e30F;
  std::vector<float> lanes(bands);
  for (std::size_t lag = 0; lag < kCycleRows; ++lag) {
    std::fill(lanes.begin(), lanes.end(), 0.0F);
    std::size_t at = lag * bands;
    for (std::size_t i = 0; i < size; i += bands) {
      for (std::size_t b = 0; b < bands; ++b) lanes[b] += known[at + b] * piece[i + b];
      at = at + bands == size ? 0 : at + bands;
    }
    float total = 0;
    for (const float lane : lanes) total += lane;
    if (total > most) {
      most = total;
      best = lag;
    }
  }
  return best;
}

Columns turned(const Columns& known, std::size_t lag) {
  Columns out = known;
  const auto shift = static_cast<std::ptrdiff_t>(lag * watermark::lattice_bands());
  std::rotate(out.begin(), out.begin() + shift, out.end());
  return out;
}

Columns signs_of(const SecurityBench& bench, int payload) {
  const auto signs = watermark::lattice_signs(bench.key(0), bench.payload(payload), kCycleRows);
  return {signs.begin(), signs.end()};
}

}  // namespace brandiron::experiments
