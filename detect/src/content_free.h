// The shortcut probe: how well do seven numbers that ignore the music tell the classes apart?
#pragma once

#include <span>
#include <string>
#include <vector>

#include "brandiron/core/audio/content_free.h"

namespace brandiron::detect {

using brandiron::content_free_features;
using brandiron::ContentFree;
using brandiron::kNumContentFree;

/// Standardised logistic regression with a ridge, fitted by gradient descent to equal class
/// weights.
class ContentFreeBaseline {
 public:
  ContentFreeBaseline(std::span<const ContentFree> rows, std::span<const int> labels);
  double logit(const ContentFree& row) const;

 private:
  ContentFree mean_{}, deviation_{}, weight_{};
  double bias_ = 0;
};

/// AUC of scores given by baselines that have not seen the row's fold, pooled over folds.
double content_free_auc(std::span<const ContentFree> rows, std::span<const int> labels,
                        std::span<const int> folds);

}  // namespace brandiron::detect
