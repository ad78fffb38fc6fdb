#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace brandiron::experiments {

struct LogisticModel {
  std::vector<double> weights;
  double bias = 0;
  double logit(std::span<const float> features) const;
};

/// Plain logistic regression: |w|^2 / 2 + c sum_i s_i log(1 + exp(-y_i (w x_i + b))), with s_i such
/// that both classes weigh half of all; the bias is not penalised. Minimised by L-BFGS.
/// @param rows  equally long, shape (n, features)
/// @param positive  of each row
/// @throws Error(kInvalidArgument) when a class is empty.
/// @see Nocedal, Wright, "Numerical optimization", algorithm 7.5.
LogisticModel fit_logistic(const std::vector<std::span<const float>>& rows,
                           const std::vector<bool>& positive, double c = 1);

}  // namespace brandiron::experiments
