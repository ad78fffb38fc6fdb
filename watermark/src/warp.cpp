#include "warp.h"

#include <algorithm>
#include <cmath>

namespace brandiron::watermark {
namespace {

constexpr double kExcerptS = 32.0;
constexpr double kScaleStep = 0.0015;      // drifts by half a cell over an excerpt
constexpr int kScaleSteps = 77;            // +-12 %: 1/0.9, 1.1 and two semitones lie inside
constexpr double kFineScaleStep = 0.0002;  // the same over four minutes
constexpr int kFineSteps = 8;
constexpr int kPitchSteps = 5;
constexpr double kPitchStepOctaves = 1.0 / 30;  // 40 cents: a quarter of a band
constexpr std::size_t kCoarsePhases = 2;
constexpr double kMinPilotZ = 4.8;

struct Guess {
  Warp warp;
  double z = 0;
};

double pitch_of_step(int step) { return std::exp2(kPitchStepOctaves * step); }

int nearest_pitch_step(double ratio) {
  const double step = std::log2(ratio) / kPitchStepOctaves;
  return std::clamp(static_cast<int>(std::lround(step)), -kPitchSteps, kPitchSteps);
}

double highest(const Searcher& searcher, const Alignment& alignment) {
  const std::vector<float> z =
      searcher.correlate(fold(alignment.weights, 0, alignment.weights.rows));
  return static_cast<double>(*std::max_element(z.begin(), z.end()));
}

// The best phase of a stretched lattice.
double best_phase_z(const Searcher& searcher, const std::vector<Alignment>& phases, double scale,
                    std::size_t num_phases) {
  double best = 0;
  for (std::size_t k = 0; k < num_phases; ++k) {
    const double start_s =
        kCellSeconds * scale * static_cast<double>(k) / static_cast<double>(num_phases);
    best = std::max(best, highest(searcher, stretch(phases, scale, start_s)));
  }
  return best;
}

}  // namespace

WarpSearch::WarpSearch(const PowerSurface& power, const std::vector<Alignment>& unwarped,
                       const FrontEndModel* model)
    : power_(power), unwarped_(unwarped), model_(model) {
  const double length_s = std::min(kExcerptS, power.duration_s());
  const double start_s = 0.5 * (power.duration_s() - length_s);
  for (int step = -kPitchSteps; step <= kPitchSteps; ++step) {
    const double ratio = pitch_of_step(step);
    excerpt_.push_back(align_phases(power.at_pitch(ratio, start_s, length_s), ratio));
  }
}

std::vector<Alignment> WarpSearch::whole_at(double pitch_ratio) const {
  return pitch_ratio == 1.0 ? unwarped_
                            : align_phases(power_.at_pitch(pitch_ratio), pitch_ratio, model_);
}

std::vector<Alignment> WarpSearch::find(const Searcher& searcher) const {
  Guess best;
  const auto consider = [&](int pitch_step, double scale) {
    const auto& phases = excerpt_[static_cast<std::size_t>(pitch_step + kPitchSteps)];
    const double z = best_phase_z(searcher, phases, scale, kCoarsePhases);
    if (z > best.z) best = {{scale, pitch_of_step(pitch_step)}, z};
  };
  for (int k = -kScaleSteps; k <= kScaleSteps; ++k) {
    const double scale = std::exp(kScaleStep * k);
    consider(0, scale);  // tempo
    const int pitch_step = nearest_pitch_step(1.0 / scale);
    if (pitch_step != 0) consider(pitch_step, scale);  // speed: slower is lower
  }
  for (int step = -kPitchSteps; step <= kPitchSteps; ++step) {
    if (step != 0) consider(step, 1.0);
  }
  if (best.z < kMinPilotZ) return {};

  const std::vector<Alignment> phases = whole_at(best.warp.pitch_ratio);
  Guess fine;
  for (int k = -kFineSteps; k <= kFineSteps; ++k) {
    const double scale = best.warp.scale * std::exp(kFineScaleStep * k);
    const double z = best_phase_z(searcher, phases, scale, kCoarsePhases);
    if (z > fine.z) fine = {{scale, best.warp.pitch_ratio}, z};
  }
  std::vector<Alignment> alignments;
  for (std::size_t k = 0; k < kPhases; ++k) {
    const double scale = fine.warp.scale;
    alignments.push_back(
        stretch(phases, scale, kCellSeconds * scale * static_cast<double>(k) / kPhases));
  }
  return alignments;
}

double WarpSearch::ln_places() {
  const double scales = (2.0 * kScaleSteps + 1.0) * (2.0 * kFineSteps + 1.0);
  const double pitches = 2.0 * kPitchSteps + 1.0;
  return std::log(scales * pitches * static_cast<double>(kPhases * kCycleCells));
}

}  // namespace brandiron::watermark
