#include "composition/sampler.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"

namespace brandiron::gen {

double entropy_bits(std::span<const double> weights) {
  double sum = 0, weighted = 0;
  for (const double w : weights) {
    if (!(w > 0)) continue;
    sum += w;
    weighted += w * det::log2(w);
  }
  return sum > 0 ? std::max(0.0, det::log2(sum) - weighted / sum) : 0.0;
}

void Sampler::record(Draw kind, double bits) {
  DrawLedger::Count& count = ledger_->of(kind);
  ++count.draws;
  count.bits += bits;
}

std::size_t Sampler::pick(Draw kind, std::span<const double> weights) {
  const std::size_t choice = rng_.pick(weights);
  record(kind, entropy_bits(weights));
  return choice;
}

std::size_t Sampler::pick_log(Draw kind, std::span<const float> log_weights, double temperature) {
  constexpr float kNever = -std::numeric_limits<float>::infinity();
  const float top =
      log_weights.empty() ? kNever : *std::max_element(log_weights.begin(), log_weights.end());
  if (!(temperature > 0) || !(top > kNever)) {
    throw Error(ErrorCode::kInvalidArgument, "sampler: nothing to draw from, or no temperature");
  }
  std::vector<double> weights;
  weights.reserve(log_weights.size());
  for (const float w : log_weights) {
    weights.push_back(w > kNever ? det::exp(static_cast<double>(w - top) / temperature) : 0.0);
  }
  return pick(kind, weights);
}

std::uint32_t Sampler::below(Draw kind, std::uint32_t n) {
  const std::uint32_t choice = rng_.below(n);
  record(kind, det::log2(static_cast<double>(n)));
  return choice;
}

bool Sampler::chance(Draw kind, double p) {
  const bool happens = rng_.chance(p);
  const std::array<double, 2> weights = {p, 1 - p};
  record(kind, entropy_bits(weights));
  return happens;
}

}  // namespace brandiron::gen
