#include "brandiron/core/classification.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace brandiron {
namespace {

constexpr double kZ95 = 1.959963984540054;
constexpr std::size_t kBins = 10;

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  std::sort(copy.begin(), copy.end());
  return copy;
}

std::size_t bin_of(double p) {
  return std::min(kBins - 1, static_cast<std::size_t>(std::clamp(p, 0.0, 1.0) * kBins));
}

std::array<ReliabilityBin, kBins> all_bins(std::span<const double> positives,
                                           std::span<const double> negatives) {
  std::array<ReliabilityBin, kBins> bins{};
  const auto add = [&](std::span<const double> values, bool positive) {
    for (const double p : values) {
      ReliabilityBin& bin = bins[bin_of(p)];
      const double weight = 0.5 / static_cast<double>(values.size());
      bin.weight += weight;
      bin.confidence += weight * p;
      bin.truth += positive ? weight : 0;
      ++(positive ? bin.positives : bin.negatives);
    }
  };
  add(positives, true);
  add(negatives, false);
  return bins;
}

double mean_squared(std::span<const double> values, double truth) {
  double sum = 0;
  for (const double p : values) sum += (p - truth) * (p - truth);
  return sum / static_cast<double>(values.size());
}

}  // namespace

double sigmoid(double log_odds) {
  return log_odds >= 0 ? 1 / (1 + std::exp(-log_odds))
                       : std::exp(log_odds) / (1 + std::exp(log_odds));
}

double roc_auc(std::span<const double> positives, std::span<const double> negatives) {
  if (positives.empty() || negatives.empty()) return 0.5;
  const std::vector<double> ordered = sorted(negatives);
  double wins = 0;
  for (const double p : positives) {
    const auto below = std::lower_bound(ordered.begin(), ordered.end(), p) - ordered.begin();
    const auto upto = std::upper_bound(ordered.begin(), ordered.end(), p) - ordered.begin();
    wins += 0.5 * static_cast<double>(below + upto);
  }
  return wins / static_cast<double>(positives.size()) / static_cast<double>(negatives.size());
}

double roc_equal_error_rate(std::span<const double> positives, std::span<const double> negatives) {
  if (positives.empty() || negatives.empty()) return 0.5;
  const std::vector<double> pos = sorted(positives), neg = sorted(negatives);
  std::vector<double> thresholds = pos;
  thresholds.insert(thresholds.end(), neg.begin(), neg.end());
  std::sort(thresholds.begin(), thresholds.end());
  double last_miss = 0, last_alarm = 1;
  for (const double t : thresholds) {
    const double miss =
        static_cast<double>(std::upper_bound(pos.begin(), pos.end(), t) - pos.begin()) /
        static_cast<double>(pos.size());
    const double alarm =
        static_cast<double>(neg.end() - std::upper_bound(neg.begin(), neg.end(), t)) /
        static_cast<double>(neg.size());
    if (miss >= alarm) {
      const double before = last_alarm - last_miss, after = miss - alarm;
      const double share = before + after > 0 ? before / (before + after) : 0.5;
      return last_alarm + share * (alarm - last_alarm);
    }
    last_miss = miss;
    last_alarm = alarm;
  }
  return 0.5;
}

std::pair<double, double> wilson_95(double k, double n) {
  if (n <= 0) return {0.0, 1.0};
  const double p = k / n, z2 = kZ95 * kZ95;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kZ95 / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double threshold_at(std::span<const double> negatives, double rate) {
  const std::vector<double> ordered = sorted(negatives);
  // A rate of 1 % of 100 is 1, whatever the last bit of the product says.
  const auto allowed =
      static_cast<std::size_t>(std::floor(rate * static_cast<double>(ordered.size()) + 1e-9));
  if (allowed >= ordered.size()) return std::numeric_limits<double>::lowest();
  return ordered[ordered.size() - 1 - allowed];
}

double share_above(std::span<const double> scores, double threshold) {
  if (scores.empty()) return 0;
  const auto above =
      std::count_if(scores.begin(), scores.end(), [&](double s) { return s > threshold; });
  return static_cast<double>(above) / static_cast<double>(scores.size());
}

bool rate_supported(double rate, std::size_t independent) {
  return static_cast<double>(independent) * rate >= 3 - 1e-9;
}

double balanced_calibration_error(std::span<const double> positives,
                                  std::span<const double> negatives) {
  if (positives.empty() || negatives.empty()) return 1;
  double error = 0;
  for (const ReliabilityBin& bin : all_bins(positives, negatives)) {
    error += std::abs(bin.confidence - bin.truth);
  }
  return error;
}

double balanced_brier_score(std::span<const double> positives, std::span<const double> negatives) {
  if (positives.empty() || negatives.empty()) return 1;
  return 0.5 * mean_squared(positives, 1) + 0.5 * mean_squared(negatives, 0);
}

std::vector<ReliabilityBin> reliability(std::span<const double> positives,
                                        std::span<const double> negatives) {
  std::vector<ReliabilityBin> bins;
  for (ReliabilityBin bin : all_bins(positives, negatives)) {
    if (bin.weight <= 0) continue;
    bin.confidence /= bin.weight;
    bin.truth /= bin.weight;
    bins.push_back(bin);
  }
  return bins;
}

double precision_at(double true_positive_rate, double false_positive_rate, double prevalence) {
  const double right = true_positive_rate * prevalence;
  const double wrong = false_positive_rate * (1 - prevalence);
  return right + wrong > 0 ? right / (right + wrong) : 0;
}

}  // namespace brandiron
