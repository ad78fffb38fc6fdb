#include "brandiron/models/witten_bell.h"

#include "brandiron/core/det_math.h"

namespace brandiron::models {

void WittenBell::count(std::span<const int> context, int token) {
  for (std::size_t length = 0; length <= context.size(); ++length) {
    Node& node = nodes_[{context.begin(), context.begin() + static_cast<std::ptrdiff_t>(length)}];
    node.total += 1;
    node.of_token[token] += 1;
  }
}

double WittenBell::log_probability(std::span<const int> context, int token) const {
  double p = 1.0 / tokens_;
  for (std::size_t length = 0; length <= context.size(); ++length) {
    const auto found =
        nodes_.find({context.begin(), context.begin() + static_cast<std::ptrdiff_t>(length)});
    if (found == nodes_.end()) break;  // then no longer one was seen either
    const Node& node = found->second;
    const auto counted = node.of_token.find(token);
    const double n = counted == node.of_token.end() ? 0.0 : counted->second;
    const auto types = static_cast<double>(node.of_token.size());
    p = (n + types * p) / (node.total + types);
  }
  return det::log(p);
}

}  // namespace brandiron::models
