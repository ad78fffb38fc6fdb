#include "watermark_study/statistics.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/classification.h"
#include "brandiron/core/rng.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kResamples = 2000;
constexpr std::uint64_t kSeed = 20240607;

struct Cluster {
  double sum = 0, n = 0;
};

bool all_agree(const std::vector<Cluster>& clusters) {
  return std::all_of(clusters.begin(), clusters.end(), [&](const Cluster& c) {
    return c.sum * clusters[0].n == clusters[0].sum * c.n;
  });
}

// Files are drawn again with all that belongs to them: trials of one file are not independent.
Interval bootstrap(const std::vector<Cluster>& clusters) {
  Rng rng(kSeed, "clustered-interval");
  const auto n = static_cast<std::uint32_t>(clusters.size());
  std::vector<double> means(kResamples);
  for (double& mean : means) {
    Cluster total;
    for (std::uint32_t i = 0; i < n; ++i) {
      const Cluster& c = clusters[rng.below(n)];
      total.sum += c.sum;
      total.n += c.n;
    }
    mean = total.sum / total.n;
  }
  std::sort(means.begin(), means.end());
  return {means[kResamples / 40], means[kResamples - 1 - kResamples / 40]};
}

}  // namespace

Interval wilson(double k, double n) {
  const auto [low, high] = wilson_95(k, n);
  return {low, high};
}

Estimate clustered_estimate(const std::map<std::string, std::vector<double>>& by_file, bool share) {
  std::vector<Cluster> clusters;
  Cluster total;
  for (const auto& [file, values] : by_file) {
    if (values.empty()) continue;
    Cluster c;
    for (const double v : values) c.sum += v;
    c.n = static_cast<double>(values.size());
    total.sum += c.sum;
    total.n += c.n;
    clusters.push_back(c);
  }
  Estimate estimate;
  estimate.n = static_cast<std::size_t>(total.n);
  estimate.clusters = clusters.size();
  if (clusters.empty()) return estimate;
  estimate.value = total.sum / total.n;
  Interval interval{estimate.value, estimate.value};
  if (share && all_agree(clusters)) {
    const auto n = static_cast<double>(clusters.size());
    interval = wilson(estimate.value * n, n);
    estimate.method = "wilson";
  } else {
    interval = bootstrap(clusters);
    estimate.method = "bootstrap";
  }
  estimate.low = interval.low;
  estimate.high = interval.high;
  return estimate;
}

std::vector<DetPoint> det_curve(std::vector<double> marked, std::vector<double> unmarked) {
  std::sort(marked.begin(), marked.end(), std::greater<>());
  std::sort(unmarked.begin(), unmarked.end(), std::greater<>());
  std::vector<double> thresholds = marked;
  thresholds.insert(thresholds.end(), unmarked.begin(), unmarked.end());
  std::sort(thresholds.begin(), thresholds.end(), std::greater<>());
  thresholds.erase(std::unique(thresholds.begin(), thresholds.end()), thresholds.end());
  std::vector<DetPoint> points;
  const auto share = [](const std::vector<double>& falling, double t) {
    const auto end = std::upper_bound(falling.begin(), falling.end(), t, std::greater<>());
    return falling.empty()
               ? 0.0
               : static_cast<double>(end - falling.begin()) / static_cast<double>(falling.size());
  };
  for (const double t : thresholds) {
    points.push_back({t, share(unmarked, t), 1 - share(marked, t)});
  }
  return points;
}

}  // namespace brandiron::experiments
