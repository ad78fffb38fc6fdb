#include "generator_study/estimate.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "brandiron/core/rng.h"
#include "watermark_study/statistics.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kResamples = 1000, kDivergenceResamples = 200;
constexpr std::uint64_t kSeed = 20241129;

void set_percentiles(std::vector<double>& values, Figure& figure) {
  std::sort(values.begin(), values.end());
  figure.low = values[values.size() / 40];
  figure.high = values[values.size() - 1 - values.size() / 40];
}

}  // namespace

Figure share_figure(double k, double n) {
  const Interval interval = wilson(k, n);
  return {n > 0 ? k / n : 0, interval.low, interval.high, static_cast<std::size_t>(n)};
}

Figure ratio_figure(const std::vector<Part>& songs) {
  std::vector<Part> parts;
  Part total;
  for (const Part& part : songs) {
    if (part.n <= 0) continue;
    parts.push_back(part);
    total.k += part.k;
    total.n += part.n;
  }
  if (parts.empty()) return {};
  Figure figure{total.k / total.n, 0, 0, static_cast<std::size_t>(total.n)};
  const bool agree = std::all_of(parts.begin(), parts.end(), [&](const Part& part) {
    return part.k * parts[0].n == parts[0].k * part.n;
  });
  if (agree) {
    const auto n = static_cast<double>(parts.size());
    const Interval interval = wilson(figure.value * n, n);
    figure.low = interval.low;
    figure.high = interval.high;
    return figure;
  }
  Rng rng(kSeed, "generator-study/ratio");
  std::vector<double> values(kResamples);
  for (double& value : values) {
    Part sum;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[rng.below(static_cast<std::uint32_t>(parts.size()))];
      sum.k += part.k;
      sum.n += part.n;
    }
    value = sum.k / sum.n;
  }
  set_percentiles(values, figure);
  return figure;
}

Figure quantile_figure(std::vector<double> values, double q) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  const auto at = [&](double rank) {
    return values[static_cast<std::size_t>(std::clamp(std::floor(rank), 0.0, n - 1))];
  };
  const double half = 1.959964 * std::sqrt(n * q * (1 - q));
  return {at(q * (n - 1)), at(q * (n - 1) - half), at(q * (n - 1) + half + 1), values.size()};
}

double divergence_bits(const Counts& a, const Counts& b) {
  double sum_a = 0, sum_b = 0;
  std::set<std::string> keys;
  for (const auto& [key, n] : a) sum_a += n, keys.insert(key);
  for (const auto& [key, n] : b) sum_b += n, keys.insert(key);
  if (sum_a <= 0 || sum_b <= 0) return 1;
  double bits = 0;
  for (const std::string& key : keys) {
    const auto in_a = a.find(key), in_b = b.find(key);
    const double p = in_a == a.end() ? 0 : in_a->second / sum_a;
    const double q = in_b == b.end() ? 0 : in_b->second / sum_b;
    const double m = 0.5 * (p + q);
    if (p > 0) bits += 0.5 * p * std::log2(p / m);
    if (q > 0) bits += 0.5 * q * std::log2(q / m);
  }
  return bits;
}

Figure divergence_figure(const std::vector<Counts>& songs, const Counts& reference) {
  Counts all;
  double n = 0;
  for (const Counts& song : songs) {
    for (const auto& [key, count] : song) all[key] += count, n += count;
  }
  Figure figure{divergence_bits(all, reference), 0, 0, static_cast<std::size_t>(n)};
  if (songs.empty()) return figure;
  Rng rng(kSeed, "generator-study/divergence");
  std::vector<double> values(kDivergenceResamples);
  for (double& value : values) {
    Counts drawn;
    for (std::size_t i = 0; i < songs.size(); ++i) {
      for (const auto& [key, count] : songs[rng.below(static_cast<std::uint32_t>(songs.size()))]) {
        drawn[key] += count;
      }
    }
    value = divergence_bits(drawn, reference);
  }
  set_percentiles(values, figure);
  return figure;
}

}  // namespace brandiron::experiments
