#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace brandiron::watermark {

struct BitCount {
  std::uint64_t differing = 0, compared = 0;
  double error_rate() const {
    return compared == 0 ? 0.5 : static_cast<double>(differing) / static_cast<double>(compared);
  }
};
/// How far the bits agree beyond chance, in standard deviations of independent bits.
double evidence(const BitCount& bits);

/// Where the query starts on the reference, in frames.
struct Place {
  std::ptrdiff_t offset = 0;
  BitCount bits{};
  double evidence = 0;
};
/// The place of most evidence among those with `least` frames of sound in both.
Place best_place(std::span<const std::uint32_t> reference, std::span<const std::uint32_t> query,
                 std::size_t least);

/// A cheap look before `compare`: three pieces of the query, each given up early where it does not
/// fit. Lets a few others through.
class QuickSearch {
 public:
  explicit QuickSearch(std::span<const std::uint32_t> query);
  bool may_match(std::span<const std::uint32_t> reference) const;

 private:
  std::vector<std::span<const std::uint32_t>> pieces_;
};

}  // namespace brandiron::watermark
