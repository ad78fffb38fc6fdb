#include "content_free.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "statistics.h"

namespace brandiron::detect {

ContentFreeBaseline::ContentFreeBaseline(std::span<const ContentFree> rows,
                                         std::span<const int> labels) {
  const double n = static_cast<double>(std::max<std::size_t>(rows.size(), 1));
  for (std::size_t k = 0; k < kNumContentFree; ++k) {
    double sum = 0, squares = 0;
    for (const ContentFree& row : rows) sum += row[k];
    mean_[k] = sum / n;
    for (const ContentFree& row : rows) squares += std::pow(row[k] - mean_[k], 2);
    deviation_[k] = std::sqrt(squares / n) + 1e-6;
  }
  const double positives = static_cast<double>(std::count(labels.begin(), labels.end(), 1));
  const double negatives = static_cast<double>(labels.size()) - positives;
  constexpr int kIterations = 800;
  constexpr double kRate = 1.0, kRidge = 1e-3;
  for (int i = 0; i < kIterations; ++i) {
    ContentFree gradient{};
    double bias_gradient = 0;
    for (std::size_t r = 0; r < rows.size(); ++r) {
      const double weight = 0.5 / std::max(1.0, labels[r] == 1 ? positives : negatives);
      const double error = weight * (sigmoid(logit(rows[r])) - labels[r]);
      for (std::size_t k = 0; k < kNumContentFree; ++k) {
        gradient[k] += error * (rows[r][k] - mean_[k]) / deviation_[k];
      }
      bias_gradient += error;
    }
    for (std::size_t k = 0; k < kNumContentFree; ++k) {
      weight_[k] -= kRate * (gradient[k] + kRidge * weight_[k]);
    }
    bias_ -= kRate * bias_gradient;
  }
}

double ContentFreeBaseline::logit(const ContentFree& row) const {
  double sum = bias_;
  for (std::size_t k = 0; k < kNumContentFree; ++k) {
    sum += weight_[k] * (row[k] - mean_[k]) / deviation_[k];
  }
  return sum;
}

double content_free_auc(std::span<const ContentFree> rows, std::span<const int> labels,
                        std::span<const int> folds) {
  std::vector<double> ai, human;
  for (const int fold : std::set<int>(folds.begin(), folds.end())) {
    std::vector<ContentFree> train_rows;
    std::vector<int> train_labels;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (folds[i] == fold) continue;
      train_rows.push_back(rows[i]);
      train_labels.push_back(labels[i]);
    }
    const ContentFreeBaseline baseline(train_rows, train_labels);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (folds[i] == fold) (labels[i] == 1 ? ai : human).push_back(baseline.logit(rows[i]));
    }
  }
  return auc(ai, human);
}

}  // namespace brandiron::detect
