#include "security_study/columns.h"

#include <algorithm>
#include <cmath>

#include "brandiron/watermark/lattice.h"

namespace brandiron::experiments {
namespace {

constexpr float kSignThresholdDb = 0.02F;

}  // namespace

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

std::vector<float> cell_difference_db(const AudioBuffer& original, const AudioBuffer& marked) {
  const std::vector<float> before = watermark::LatticeReader(original).levels_db(0);
  std::vector<float> change = watermark::LatticeReader(marked).levels_db(0);
  for (std::size_t i = 0; i < change.size(); ++i) change[i] -= before[i];
  return change;
}

std::vector<float> with_signs(const AudioBuffer& audio, const std::vector<float>& seen,
                              float gain) {
  const std::vector<float> levels = watermark::LatticeReader(audio).levels_db(0);
  std::vector<float> change = watermark::lattice_depth_db(levels);
  change.resize(std::min(change.size(), seen.size()));
  for (std::size_t i = 0; i < change.size(); ++i) {
    const float sign =
        seen[i] > kSignThresholdDb ? 1.0F : (seen[i] < -kSignThresholdDb ? -1.0F : 0.0F);
    change[i] *= gain * sign;
  }
  return change;
}

AudioBuffer with_change(AudioBuffer audio, const std::vector<float>& change_db) {
  watermark::change_lattice(audio, change_db);
  return audio;
}

Columns weights_of(const AudioBuffer& audio) {
  Columns weights = watermark::lattice_weights(watermark::LatticeReader(audio).levels_db(0));
  weights.resize(kCycleRows * watermark::lattice_bands());
  double power = 0;
  for (const float w : weights) power += static_cast<double>(w) * w;
  const double used = std::max(power, 1e-12) / static_cast<double>(weights.size());
  const auto scale = static_cast<float>(1.0 / std::sqrt(used));
  for (float& w : weights) w *= scale;
  return weights;
}

void add_at(Columns& known, const Columns& piece, std::size_t lag, float gain) {
  const std::size_t shift = lag * watermark::lattice_bands();
  for (std::size_t i = 0; i < piece.size(); ++i) {
    known[(i + shift) % known.size()] += gain * piece[i];
  }
}

AudioBuffer with_estimate(AudioBuffer audio, const Columns& estimate, float gain) {
  double power = 0;
  std::size_t used = 0;
  for (const float e : estimate) {
    power += static_cast<double>(e) * e;
    used += e != 0;
  }
  const auto rms =
      static_cast<float>(std::sqrt(power / static_cast<double>(std::max<std::size_t>(used, 1))));
  Columns change = watermark::lattice_depth_db(watermark::LatticeReader(audio).levels_db(0));
  for (std::size_t i = 0; i < change.size(); ++i) {
    change[i] *= gain * std::clamp(estimate[i % estimate.size()] / rms, -1.5F, 1.5F);
  }
  watermark::change_lattice(audio, change);
  return audio;
}

}  // namespace brandiron::experiments
