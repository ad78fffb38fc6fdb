#include "watermark_study/chain.h"

#include <numeric>

namespace brandiron::experiments {
namespace {

constexpr const char* kRandom = "{random}";

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + what.size())) {
    ++found;
  }
  return found;
}

}  // namespace

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string fill_chain(std::string chain, const std::string& other,
                       const std::vector<std::string>& drawn) {
  std::size_t used = 0;
  const std::string mark = kRandom;
  for (std::size_t at = chain.find(mark); at != std::string::npos && !drawn.empty();
       at = chain.find(mark)) {
    chain.replace(at, mark.size(), drawn[std::min(used++, drawn.size() - 1)]);
  }
  return replace_all(chain, "{other}", "\"" + other + "\"");
}

std::vector<std::string> draw_chains(const AttackGrid& grid, const AttackRow& row, Rng rng) {
  const std::size_t wanted = count(row.chain, kRandom);
  std::vector<std::string> pool, drawn;
  for (const AttackRow& other : grid.rows) {
    if (other.pool && other.id != row.id && count(other.chain, kRandom) == 0) {
      pool.push_back(other.chain);
    }
  }
  std::vector<std::uint32_t> order(pool.size());
  std::iota(order.begin(), order.end(), 0U);
  rng.shuffle(order);
  for (std::size_t i = 0; i < wanted && i < order.size(); ++i) drawn.push_back(pool[order[i]]);
  while (drawn.size() < wanted) drawn.emplace_back("none");
  return drawn;
}

}  // namespace brandiron::experiments
