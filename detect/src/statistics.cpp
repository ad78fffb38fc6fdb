#include "statistics.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <numeric>
#include <vector>

#include "brandiron/core/error.h"

namespace brandiron::detect {
namespace {

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

double true_positive_rate(std::span<const double> positives, std::span<const double> negatives,
                          double rate) {
  if (positives.empty() || negatives.empty()) return 0;
  return share_above(positives, threshold_at(negatives, rate));
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
  const auto probabilities = [](std::span<const double> llrs) {
    std::vector<double> p;
    for (const double llr : llrs) p.push_back(sigmoid(llr));
    return p;
  };
  return balanced_calibration_error(probabilities(ai), probabilities(human));
}

double logit(double p) { return std::log(p) - std::log1p(-p); }

double mean(std::span<const double> values) {
  if (values.empty()) return 0;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace brandiron::detect
