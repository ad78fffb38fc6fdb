#include "detector_study/logistic.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "brandiron/core/classification.h"
#include "brandiron/core/error.h"

namespace brandiron::experiments {
namespace {

using Vector = std::vector<double>;

constexpr int kIterations = 500;
constexpr std::size_t kMemory = 10;
constexpr double kTolerance = 1e-6;

// Four sums side by side: one alone would wait for itself.
template <class T>
double dot(const T* a, const double* b, std::size_t n) {
  double sums[4] = {0, 0, 0, 0};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (std::size_t k = 0; k < 4; ++k) sums[k] += static_cast<double>(a[i + k]) * b[i + k];
  }
  for (; i < n; ++i) sums[0] += static_cast<double>(a[i]) * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

double dot(const Vector& a, const Vector& b) { return dot(a.data(), b.data(), a.size()); }

template <class T>
void add_scaled(Vector& to, double factor, const T* from, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] += factor * static_cast<double>(from[i]);
}

void add_scaled(Vector& to, double factor, const Vector& from) {
  add_scaled(to, factor, from.data(), from.size());
}

Vector difference(Vector a, const Vector& b) {
  add_scaled(a, -1, b);
  return a;
}

double largest(const Vector& a) {
  double most = 0;
  for (const double x : a) most = std::max(most, std::abs(x));
  return most;
}

/// The objective over (w, b), b last.
class Objective {
 public:
  Objective(const std::vector<std::span<const float>>& rows, const std::vector<bool>& positive,
            double c)
      : rows_(rows), positive_(positive) {
    const auto count = static_cast<double>(std::count(positive.begin(), positive.end(), true));
    const auto all = static_cast<double>(rows.size());
    for (const bool yes : positive) weight_.push_back(c * all / (2 * (yes ? count : all - count)));
  }

  std::size_t size() const { return rows_[0].size() + 1; }

  double value(const Vector& at, Vector& gradient) const {
    const std::size_t width = rows_[0].size();
    gradient.assign(at.begin(), at.end());
    gradient[width] = 0;
    double loss = 0.5 * dot(at.data(), at.data(), width);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double sign = positive_[i] ? 1 : -1;
      const double margin = sign * (dot(rows_[i].data(), at.data(), width) + at[width]);
      loss += weight_[i] * (std::max(-margin, 0.0) + std::log1p(std::exp(-std::abs(margin))));
      const double slope = -weight_[i] * sign * sigmoid(-margin);
      add_scaled(gradient, slope, rows_[i].data(), width);
      gradient[width] += slope;
    }
    return loss;
  }

 private:
  const std::vector<std::span<const float>>& rows_;
  const std::vector<bool>& positive_;
  Vector weight_;
};

struct Step {
  Vector change, gradient_change;
  double rho;
};

/// The two-loop recursion: about the inverse Hessian times `gradient`, downhill.
Vector direction(const std::deque<Step>& steps, const Vector& gradient) {
  Vector q(gradient.size(), 0.0);
  add_scaled(q, -1, gradient);
  Vector alpha(steps.size());
  for (std::size_t i = steps.size(); i-- > 0;) {
    alpha[i] = steps[i].rho * dot(steps[i].change, q);
    add_scaled(q, -alpha[i], steps[i].gradient_change);
  }
  if (!steps.empty()) {
    const Step& last = steps.back();
    const double scale = 1 / (last.rho * dot(last.gradient_change, last.gradient_change));
    for (double& x : q) x *= scale;
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const double beta = steps[i].rho * dot(steps[i].gradient_change, q);
    add_scaled(q, alpha[i] - beta, steps[i].change);
  }
  return q;
}

Vector minimise(const Objective& objective) {
  Vector at(objective.size(), 0.0), gradient;
  double value = objective.value(at, gradient);
  std::deque<Step> steps;
  for (int i = 0; i < kIterations; ++i) {
    if (largest(gradient) < kTolerance * std::max(1.0, value)) break;
    const Vector way = direction(steps, gradient);
    const double slope = dot(gradient, way);
    // Backtracking is enough for a convex function: the curvature condition holds by convexity.
    double length = steps.empty() ? std::min(1.0, 1 / std::sqrt(dot(gradient, gradient))) : 1.0;
    Vector next, next_gradient;
    double next_value = 0;
    for (; length > 1e-12; length /= 2) {
      next = at;
      add_scaled(next, length, way);
      next_value = objective.value(next, next_gradient);
      if (next_value <= value + 1e-4 * length * slope) break;
    }
    if (length <= 1e-12) break;
    Step step{difference(next, at), difference(next_gradient, gradient), 0};
    const double curvature = dot(step.change, step.gradient_change);
    if (curvature > 1e-12 * dot(step.change, step.change)) {
      step.rho = 1 / curvature;
      steps.push_back(std::move(step));
      if (steps.size() > kMemory) steps.pop_front();
    }
    at = next;
    gradient = next_gradient;
    value = next_value;
  }
  return at;
}

}  // namespace

double LogisticModel::logit(std::span<const float> features) const {
  double sum = bias;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * features[i];
  return sum;
}

LogisticModel fit_logistic(const std::vector<std::span<const float>>& rows,
                           const std::vector<bool>& positive, double c) {
  const auto yes = std::count(positive.begin(), positive.end(), true);
  if (yes == 0 || yes == static_cast<std::ptrdiff_t>(positive.size())) {
    throw Error(ErrorCode::kInvalidArgument,
                "logistic regression: rows of one class only, expected both");
  }
  LogisticModel model;
  model.weights = minimise(Objective(rows, positive, c));
  model.bias = model.weights.back();
  model.weights.pop_back();
  return model;
}

}  // namespace brandiron::experiments
