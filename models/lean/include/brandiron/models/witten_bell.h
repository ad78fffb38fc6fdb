#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <vector>

namespace brandiron::models {

/// The rival that a sequence model has to beat: interpolated Witten-Bell n-grams,
/// P(w | c) = (n(c w) + t(c) P(w | shorter c)) / (n(c) + t(c)), where t(c) counts the different
/// tokens seen after c; the empty context falls back to the uniform distribution.
///
/// A context is a list of features, the most important first; shorter contexts drop from its end.
/// With the last tokens as features, newest first, this is the usual n-gram; any other condition
/// may stand among them.
/// @see Witten and Bell, "The zero-frequency problem", IEEE Trans. Information Theory 37, 1991.
class WittenBell {
 public:
  /// `tokens`: size of the vocabulary, >= 1.
  explicit WittenBell(int tokens) : tokens_(tokens) {}

  void count(std::span<const int> context, int token);
  /// ln P, finite for every token of the vocabulary.
  double log_probability(std::span<const int> context, int token) const;

 private:
  struct Node {
    double total = 0;
    std::map<int, double> of_token;
  };
  int tokens_;
  std::map<std::vector<int>, Node> nodes_;
};

}  // namespace brandiron::models
