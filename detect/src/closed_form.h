// What is fitted without a network: logistic regression and a Gaussian.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace brandiron::detect {

/// Rows of numbers with what is known of each.
struct LabelledRows {
  std::size_t width = 0;
  std::vector<double> values;   ///< (rows, width)
  std::vector<double> targets;  ///< 0 or 1
  std::vector<double> weights;  ///< how much a row counts

  std::size_t size() const { return targets.size(); }
  void add(std::span<const double> row, double target, double weight);
  std::span<const double> row(std::size_t i) const {
    return std::span(values).subspan(i * width, width);
  }
};

/// Scales the weights of each target to a sum of one half.
void balance(LabelledRows& rows);

/// Logistic regression on standardised columns with a ridge.
struct LogisticModel {
  std::vector<double> mean, deviation, weights;
  double bias = 0;

  bool empty() const { return weights.empty(); }
  /// @throws Error(kInvalidArgument) for a row of another width.
  double logit(std::span<const double> row) const;
};

/// Newton's method on the balanced log likelihood minus ridge/2 |weights|^2.
/// @throws Error(kInvalidArgument) when a target does not occur.
LogisticModel fit_logistic(LabelledRows rows, double ridge);

/// AUC of scores given to rows by models that have not seen their fold, pooled over folds; folds
/// whose complement holds one target only are left out.
double held_out_auc(const LabelledRows& rows, std::span<const int> folds, double ridge);

/// A Gaussian whose covariance is shrunk towards its diagonal; distances are in whitened space.
struct Gaussian {
  std::vector<float> mean;
  std::vector<float> whitener;  ///< (width, width), row-major: inverse of the Cholesky factor

  bool empty() const { return mean.empty(); }
  /// Squared Mahalanobis distance over the number of dimensions: about 1 for its own kind.
  double distance(std::span<const double> row) const;
};

/// @param rows (n, width). @throws Error(kInvalidArgument) for fewer than two rows.
Gaussian fit_gaussian(std::span<const double> rows, std::size_t width, double shrinkage);

}  // namespace brandiron::detect
