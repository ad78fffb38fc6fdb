#include "statistics.h"

#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <numeric>

#include "brandiron/core/error.h"

namespace brandiron::detect {
namespace {

constexpr double kZ95 = 1.959963984540054;

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  std::sort(copy.begin(), copy.end());
  return copy;
}

/// One weighted observation of the logistic fit.
struct Observation {
  double x, target, weight;
};

double negative_log_likelihood(const std::vector<Observation>& data, double slope, double offset) {
  double sum = 0;
  for (const Observation& o : data) {
    const double z = slope * o.x + offset;
    // log(1 + e^z) - t z, without overflow
    sum += o.weight * (std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))) - o.target * z);
  }
  return sum;
}

}  // namespace

double auc(std::span<const double> positives, std::span<const double> negatives) {
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

double equal_error_rate(std::span<const double> positives, std::span<const double> negatives) {
  if (positives.empty() || negatives.empty()) return 0.5;
  const std::vector<double> pos = sorted(positives), neg = sorted(negatives);
  std::vector<double> thresholds = pos;
  thresholds.insert(thresholds.end(), neg.begin(), neg.end());
  std::sort(thresholds.begin(), thresholds.end());
  double last_miss = 0, last_alarm = 1;
  for (const double t : thresholds) {
    // "score > t" is flagged
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

double true_positive_rate(std::span<const double> positives, std::span<const double> negatives,
                          double rate) {
  if (positives.empty() || negatives.empty()) return 0;
  const std::vector<double> neg = sorted(negatives);
  const auto allowed = static_cast<std::size_t>(rate * static_cast<double>(neg.size()));
  if (allowed >= neg.size()) return 1;
  const double threshold = neg[neg.size() - 1 - allowed];
  const auto above =
      std::count_if(positives.begin(), positives.end(), [&](double x) { return x > threshold; });
  return static_cast<double>(above) / static_cast<double>(positives.size());
}

std::pair<double, double> wilson_interval(int k, int n) {
  if (n <= 0) return {0.0, 1.0};
  const double trials = n, p = k / trials, z2 = kZ95 * kZ95;
  const double centre = (p + z2 / (2 * trials)) / (1 + z2 / trials);
  const double half =
      kZ95 / (1 + z2 / trials) * std::sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

double claimable_rate(int errors, int n) {
  if (n <= 0) return 1.0;
  const double rule_of_three = std::min(1.0, 3.0 / n);
  if (errors >= n) return 1.0;
  using Binomial = boost::math::binomial_distribution<double>;
  return std::max(rule_of_three, Binomial::find_upper_bound_on_p(n, errors, 0.05));
}

PlattScaling fit_platt(std::span<const double> ai_logits, std::span<const double> human_logits) {
  if (ai_logits.empty() || human_logits.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "calibration: found no recordings of one class, expected both; check the manifest");
  }
  const double num_ai = static_cast<double>(ai_logits.size());
  const double num_human = static_cast<double>(human_logits.size());
  std::vector<Observation> data;
  for (const double x : ai_logits) data.push_back({x, (num_ai + 1) / (num_ai + 2), 0.5 / num_ai});
  for (const double x : human_logits) data.push_back({x, 1 / (num_human + 2), 0.5 / num_human});

  double slope = 0, offset = 0;
  double loss = negative_log_likelihood(data, slope, offset);
  constexpr int kMaxIterations = 200;
  constexpr double kRidge = 1e-9;
  for (int i = 0; i < kMaxIterations; ++i) {
    double g0 = 0, g1 = 0, h00 = kRidge, h01 = 0, h11 = kRidge;
    for (const Observation& o : data) {
      const double p = sigmoid(slope * o.x + offset), w = o.weight * p * (1 - p);
      g0 += o.weight * (p - o.target) * o.x;
      g1 += o.weight * (p - o.target);
      h00 += w * o.x * o.x;
      h01 += w * o.x;
      h11 += w;
    }
    if (std::hypot(g0, g1) < 1e-10) break;
    const double det = h00 * h11 - h01 * h01;
    const double d0 = -(h11 * g0 - h01 * g1) / det, d1 = -(h00 * g1 - h01 * g0) / det;
    double step = 1;
    while (step > 1e-8) {
      const double next = negative_log_likelihood(data, slope + step * d0, offset + step * d1);
      if (next <= loss) {
        slope += step * d0;
        offset += step * d1;
        loss = next;
        break;
      }
      step /= 2;
    }
    if (step <= 1e-8) break;
  }
  // A negative slope means that the logits point the wrong way: then they say nothing at all.
  if (slope < 0) return {0, 0};
  return {slope, offset};
}

double expected_calibration_error(std::span<const double> ai, std::span<const double> human) {
  if (ai.empty() || human.empty()) return 1.0;
  constexpr std::size_t kBins = 10;
  std::array<double, kBins> weight{}, confidence{}, truth{};
  const auto add = [&](std::span<const double> scores, double label) {
    for (const double llr : scores) {
      const double p = sigmoid(llr);
      const auto bin = std::min(kBins - 1, static_cast<std::size_t>(p * kBins));
      const double w = 0.5 / static_cast<double>(scores.size());
      weight[bin] += w;
      confidence[bin] += w * p;
      truth[bin] += w * label;
    }
  };
  add(ai, 1);
  add(human, 0);
  double error = 0;
  for (std::size_t b = 0; b < kBins; ++b) error += std::abs(confidence[b] - truth[b]);
  return error;
}

double sigmoid(double x) {
  return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
}

double logit(double p) { return std::log(p) - std::log1p(-p); }

double mean(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace brandiron::detect
