#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "brandiron/models/witten_bell.h"

namespace brandiron::models {
namespace {

// 0 1 0 1 0 2 as bigrams.
WittenBell bigrams() {
  WittenBell model(3);
  const std::vector<int> text = {0, 1, 0, 1, 0, 2};
  for (std::size_t i = 1; i < text.size(); ++i) model.count(std::array{text[i - 1]}, text[i]);
  return model;
}

TEST(WittenBell, GivesTheFormulasNumbers) {
  // Empty context: five tokens, three kinds: P(1) = (2 + 3 / 3) / 8.
  const double unigram = 3.0 / 8.0;
  // After 0: 1 twice, 2 once: P(1 | 0) = (2 + 2 unigram) / 5.
  EXPECT_NEAR(bigrams().log_probability(std::array{0}, 1), std::log((2 + 2 * unigram) / 5), 1e-12);
  // Nothing was seen after 2: the shorter context stands.
  EXPECT_NEAR(bigrams().log_probability(std::array{2}, 1), std::log(unigram), 1e-12);
  EXPECT_NEAR(WittenBell(4).log_probability({}, 3), std::log(0.25), 1e-12);
}

TEST(WittenBell, ProbabilitiesSumToOneInEveryContext) {
  for (const int before : {0, 1, 2}) {
    double sum = 0;
    for (int token = 0; token < 3; ++token) {
      sum += std::exp(bigrams().log_probability(std::array{before}, token));
    }
    EXPECT_NEAR(sum, 1.0, 1e-12) << before;
  }
}

}  // namespace
}  // namespace brandiron::models
