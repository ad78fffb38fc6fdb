#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace brandiron::experiments {

/// How often each clip was drawn, shape (draws, clips): whole clusters of each class are drawn
/// again with replacement, classes apart.
class Draws {
 public:
  struct Member {
    std::size_t clip;  ///< below `num_clips`
    bool positive;
    std::string cluster;
  };
  Draws(const std::vector<Member>& members, std::size_t num_clips, std::size_t draws,
        std::uint64_t seed);
  /// False when a class has fewer than two clusters: there is nothing to draw.
  bool usable() const { return usable_; }
  std::size_t size() const { return draws_; }
  std::span<const std::uint16_t> weights(std::size_t draw) const {
    return std::span(counts_).subspan(draw * num_clips_, num_clips_);
  }

 private:
  std::size_t num_clips_, draws_;
  bool usable_ = true;
  std::vector<std::uint16_t> counts_;
};

/// Scores of two classes in order, for figures under many weightings of the same clips. Without
/// weights the figures equal those of core/classification.h.
class Ranked {
 public:
  struct Item {
    double score;
    std::size_t clip;
    bool positive;
  };
  explicit Ranked(std::vector<Item> items);
  bool empty() const { return positives_ == 0 || negatives_ == 0; }

  double auc(std::span<const std::uint16_t> weights) const;
  double equal_error_rate(std::span<const std::uint16_t> weights) const;
  /// Share of positives above the smallest threshold that flags at most floor(rate * negatives).
  double tpr_at(double rate, std::span<const std::uint16_t> weights) const;

 private:
  std::vector<Item> items_;  ///< scores rise
  std::size_t positives_ = 0, negatives_ = 0;
};

/// The middle 95 % of `values`; none when there are fewer than 20.
std::optional<std::pair<double, double>> middle_95(std::vector<double> values);

}  // namespace brandiron::experiments
