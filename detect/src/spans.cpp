#include "spans.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace brandiron::detect {
namespace {

constexpr double kGridS = 0.25;
// Chosen on treated hybrids of the folds (cross_validation.places of metrics.json), none of which
// the network that judged it knew. A lower cost finds more borders, and more that are none.
constexpr double kCurveReachS = 1.0;
constexpr double kSpanReachS = 0.75;
constexpr double kSwitchCost = 5.0;
constexpr double kMostEvidence = 2.0;  // nats a grid point: neighbours say the same again
// Two levels within one recording: this far apart (in nats, and in deviations within a level), each
// heard for two seconds; the level between them may lie this far over even odds.
constexpr double kLevelsApart = 3.0, kLevelsClear = 2.5, kMostRaised = 2.0;
constexpr std::size_t kLeastOfLevel = 8;

double mean_within(std::span<const StepScore> steps, double from_s, double to_s, bool& any) {
  const auto first = std::lower_bound(steps.begin(), steps.end(), from_s,
                                      [](const StepScore& s, double t) { return s.time_s < t; });
  double sum = 0, count = 0;
  for (auto it = first; it != steps.end() && it->time_s <= to_s; ++it) {
    sum += it->synthetic;
    ++count;
  }
  any = count > 0;
  return any ? sum / count : 0;
}

/// Log odds of synthetic sound at every grid point; none where nothing was heard.
std::vector<std::optional<double>> evidence_of(std::span<const StepScore> steps, std::size_t count,
                                               const PlattScaling& segment) {
  std::vector<std::optional<double>> evidence(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double centre = (static_cast<double>(i) + 0.5) * kGridS;
    bool any = false;
    const double score = mean_within(steps, centre - kSpanReachS, centre + kSpanReachS, any);
    if (any) evidence[i] = segment.apply(score);
  }
  return evidence;
}

/// Numbers on one side of a level between two.
struct Level {
  double mean = 0, squares = 0;
  std::size_t count = 0;
};

Level level_of(const std::vector<double>& values, double border, bool above) {
  Level level;
  double sum = 0;
  for (const double v : values) {
    if ((v > border) != above) continue;
    sum += v;
    level.squares += v * v;
    ++level.count;
  }
  if (level.count == 0) return level;
  level.mean = sum / static_cast<double>(level.count);
  level.squares -= sum * level.mean;  // now about the mean
  return level;
}

/// Where people of a kind that the detector finds doubtful are cut to a machine, all of it lies
/// above even odds. Two clear levels (two means in one dimension) are then told apart at the middle
/// between them. It only ever raises the bar: no stretch is found that even odds would not find.
double bar_of(const std::vector<std::optional<double>>& points) {
  std::vector<double> evidence;
  for (const auto& point : points) {
    if (point) evidence.push_back(*point);
  }
  if (evidence.empty()) return 0;
  const auto [least, most] = std::minmax_element(evidence.begin(), evidence.end());
  Level low, high;
  double border = (*least + *most) / 2;
  for (int turn = 0; turn < 10; ++turn) {
    low = level_of(evidence, border, false);
    high = level_of(evidence, border, true);
    if (low.count < kLeastOfLevel || high.count < kLeastOfLevel) return 0;
    border = (low.mean + high.mean) / 2;
  }
  const double within =
      std::sqrt((low.squares + high.squares) / static_cast<double>(evidence.size()));
  const double apart = high.mean - low.mean;
  if (apart < kLevelsApart || apart < kLevelsClear * within) return 0;
  return std::clamp(border, 0.0, kMostRaised);
}

}  // namespace

std::vector<DetectSegment> curve_of(std::span<const StepScore> steps, double duration_s,
                                    const PlattScaling& segment, double prior_logit) {
  std::vector<DetectSegment> curve;
  for (double start = 0; start < duration_s; start += 1) {
    const double centre = start + 0.5;
    bool any = false;
    const double score = mean_within(steps, centre - kCurveReachS, centre + kCurveReachS, any);
    if (!any) continue;
    curve.push_back(
        {start, std::min(start + 1, duration_s), sigmoid(segment.apply(score) + prior_logit)});
  }
  return curve;
}

std::vector<SyntheticSpan> spans_of(std::span<const StepScore> steps, double duration_s,
                                    const PlattScaling& segment, double prior_logit) {
  const auto count = static_cast<std::size_t>(std::ceil(duration_s / kGridS));
  if (count == 0 || steps.empty()) return {};
  const auto heard = evidence_of(steps, count, segment);
  const double bar = bar_of(heard);
  // cost[s]: of the best path that ends in state s; from[i][s]: the state before.
  std::array<double, 2> cost{0, 0};
  std::vector<std::array<int, 2>> from(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double evidence =
        heard[i] ? std::clamp(*heard[i] - bar, -kMostEvidence, kMostEvidence) : 0.0;
    std::array<double, 2> next{};
    for (int s = 0; s < 2; ++s) {
      const double stay = cost[static_cast<std::size_t>(s)];
      const double change = cost[static_cast<std::size_t>(1 - s)] + kSwitchCost;
      from[i][static_cast<std::size_t>(s)] = change < stay ? 1 - s : s;
      next[static_cast<std::size_t>(s)] =
          std::min(stay, change) + (s == 1 ? -evidence : evidence) / 2;
    }
    cost = next;
  }
  std::vector<int> state(count);
  int now = cost[1] < cost[0] ? 1 : 0;
  for (std::size_t i = count; i-- > 0;) {
    state[i] = now;
    now = from[i][static_cast<std::size_t>(now)];
  }
  std::vector<SyntheticSpan> spans;
  for (std::size_t i = 0; i < count; ++i) {
    if (state[i] == 0) continue;
    const double start = static_cast<double>(i) * kGridS;
    const double end = std::min(start + kGridS, duration_s);
    if (i > 0 && state[i - 1] == 1) {
      spans.back().end_s = end;
    } else {
      spans.push_back({start, end, 0});
    }
  }
  for (SyntheticSpan& span : spans) {
    bool any = false;
    span.p_ai =
        sigmoid(segment.apply(mean_within(steps, span.start_s, span.end_s, any)) + prior_logit);
  }
  return spans;
}

}  // namespace brandiron::detect
