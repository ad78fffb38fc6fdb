#include "composition/lyric_deal.h"

#include <algorithm>
#include <numeric>

#include "composition/lyric_text.h"

namespace brandiron::gen {
namespace {

/// More ways than this are not told apart: products of two such numbers fit in 64 bits.
constexpr std::uint64_t kMostWays = std::uint64_t{1} << 31U;

/// A number without a common factor with `n`, near the golden section of it: neighbours end up far
/// apart.
std::uint64_t stride_of(std::uint64_t n) {
  auto stride = std::max<std::uint64_t>(1, n * 618 / 1000);
  while (std::gcd(stride, n) != 1) ++stride;
  return stride;
}

}  // namespace

LyricDeal::LyricDeal(const LyricBank& bank, std::uint64_t song,
                     std::map<std::size_t, std::size_t> sticky)
    : bank_(bank), song_(song), sticky_(std::move(sticky)) {}

double LyricDeal::ways(const std::vector<std::size_t>& pieces) const {
  double n = 1;
  for (const std::size_t piece : pieces) {
    if (!is_sticky(piece)) n *= static_cast<double>(bank_.lists[piece].options.size());
  }
  return n;
}

std::vector<std::uint64_t> LyricDeal::positions(std::uint64_t id, double ways, std::uint64_t width,
                                                std::uint64_t shares) const {
  const auto n = static_cast<std::uint64_t>(std::min(ways, static_cast<double>(kMostWays)));
  const std::uint64_t stride = stride_of(n);
  std::vector<std::uint64_t> numbers;
  for (std::uint64_t row = 0; row < n && numbers.size() < kMostFillings; row += shares) {
    for (std::uint64_t w = 0; w < std::min(width, shares) && numbers.size() < kMostFillings; ++w) {
      const std::uint64_t at = row + (song_ + id + w) % shares;
      if (at < n) numbers.push_back((at * stride + id % n) % n);
    }
  }
  return numbers;
}

std::vector<std::size_t> LyricDeal::choices(const std::vector<std::size_t>& pieces,
                                            std::uint64_t number) const {
  std::vector<std::size_t> chosen;
  for (const std::size_t piece : pieces) {
    if (is_sticky(piece)) {
      chosen.push_back(sticky_.at(piece));
      continue;
    }
    const std::uint64_t n = bank_.lists[piece].options.size();
    chosen.push_back(static_cast<std::size_t>(number % n));
    number /= n;
  }
  return chosen;
}

Filling LyricDeal::filled(std::size_t line, std::vector<std::size_t> choices) const {
  const std::vector<std::size_t>& pieces = bank_.lines[line].pieces;
  Filling filling{line, std::move(choices), 0, 0, nullptr};
  std::string beat;
  for (std::size_t p = 0; p < pieces.size(); ++p) {
    const BankOption& option = bank_.lists[pieces[p]].options[filling.choices[p]];
    filling.syllables += option.syllables;
    beat += option.beat;
    filling.ending = &option;
  }
  filling.faults = scansion_faults(beat);
  return filling;
}

void LyricDeal::add_fillings(std::size_t line, std::uint64_t width,
                             std::vector<Filling>& to) const {
  const BankTemplate& t = bank_.lines[line];
  const std::uint64_t shares = t.theme == "any" ? kShares : kThemeShares;
  for (const std::uint64_t number : positions(t.id, ways(t.pieces), width, shares)) {
    to.push_back(filled(line, choices(t.pieces, number)));
  }
}

void LyricDeal::add_ending(std::size_t line, std::size_t option, std::uint64_t count,
                           std::vector<Filling>& to) const {
  const BankTemplate& t = bank_.lines[line];
  if (is_sticky(t.pieces.back()) && sticky_.at(t.pieces.back()) != option) return;
  const std::vector<std::size_t> rest(t.pieces.begin(), t.pieces.end() - 1);
  const auto n = static_cast<std::uint64_t>(std::min(ways(rest), static_cast<double>(kMostWays)));
  const std::uint64_t stride = stride_of(n);
  for (std::uint64_t k = 0; k < std::min(count, n); ++k) {
    const std::uint64_t at = (song_ * count + t.id + k) % n;
    std::vector<std::size_t> chosen = choices(rest, at * stride % n);
    chosen.push_back(option);
    to.push_back(filled(line, std::move(chosen)));
  }
}

std::string LyricDeal::text(const Filling& filling) const {
  std::vector<std::string> parts;
  const BankTemplate& t = bank_.lines[filling.line];
  for (std::size_t p = 0; p < t.pieces.size(); ++p) {
    parts.push_back(bank_.lists[t.pieces[p]].options[filling.choices[p]].text);
  }
  return tidy_line(join_pieces(parts));
}

}  // namespace brandiron::gen
