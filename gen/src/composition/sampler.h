#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "brandiron/core/rng.h"

namespace brandiron::gen {

/// What a draw decides.
enum class Draw { kPlan, kWord, kChord, kRhythm, kNote };
inline constexpr std::size_t kDrawKinds = 5;
inline constexpr std::array<const char*, kDrawKinds> kDrawNames = {"plan", "word", "chord",
                                                                   "rhythm", "note"};

/// How many draws of each kind a song took, and the entropy of the distributions they were drawn
/// from, in bits: how much could be hidden in them. Draws that were thrown away again count too.
struct DrawLedger {
  struct Count {
    std::uint64_t draws = 0;
    double bits = 0;
  };
  std::array<Count, kDrawKinds> of_kind;

  Count& of(Draw kind) { return of_kind[static_cast<std::size_t>(kind)]; }
  const Count& of(Draw kind) const { return of_kind[static_cast<std::size_t>(kind)]; }
};

/// The one place where a song's notes, chords, rhythms and words are drawn. It sees the whole
/// distribution, so that draws can be keyed here without touching what makes the distributions.
///
/// Deterministic as its Rng. Copying copies the position; the ledger is shared and must outlive
/// every copy. Not thread safe.
class Sampler {
 public:
  Sampler(Rng rng, DrawLedger& ledger) : rng_(std::move(rng)), ledger_(&ledger) {}

  /// A new stream of the same ledger.
  Sampler child(std::string_view name) const { return {rng_.child(name), *ledger_}; }
  Sampler child(std::string_view name, std::uint64_t index) const {
    return {rng_.child(name, index), *ledger_};
  }

  /// Index drawn with probability proportional to `weights` (each >= 0, sum > 0).
  /// @throws Error(kInvalidArgument) for an empty or all-zero list.
  std::size_t pick(Draw kind, std::span<const double> weights);
  /// Index drawn with probability proportional to exp(log_weights / temperature). -inf is never
  /// drawn. @throws Error(kInvalidArgument) when nothing can be, or for a temperature <= 0.
  std::size_t pick_log(Draw kind, std::span<const float> log_weights, double temperature = 1.0);
  /// Uniform in [0, n). @throws Error(kInvalidArgument) when n is 0.
  std::uint32_t below(Draw kind, std::uint32_t n);
  bool chance(Draw kind, double p);

 private:
  void record(Draw kind, double bits);

  Rng rng_;
  DrawLedger* ledger_;
};

/// Entropy in bits of weights (each >= 0), normalised; 0 for an empty or all-zero list.
double entropy_bits(std::span<const double> weights);

}  // namespace brandiron::gen
