#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace brandiron {

/// Counter-based random numbers (Philox 4x32-10) in named streams.
///
/// A stream is a pure function of (seed, name): the same on every machine, whatever else was drawn.
/// `child("melody")` names a sub-stream, so that one stage's draws never move another's. Copying an
/// Rng copies its position. Not thread safe; give each thread its own stream.
/// @see Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
class Rng {
 public:
  explicit Rng(std::uint64_t seed, std::string_view stream = "");

  /// A new stream named `<this name>/<name>`, starting at its own position 0.
  Rng child(std::string_view name) const;
  /// `child(name + "/" + index)`.
  Rng child(std::string_view name, std::uint64_t index) const;

  std::uint32_t next_u32();
  std::uint64_t next_u64();
  /// Uniform in [0, 1), 53 bits.
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high);
  /// Uniform integer in [0, n), without modulo bias. @throws Error(kInvalidArgument) when n is 0.
  std::uint32_t below(std::uint32_t n);
  /// Standard normal (Box-Muller over deterministic functions: same bits everywhere).
  double normal();
  double normal(double mean, double sd) { return mean + sd * normal(); }
  bool chance(double p) { return uniform() < p; }
  /// Index drawn with probability proportional to `weights` (each >= 0, sum > 0).
  /// @throws Error(kInvalidArgument) for an empty or all-zero list.
  std::size_t pick(std::span<const double> weights);
  /// Fisher-Yates over [0, n): fills `order`.
  void shuffle(std::span<std::uint32_t> order);

  const std::string& name() const { return name_; }
  std::uint64_t seed() const { return seed_; }

 private:
  void refill();

  std::uint64_t seed_;
  std::string name_;
  std::array<std::uint32_t, 2> key_{};
  std::array<std::uint32_t, 2> stream_{};
  std::uint64_t counter_ = 0;
  std::array<std::uint32_t, 4> block_{};
  unsigned used_ = 4;
  double spare_normal_ = 0.0;
  bool has_spare_ = false;
};

}  // namespace brandiron
