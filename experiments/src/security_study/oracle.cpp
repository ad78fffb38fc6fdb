// An attacker who may ask a verification service for p-values. Random changes of all cells, within
// the depth of a mark, show by their answers which signs they share with the pattern; their sum,
// weighted by those answers, is an estimate of it.
#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/rng.h"
#include "brandiron/watermark/lattice.h"
#include "security_study/bench.h"
#include "watermark_study/fidelity.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kClips = 4;
constexpr double kClipS = 10;
constexpr int kQueriesBetweenTries = 50;
constexpr float kProbeStrength = 1.0F;
constexpr std::array kTried{1.0F, 1.5F, 2.0F};

// sqrt(-2 ln p) grows in proportion to the statistic behind p.
double statistic(double p) { return std::sqrt(-2.0 * std::log(std::max(p, 1e-300))); }

class Oracle {
 public:
  Oracle(const SecurityBench& bench, const AudioBuffer& marked) : bench_(bench), marked_(marked) {
    depth_ = watermark::lattice_depth_db(watermark::LatticeReader(marked).levels_db(0));
    for (auto* table : {&estimate_, &weighted_, &plain_}) table->resize(depth_.size());
    baseline_ = statistic(ask(marked_).p);
  }

  SecurityTrial ask(const AudioBuffer& audio) {
    ++queries_;
    return bench_.read(audio, 0, {0}, false);
  }

  void probe(Rng rng) {
    std::vector<float> signs(depth_.size());
    for (float& sign : signs) sign = rng.chance(0.5) ? 1.0F : -1.0F;
    const double gain = statistic(ask(with(signs, kProbeStrength)).p) - baseline_;
    for (std::size_t i = 0; i < signs.size(); ++i) {
      weighted_[i] += static_cast<float>(gain) * signs[i];
      plain_[i] += signs[i];
    }
    total_gain_ += gain;
    ++probes_;
    // Every change weakens the mark a little whatever its signs: the mean answer says nothing.
    const auto mean = static_cast<float>(total_gain_ / probes_);
    for (std::size_t i = 0; i < signs.size(); ++i) {
      estimate_[i] = weighted_[i] - mean * plain_[i];
    }
  }

  // What the same change does that knows nothing.
  SecurityTrial guess(Rng rng) {
    std::vector<float> signs(depth_.size());
    for (float& sign : signs) sign = rng.chance(0.5) ? 1.0F : -1.0F;
    const AudioBuffer changed = with(signs, kTried.back());
    SecurityTrial trial = ask(changed);
    trial.sdr_db = signal_to_distortion_db(marked_, changed);
    return trial;
  }

  // The estimate taken out ever more strongly, until the service sees no mark.
  SecurityTrial try_removal(int most_queries) {
    double power = 0;
    for (const float e : estimate_) power += static_cast<double>(e) * e;
    const double mean = power / static_cast<double>(estimate_.size());
    std::vector<float> unit = estimate_;
    for (float& u : unit) u /= static_cast<float>(std::sqrt(mean + 1e-20));
    SecurityTrial trial;
    for (const float strength : kTried) {
      if (queries_ >= most_queries) break;
      const AudioBuffer changed = with(unit, -strength);
      trial = ask(changed);
      trial.sdr_db = signal_to_distortion_db(marked_, changed);
      if (!trial.present) break;
    }
    return trial;
  }

  int queries() const { return queries_; }
  const std::vector<float>& estimate() const { return estimate_; }

 private:
  AudioBuffer with(const std::vector<float>& signs, float strength) const {
    std::vector<float> change = depth_;
    for (std::size_t i = 0; i < change.size(); ++i) change[i] *= strength * signs[i];
    AudioBuffer audio = marked_;
    watermark::change_lattice(audio, change);
    return audio;
  }

  const SecurityBench& bench_;
  const AudioBuffer& marked_;
  std::vector<float> depth_, estimate_, weighted_, plain_;
  double baseline_ = 0, total_gain_ = 0;
  int queries_ = 0, probes_ = 0;
};

double agreement(const SecurityBench& bench, const std::vector<float>& estimate) {
  const auto truth = watermark::lattice_signs(bench.key(0), bench.payload(0),
                                              estimate.size() / watermark::lattice_bands());
  std::size_t right = 0;
  for (std::size_t i = 0; i < estimate.size(); ++i) right += (estimate[i] > 0) == (truth[i] > 0);
  return static_cast<double>(right) / static_cast<double>(estimate.size());
}

}  // namespace

void attack_with_an_oracle(SecurityBench& bench) {
  const int most = bench.options().oracle_queries;
  for (std::size_t file = 0; file < bench.num_targets(kClips); ++file) {
    const AudioBuffer marked = bench.marked(bench.piece(file, kClipS), 0, 0);
    bench.add("oracle", "clip of 10 s, before", file, bench.read(marked, 0, {0}, false));
    Oracle oracle(bench, marked);
    const Rng rng = Rng(bench.options().seed).child("oracle", file);
    bench.add("oracle", "clip of 10 s, random signs of strength 2", file,
              Oracle(bench, marked).guess(rng.child("guess")));
    SecurityTrial trial;
    trial.present = true;
    for (int round = 0; trial.present && oracle.queries() < most; ++round) {
      const int until =
          std::min(oracle.queries() + kQueriesBetweenTries, most - static_cast<int>(kTried.size()));
      while (oracle.queries() < until) {
        oracle.probe(rng.child("probe", static_cast<std::uint64_t>(oracle.queries())));
      }
      trial = oracle.try_removal(most);
    }
    trial.queries = oracle.queries();
    trial.agreement = agreement(bench, oracle.estimate());
    bench.add("oracle", "clip of 10 s, after", file, trial);
  }
}

}  // namespace brandiron::experiments
