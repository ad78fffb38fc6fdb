// The shortcut probe: how well do seven numbers that ignore the music tell the classes apart?
#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron::detect {

inline constexpr std::size_t kNumContentFree = 7;
using ContentFree = std::array<double, kNumContentFree>;

/// Loudness (gated RMS, dBFS), peak (dBFS), crest (dB), side over mid (dB), 95 % roll-off (kHz),
/// energy above over below 4 kHz (dB), share of silent 46 ms blocks.
ContentFree content_free_features(const AudioBuffer& audio);

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
