#include "closed_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "brandiron/core/error.h"
#include "statistics.h"

namespace brandiron::detect {
namespace {

/// A square matrix, row-major. Small enough here that plain loops do.
struct Square {
  std::size_t n;
  std::vector<double> data;
  explicit Square(std::size_t size) : n(size), data(size * size, 0.0) {}
  double* row(std::size_t i) { return data.data() + i * n; }
  const double* row(std::size_t i) const { return data.data() + i * n; }
};

/// Adds weight * x x^T to the lower half.
void add_outer(Square& m, std::span<const double> x, double weight) {
  for (std::size_t i = 0; i < m.n; ++i) {
    const double w = weight * x[i];
    double* row = m.row(i);
    for (std::size_t j = 0; j <= i; ++j) row[j] += w * x[j];
  }
}

/// The lower half becomes L with L L^T = m; m must be positive definite.
void factorise(Square& m) {
  for (std::size_t i = 0; i < m.n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = m.row(i)[j];
      for (std::size_t k = 0; k < j; ++k) sum -= m.row(i)[k] * m.row(j)[k];
      m.row(i)[j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / m.row(j)[j];
    }
  }
}

/// x with L x = b.
void solve_lower(const Square& lower, std::vector<double>& x) {
  for (std::size_t i = 0; i < lower.n; ++i) {
    for (std::size_t k = 0; k < i; ++k) x[i] -= lower.row(i)[k] * x[k];
    x[i] /= lower.row(i)[i];
  }
}

/// x with L^T x = b.
void solve_upper(const Square& lower, std::vector<double>& x) {
  for (std::size_t i = lower.n; i-- > 0;) {
    for (std::size_t k = i + 1; k < lower.n; ++k) x[i] -= lower.row(k)[i] * x[k];
    x[i] /= lower.row(i)[i];
  }
}

/// Standardises the rows and remembers how; a 1 at the end of each stands for the bias.
std::vector<double> standardise(const LabelledRows& rows, LogisticModel& model) {
  const std::size_t d = rows.width;
  model.mean.assign(d, 0.0);
  model.deviation.assign(d, 0.0);
  double total = 0;
  for (const double w : rows.weights) total += w;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto x = rows.row(i);
    for (std::size_t k = 0; k < d; ++k) model.mean[k] += rows.weights[i] * x[k] / total;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto x = rows.row(i);
    for (std::size_t k = 0; k < d; ++k) {
      model.deviation[k] +=
          rows.weights[i] * (x[k] - model.mean[k]) * (x[k] - model.mean[k]) / total;
    }
  }
  for (double& v : model.deviation) v = std::sqrt(v) + 1e-6;
  std::vector<double> z;
  z.reserve(rows.size() * (d + 1));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto x = rows.row(i);
    for (std::size_t k = 0; k < d; ++k) z.push_back((x[k] - model.mean[k]) / model.deviation[k]);
    z.push_back(1);
  }
  return z;
}

/// The balanced log likelihood of one fit, to be minimised.
class LogisticFit {
 public:
  LogisticFit(const LabelledRows& rows, std::vector<double> z, double ridge)
      : rows_(rows), z_(std::move(z)), ridge_(ridge), d_(rows.width + 1) {}

  double loss(std::span<const double> beta) const {
    double sum = 0;
    for (std::size_t k = 0; k + 1 < d_; ++k) sum += 0.5 * ridge_ * beta[k] * beta[k];
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double z = dot(i, beta);
      sum += rows_.weights[i] *
             (std::max(z, 0.0) + std::log1p(std::exp(-std::abs(z))) - rows_.targets[i] * z);
    }
    return sum;
  }

  /// Newton's direction.
  std::vector<double> direction(std::span<const double> beta) const {
    Square hessian(d_);
    std::vector<double> gradient(d_, 0.0);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const double p = sigmoid(dot(i, beta));
      const auto x = std::span(z_).subspan(i * d_, d_);
      const double error = rows_.weights[i] * (p - rows_.targets[i]);
      for (std::size_t k = 0; k < d_; ++k) gradient[k] += error * x[k];
      add_outer(hessian, x, std::max(rows_.weights[i] * p * (1 - p), 1e-12));
    }
    for (std::size_t k = 0; k < d_; ++k) {
      const double ridge = k + 1 < d_ ? ridge_ : 1e-9;
      gradient[k] += ridge * beta[k];
      hessian.row(k)[k] += ridge;
    }
    factorise(hessian);
    solve_lower(hessian, gradient);
    solve_upper(hessian, gradient);
    return gradient;
  }

 private:
  double dot(std::size_t i, std::span<const double> beta) const {
    double sum = 0;
    for (std::size_t k = 0; k < d_; ++k) sum += z_[i * d_ + k] * beta[k];
    return sum;
  }

  const LabelledRows& rows_;
  std::vector<double> z_;
  double ridge_;
  std::size_t d_;
};

}  // namespace

void LabelledRows::add(std::span<const double> row, double target, double weight) {
  width = row.size();
  values.insert(values.end(), row.begin(), row.end());
  targets.push_back(target);
  weights.push_back(weight);
}

void balance(LabelledRows& rows) {
  double ones = 0, zeros = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    (rows.targets[i] > 0.5 ? ones : zeros) += rows.weights[i];
  }
  if (ones <= 0 || zeros <= 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "logistic regression: rows of one class only; check the manifest");
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows.weights[i] *= 0.5 / (rows.targets[i] > 0.5 ? ones : zeros);
  }
}

double LogisticModel::logit(std::span<const double> row) const {
  if (row.size() != weights.size()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("logistic regression: a row of {}, expected {}", row.size(), weights.size()));
  }
  double sum = bias;
  for (std::size_t i = 0; i < row.size(); ++i) {
    sum += weights[i] * (row[i] - mean[i]) / deviation[i];
  }
  return sum;
}

LogisticModel fit_logistic(LabelledRows rows, double ridge) {
  balance(rows);
  LogisticModel model;
  std::vector<double> z = standardise(rows, model);
  const LogisticFit fit(rows, std::move(z), ridge);
  std::vector<double> beta(rows.width + 1, 0.0);
  double loss = fit.loss(beta);
  constexpr int kMostIterations = 30;
  for (int i = 0; i < kMostIterations; ++i) {
    const std::vector<double> direction = fit.direction(beta);
    double step = 1, next = 0;
    std::vector<double> tried;
    do {
      tried = beta;
      for (std::size_t k = 0; k < beta.size(); ++k) tried[k] -= step * direction[k];
      next = fit.loss(tried);
      step /= 2;
    } while (next > loss && step > 1e-6);
    if (!(next < loss)) break;
    const bool done = loss - next < 1e-9;
    beta = tried;
    loss = next;
    if (done) break;
  }
  model.weights.assign(beta.begin(), beta.end() - 1);
  model.bias = beta.back();
  return model;
}

double held_out_auc(const LabelledRows& rows, std::span<const int> folds, double ridge) {
  std::vector<double> positives, negatives;
  for (const int fold : std::set<int>(folds.begin(), folds.end())) {
    LabelledRows others;
    std::set<bool> targets;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (folds[i] == fold) continue;
      others.add(rows.row(i), rows.targets[i], rows.weights[i]);
      targets.insert(rows.targets[i] > 0.5);
    }
    if (targets.size() < 2) continue;
    const LogisticModel model = fit_logistic(std::move(others), ridge);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (folds[i] != fold) continue;
      (rows.targets[i] > 0.5 ? positives : negatives).push_back(model.logit(rows.row(i)));
    }
  }
  return roc_auc(positives, negatives);
}

double Gaussian::distance(std::span<const double> row) const {
  const std::size_t width = mean.size();
  if (row.size() != width) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("novelty: a row of {}, expected {}", row.size(), width));
  }
  double total = 0;
  for (std::size_t i = 0; i < width; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j <= i; ++j) {
      sum += static_cast<double>(whitener[i * width + j]) * (row[j] - static_cast<double>(mean[j]));
    }
    total += sum * sum;
  }
  return total / static_cast<double>(width);
}

Gaussian fit_gaussian(std::span<const double> rows, std::size_t width, double shrinkage) {
  const std::size_t n = width == 0 ? 0 : rows.size() / width;
  if (n < 2) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("novelty: {} human recordings, expected two or more", n));
  }
  std::vector<double> mean(width, 0.0), centred(width);
  for (std::size_t i = 0; i < rows.size(); ++i) mean[i % width] += rows[i] / static_cast<double>(n);
  Square covariance(width);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < width; ++k) centred[k] = rows[i * width + k] - mean[k];
    add_outer(covariance, centred, 1 / static_cast<double>(n - 1));
  }
  double trace = 0;
  for (std::size_t k = 0; k < width; ++k) trace += covariance.row(k)[k];
  for (std::size_t i = 0; i < width; ++i) {
    for (std::size_t j = 0; j < i; ++j) covariance.row(i)[j] *= 1 - shrinkage;
    covariance.row(i)[i] += 1e-6 + 1e-3 * trace / static_cast<double>(width);
  }
  factorise(covariance);
  Gaussian gaussian;
  gaussian.mean.assign(mean.begin(), mean.end());
  gaussian.whitener.assign(width * width, 0.0F);
  for (std::size_t j = 0; j < width; ++j) {
    std::vector<double> unit(width, 0.0);
    unit[j] = 1;
    solve_lower(covariance, unit);
    for (std::size_t i = j; i < width; ++i) {
      gaussian.whitener[i * width + j] = static_cast<float>(unit[i]);
    }
  }
  return gaussian;
}

}  // namespace brandiron::detect
