#include "brandiron/watermark/null_trials.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "bound.h"
#include "front_end.h"
#include "judge.h"
#include "simd.h"
#include "whiten.h"

namespace brandiron::watermark {
namespace {

struct Sums {
  std::array<float, kNumBands> pilot{}, energy{};
};

BRANDIRON_WIDE void add_row(const float* sign, const float* weight, Sums& sums) {
  for (std::size_t b = 0; b < kNumBands; ++b) {
    const float x = sign[b] * weight[b];
    sums.pilot[b] += x;
    sums.energy[b] += x * x;
  }
}

double pilot_z(const std::vector<float>& signs, const Folded& recording) {
  Sums sums;
  for (std::size_t t = 0; t < recording.rows; ++t) {
    add_row(signs.data() + t * kNumBands, recording.weight.data() + t * kNumBands, sums);
  }
  double pilot = 0, energy = 0;
  for (std::size_t b = 0; b < kNumBands; ++b) {
    pilot += static_cast<double>(sums.pilot[b]);
    energy += static_cast<double>(sums.energy[b]);
  }
  return energy > 0 ? pilot / std::sqrt(energy) : 0.0;
}

}  // namespace

struct NullTrials::Impl {
  std::vector<Folded> recordings;
  Decoder decoder;
};

NullTrials::NullTrials() : impl_(std::make_unique<Impl>()) {}
NullTrials::~NullTrials() = default;

bool NullTrials::add(const AudioBuffer& audio) {
  const EnergySurface surface(audio);
  const Table weights = detection_weights(surface.cells_db(0.0, kCellSeconds));
  Folded folded = fold(weights, 0, std::min(weights.rows, kCycleCells));
  if (folded.energy <= 0) return false;
  folded.weight.resize(folded.rows * kNumBands);
  folded.weight.shrink_to_fit();
  impl_->recordings.push_back(std::move(folded));
  return true;
}

std::size_t NullTrials::num_recordings() const { return impl_->recordings.size(); }

std::vector<double> NullTrials::ln_p(const Key& key) {
  const Pattern pattern(key);
  std::vector<float> signs(pattern.sign.size());
  for (std::size_t i = 0; i < signs.size(); ++i) {
    signs[i] = pattern.code[i] == Pattern::kPilot ? static_cast<float>(pattern.sign[i]) : 0.0F;
  }
  std::vector<double> result;
  for (const Folded& recording : impl_->recordings) {
    Readout readout;
    readout.pilot_z = pilot_z(signs, recording);
    if (readout.pilot_z >= kMinPilotZ) {
      Folded whole = recording;
      whole.weight.resize(kCycleCells * kNumBands, 0.0F);
      readout = read_out(pattern, whole, 0, impl_->decoder);
    }
    result.push_back(bound(readout, 0.0).ln_p);
  }
  return result;
}

}  // namespace brandiron::watermark
