#include "brandiron/experiments/control_draws.h"

#include <cmath>
#include <vector>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"

namespace brandiron::experiments {

std::optional<std::uint64_t> control_number(std::uint64_t corpus_seed, const std::string& kind,
                                            double share, std::uint64_t song) {
  if (!(share >= 0 && share <= 1)) {
    throw Error(ErrorCode::kInvalidArgument,
                kind + ": share " + std::to_string(share) + "; expected 0 to 1");
  }
  // Steps of a staircase whose slope is the share; where it begins is drawn.
  const double begin = Rng(corpus_seed, "controls/" + kind).child("begin").uniform();
  const auto step = [&](std::uint64_t s) {
    return static_cast<std::uint64_t>(std::floor(static_cast<double>(s) * share + begin));
  };
  if (step(song + 1) == step(song)) return std::nullopt;
  return step(song);
}

bool is_marked_half(std::uint64_t corpus_seed, const std::string& kind, std::uint64_t number) {
  const bool first = Rng(corpus_seed, "controls/" + kind).child("pair", number / 2).chance(0.5);
  return (number % 2 == 0) == first;
}

std::size_t draw_in_turn(std::uint64_t corpus_seed, const std::string& kind, std::uint64_t number,
                         std::size_t size) {
  if (size == 0) throw Error(ErrorCode::kInvalidArgument, kind + ": nothing to draw from");
  std::vector<std::uint32_t> order(size);
  Rng(corpus_seed, "controls/" + kind).child("turn", number / size).shuffle(order);
  return order[number % size];
}

}  // namespace brandiron::experiments
