#include "detector_study/ranked.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/rng.h"

namespace brandiron::experiments {
namespace {

using Clusters = std::vector<std::vector<std::size_t>>;

Clusters clusters_of(const std::vector<Draws::Member>& members, bool positive) {
  std::map<std::string, std::vector<std::size_t>> found;
  for (const Draws::Member& m : members) {
    if (m.positive == positive) found[m.cluster].push_back(m.clip);
  }
  Clusters clusters;
  for (auto& [name, clips] : found) clusters.push_back(std::move(clips));
  return clusters;
}

struct Totals {
  double positive = 0, negative = 0;
};

}  // namespace

Draws::Draws(const std::vector<Member>& members, std::size_t num_clips, std::size_t draws,
             std::uint64_t seed)
    : num_clips_(num_clips), draws_(draws) {
  const Clusters classes[2] = {clusters_of(members, true), clusters_of(members, false)};
  usable_ = classes[0].size() >= 2 && classes[1].size() >= 2;
  if (!usable_) return;
  counts_.assign(draws * num_clips, 0);
  Rng rng(seed, "evaluate/detector/bootstrap");
  for (std::size_t d = 0; d < draws; ++d) {
    for (const Clusters& clusters : classes) {
      const auto n = static_cast<std::uint32_t>(clusters.size());
      for (std::uint32_t i = 0; i < n; ++i) {
        for (const std::size_t clip : clusters[rng.below(n)]) ++counts_[d * num_clips + clip];
      }
    }
  }
}

Ranked::Ranked(std::vector<Item> items) : items_(std::move(items)) {
  std::stable_sort(items_.begin(), items_.end(),
                   [](const Item& a, const Item& b) { return a.score < b.score; });
  for (const Item& item : items_) ++(item.positive ? positives_ : negatives_);
}

namespace {

/// Calls `at(positive, negative)` with the weights of each group of equal scores, rising.
template <class At>
void each_tie(const std::vector<Ranked::Item>& items, std::span<const std::uint16_t> weights,
              const At& at) {
  for (std::size_t i = 0; i < items.size();) {
    double positive = 0, negative = 0;
    const double score = items[i].score;
    for (; i < items.size() && items[i].score == score; ++i) {
      const double w = weights.empty() ? 1.0 : weights[items[i].clip];
      (items[i].positive ? positive : negative) += w;
    }
    if (positive + negative > 0) at(positive, negative);
  }
}

Totals totals_of(const std::vector<Ranked::Item>& items, std::span<const std::uint16_t> weights) {
  Totals totals;
  each_tie(items, weights, [&](double positive, double negative) {
    totals.positive += positive;
    totals.negative += negative;
  });
  return totals;
}

}  // namespace

double Ranked::auc(std::span<const std::uint16_t> weights) const {
  double wins = 0, below = 0, positives = 0;
  each_tie(items_, weights, [&](double positive, double negative) {
    wins += positive * (below + 0.5 * negative);
    below += negative;
    positives += positive;
  });
  return positives > 0 && below > 0 ? wins / positives / below : 0.5;
}

double Ranked::equal_error_rate(std::span<const std::uint16_t> weights) const {
  const Totals totals = totals_of(items_, weights);
  if (totals.positive <= 0 || totals.negative <= 0) return 0.5;
  double missed = 0, passed = 0, last_miss = 0, last_alarm = 1, rate = 0.5;
  bool found = false;
  each_tie(items_, weights, [&](double positive, double negative) {
    if (found) return;
    missed += positive;
    passed += negative;
    const double miss = missed / totals.positive, alarm = 1 - passed / totals.negative;
    if (miss >= alarm) {
      const double before = last_alarm - last_miss, after = miss - alarm;
      const double share = before + after > 0 ? before / (before + after) : 0.5;
      rate = last_alarm + share * (alarm - last_alarm);
      found = true;
    }
    last_miss = miss;
    last_alarm = alarm;
  });
  return rate;
}

double Ranked::tpr_at(double rate, std::span<const std::uint16_t> weights) const {
  const Totals totals = totals_of(items_, weights);
  if (totals.positive <= 0) return 0;
  const double allowed = std::floor(rate * totals.negative + 1e-9);
  if (allowed >= totals.negative) return 1;
  // What lies above the first negative, from the top, that may not be flagged.
  double caught = 0, flagged = 0;
  for (std::size_t i = items_.size(); i > 0;) {
    const double score = items_[i - 1].score;
    double positive = 0, negative = 0;
    for (; i > 0 && items_[i - 1].score == score; --i) {
      const double w = weights.empty() ? 1.0 : weights[items_[i - 1].clip];
      (items_[i - 1].positive ? positive : negative) += w;
    }
    if (flagged + negative > allowed) break;
    flagged += negative;
    caught += positive;
  }
  return caught / totals.positive;
}

std::optional<std::pair<double, double>> middle_95(std::vector<double> values) {
  if (values.size() < 20) return std::nullopt;
  std::sort(values.begin(), values.end());
  const std::size_t tail = values.size() / 40;
  return std::pair(values[tail], values[values.size() - 1 - tail]);
}

}  // namespace brandiron::experiments
