#include "warp.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace brandiron::watermark {
namespace {

constexpr double kExcerptS = 32.0;
constexpr double kMaxLnScale = 0.1155;  // +-12 %: 1/0.9, 1.1 and two semitones lie inside
// Half a step off, the ends of a piece lie this many seconds times a quarter off: a third of a
// cell when the mark is looked for, half of that when it is read.
constexpr double kCoarseDriftS = 0.048, kFineDriftS = 0.024;
constexpr double kShortestS = 5.0, kLongestS = 360.0;
constexpr int kPitchSteps = 5;
constexpr double kPitchStepOctaves = 1.0 / 30;  // 40 cents: a quarter of a band
constexpr std::size_t kCoarsePhases = 2;
constexpr double kMinWarpedPilotZ = 4.8;

double pitch_of_step(int step) { return std::exp2(kPitchStepOctaves * step); }

int nearest_pitch_step(double ratio) {
  const double step = std::log2(ratio) / kPitchStepOctaves;
  return std::clamp(static_cast<int>(std::lround(step)), -kPitchSteps, kPitchSteps);
}

struct Hypothesis {
  int pitch_step;
  double scale;
};

std::vector<Hypothesis> hypotheses(const ScaleGrid& grid) {
  std::vector<Hypothesis> all;
  for (int k = -grid.coarse_steps; k <= grid.coarse_steps; ++k) {
    const double scale = std::exp(grid.coarse_step * k);
    all.push_back({0, scale});  // tempo
    const int pitch_step = nearest_pitch_step(1.0 / scale);
    if (pitch_step != 0) all.push_back({pitch_step, scale});  // speed: slower is lower
  }
  for (int step = -kPitchSteps; step <= kPitchSteps; ++step) {
    if (step != 0) all.push_back({step, 1.0});
  }
  return all;
}

FoldedSpectrum spectrum_of(const std::vector<Alignment>& phases, double scale, double start_s) {
  const Alignment alignment = stretch(phases, scale, start_s);
  return transform(fold(alignment.weights, 0, alignment.weights.rows));
}

double start_of_phase(double scale, std::size_t phase, std::size_t num_phases) {
  return kCellSeconds * scale * static_cast<double>(phase) / static_cast<double>(num_phases);
}

double highest(const Searcher& searcher, const FoldedSpectrum& spectrum) {
  const std::vector<float> z = searcher.correlate(spectrum);
  return static_cast<double>(*std::max_element(z.begin(), z.end()));
}

// Where `length_s` seconds hold most of what the weights know: not in a pause.
double richest_start_s(const Table& weights, double length_s) {
  const auto length = static_cast<std::size_t>(length_s * kCellsPerSecond);
  if (weights.rows <= length) return 0;
  double sum = 0, best = -1;
  std::size_t best_at = 0;
  const auto power = [&](std::size_t t) {
    double row = 0;
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const auto w = static_cast<double>(weights.row(t)[b]);
      row += w * w;
    }
    return row;
  };
  for (std::size_t t = 0; t < weights.rows; ++t) {
    sum += power(t);
    if (t >= length) sum -= power(t - length);
    if (t + 1 >= length && sum > best) {
      best = sum;
      best_at = t + 1 - length;
    }
  }
  return static_cast<double>(best_at) * kCellSeconds;
}

}  // namespace

ScaleGrid::ScaleGrid(double duration_s) {
  const double whole_s = std::clamp(duration_s, kShortestS, kLongestS);
  coarse_step = kCoarseDriftS / std::min(whole_s, kExcerptS);
  fine_step = kFineDriftS / whole_s;
  coarse_steps = static_cast<int>(std::ceil(kMaxLnScale / coarse_step));
  fine_steps = static_cast<int>(std::ceil(0.5 * coarse_step / fine_step));
}

WarpSearch::WarpSearch(const PowerSurface& power, const std::vector<Alignment>& unwarped,
                       const FrontEndModel* model)
    : power_(power), unwarped_(unwarped), model_(model), grid_(power.duration_s()) {
  const double length_s = std::min(kExcerptS, power.duration_s());
  const double start_s = richest_start_s(unwarped.front().weights, length_s);
  for (int step = -kPitchSteps; step <= kPitchSteps; ++step) {
    const double ratio = pitch_of_step(step);
    excerpt_.push_back(align_phases(power.at_pitch(ratio, start_s, length_s), ratio));
  }
}

std::vector<Alignment> WarpSearch::whole_at(double pitch_ratio) const {
  return pitch_ratio == 1.0 ? unwarped_
                            : align_phases(power_.at_pitch(pitch_ratio), pitch_ratio, model_);
}

std::vector<WarpSearch::Guess> WarpSearch::coarse(
    const std::vector<const Searcher*>& searchers) const {
  std::vector<Guess> best(searchers.size());
  for (const Hypothesis& at : hypotheses(grid_)) {
    const auto& phases = excerpt_[static_cast<std::size_t>(at.pitch_step + kPitchSteps)];
    for (std::size_t phase = 0; phase < kCoarsePhases; ++phase) {
      const FoldedSpectrum spectrum =
          spectrum_of(phases, at.scale, start_of_phase(at.scale, phase, kCoarsePhases));
      for (std::size_t k = 0; k < searchers.size(); ++k) {
        const double z = highest(*searchers[k], spectrum);
        if (z > best[k].z) best[k] = {{at.scale, pitch_of_step(at.pitch_step)}, z};
      }
    }
  }
  return best;
}

std::vector<Alignment> WarpSearch::refine(const Searcher& searcher, const Warp& warp,
                                          const std::vector<Alignment>& phases) const {
  Guess fine;
  for (int k = -grid_.fine_steps; k <= grid_.fine_steps; ++k) {
    const double scale = warp.scale * std::exp(grid_.fine_step * k);
    for (std::size_t phase = 0; phase < kCoarsePhases; ++phase) {
      const double z = highest(
          searcher, spectrum_of(phases, scale, start_of_phase(scale, phase, kCoarsePhases)));
      if (z > fine.z) fine = {{scale, warp.pitch_ratio}, z};
    }
  }
  std::vector<Alignment> alignments;
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    const double scale = fine.z > 0 ? fine.warp.scale : warp.scale;
    alignments.push_back(stretch(phases, scale, start_of_phase(scale, phase, kPhases)));
  }
  return alignments;
}

std::vector<std::vector<Alignment>> WarpSearch::find(
    const std::vector<const Searcher*>& searchers) const {
  const std::vector<Guess> guesses = coarse(searchers);
  std::vector<std::vector<Alignment>> found(searchers.size());
  std::map<double, std::vector<std::size_t>> at_pitch;
  for (std::size_t k = 0; k < searchers.size(); ++k) {
    if (guesses[k].z >= kMinWarpedPilotZ) at_pitch[guesses[k].warp.pitch_ratio].push_back(k);
  }
  for (const auto& [pitch_ratio, keys] : at_pitch) {
    const std::vector<Alignment> phases = whole_at(pitch_ratio);
    for (const std::size_t k : keys) found[k] = refine(*searchers[k], guesses[k].warp, phases);
  }
  return found;
}

double WarpSearch::ln_places(double duration_s) {
  const ScaleGrid grid(duration_s);
  const double scales = (2.0 * grid.coarse_steps + 1.0) * (2.0 * grid.fine_steps + 1.0);
  const double pitches = 2.0 * kPitchSteps + 1.0;
  return std::log(scales * pitches * static_cast<double>(kPhases * kCycleCells));
}

}  // namespace brandiron::watermark
