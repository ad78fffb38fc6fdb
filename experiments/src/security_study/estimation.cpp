// Estimating the keyed signs from marked recordings, without a key.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <optional>

#include "brandiron/watermark/lattice.h"
#include "security_study/bench.h"
#include "security_study/columns.h"
#include "watermark_study/fidelity.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kAttacked = 4;
constexpr int kTargetPayload = 500;
constexpr std::array kObserved{1, 3, 10, 30};
constexpr std::array kStrengths{0.5F, 0.6F, 0.7F, 0.8F, 1.0F, 2.0F};

double agreement(const Columns& estimate, const Columns& truth) {
  std::size_t right = 0, asked = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (estimate[i] == 0) continue;
    ++asked;
    right += (estimate[i] > 0) == (truth[i] > 0);
  }
  return static_cast<double>(right) / static_cast<double>(std::max<std::size_t>(asked, 1));
}

// Takes the estimate out of marked recordings and puts it into unmarked ones.
struct Strike {
  SecurityBench& bench;
  const char* attack;
  std::string observed;
  double seconds;
  int payload;                            // of the targets
  std::vector<int> forged;                // payloads that a forgery may carry
  std::optional<double> lags_right = {};  // in place of the share of signs

  void operator()(std::size_t file, const AudioBuffer& original, const AudioBuffer& marked,
                  const Columns& estimate, const Columns& truth) const {
    const double share = lags_right ? *lags_right : agreement(estimate, truth);
    const auto put = [&](const char* what, float strength, const AudioBuffer& before, float gain,
                         const std::vector<int>& payloads) {
      const AudioBuffer after = with_estimate(before, estimate, gain * strength);
      SecurityTrial trial = bench.read(after, 0, payloads);
      trial.sdr_db = signal_to_distortion_db(before, after);
      trial.agreement = share;
      bench.add(attack, fmt::format("{}: {} {}", observed, what, strength), file, trial);
    };
    for (const float strength : kStrengths)
      put("removal, strength", strength, marked, -1.0F, {payload});
    put("forgery, strength", 1.0F, original, 1.0F, forged);
  }
};

std::string recordings(int n) {
  return std::to_string(n) + (n == 1 ? " recording" : " recordings");
}

}  // namespace

// Recordings of one payload, so that their patterns lie on top of one another from sample 0: the
// best case for the attacker.
void attack_by_estimation(SecurityBench& bench) {
  const std::size_t targets = bench.num_targets(kAttacked);
  const Columns truth = signs_of(bench, 0);
  Columns known(truth.size());
  int observed = 0;
  for (std::size_t file = targets; file < bench.num_files(); ++file) {
    if (observed == bench.options().most_observed) break;
    add_at(known, weights_of(bench.marked(bench.piece(file), 0, 0)), 0, 1.0F);
    ++observed;
    if (std::find(kObserved.begin(), kObserved.end(), observed) == kObserved.end()) continue;
    const Strike strike{
        bench, "estimation", recordings(observed) + " of one payload", bench.options().piece_s,
        0,     {0}};
    for (std::size_t target = 0; target < targets; ++target) {
      const AudioBuffer original = bench.piece(target);
      strike(target, original, bench.marked(original, 0, 0), known, truth);
    }
  }
}

// Recordings of different payloads, a whole cycle each: the attacker lines them up by themselves
// (the pilots agree) and knows nothing but that they start with the file.
void attack_by_blind_estimation(SecurityBench& bench) {
  constexpr double kCycleS = 171;
  const std::size_t targets = bench.num_targets(kAttacked);
  std::vector<Columns> pieces;
  std::vector<std::size_t> lags, right_lags;
  const Columns truth = signs_of(bench, 1);
  Columns known(truth.size());
  for (std::size_t file = targets; file < bench.num_files(); ++file) {
    if (static_cast<int>(pieces.size()) == bench.options().most_observed) break;
    const AudioBuffer piece = bench.piece(file, kCycleS);
    if (piece.duration_s() < kCycleS - 0.5) continue;
    const int payload = static_cast<int>(pieces.size()) + 1;
    pieces.push_back(weights_of(bench.marked(piece, 0, payload)));
    lags.push_back(pieces.size() == 1 ? 0 : best_lag(known, pieces.back()));
    right_lags.push_back(best_lag(truth, signs_of(bench, payload)));
    add_at(known, pieces.back(), lags.back(), 1.0F);
    const int observed = static_cast<int>(pieces.size());
    if (observed == 1 ||
        std::find(kObserved.begin(), kObserved.end(), observed) == kObserved.end()) {
      continue;
    }
    // Once more with all the others known.
    for (std::size_t k = 1; k < pieces.size(); ++k) {
      add_at(known, pieces[k], lags[k], -1.0F);
      lags[k] = best_lag(known, pieces[k]);
      add_at(known, pieces[k], lags[k], 1.0F);
    }
    std::size_t right = 0;
    for (std::size_t k = 1; k < lags.size(); ++k) right += lags[k] == right_lags[k];
    const double share = static_cast<double>(right) / static_cast<double>(lags.size() - 1);
    std::vector<int> forged(pieces.size());
    std::iota(forged.begin(), forged.end(), 1);
    const Strike strike{bench,   "blind-estimation", recordings(observed) + " of other payloads",
                        kCycleS, kTargetPayload,     forged,
                        share};
    for (std::size_t target = 0; target < targets; ++target) {
      const AudioBuffer original = bench.piece(target, kCycleS);
      const AudioBuffer marked = bench.marked(original, 0, kTargetPayload);
      const Columns estimate = turned(known, best_lag(known, weights_of(marked)));
      strike(target, original, marked, estimate, {});
    }
  }
}

}  // namespace brandiron::experiments
