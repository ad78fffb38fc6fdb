// Every place of the query on the reference: the share of bits that differ, and what that proves.
#include <algorithm>
#include <bit>
#include <cmath>

#include "brandiron/watermark/fingerprint.h"
#include "fingerprint/compare.h"
#include "fingerprint/features.h"
#include "simd.h"

namespace brandiron::watermark {
namespace {

// Chosen on the development split: docs/disclosure.md has both distributions.
constexpr double kMatchedErrorRate = 0.35;
// The best fit of other recordings: one pair in kTailPairs at kTailErrorRate or better, and e times
// fewer for each kTailScale below that.
constexpr double kTailErrorRate = 0.405, kTailPairs = 1000, kTailScale = 0.0125;
// Where a query lies on the reference: pieces of 5 s that agree better than chance would.
constexpr std::size_t kPieceFrames = 27;
constexpr double kPieceErrorRate = 0.42;
// QuickSearch: frames of a piece, those looked at first, and what gives it up.
constexpr std::size_t kQuickFrames = 64, kFirstFrames = 16;
constexpr double kFirstErrorRate = 0.45, kQuickErrorRate = 0.41;

BRANDIRON_WIDE BitCount count_bits(const std::uint32_t* a, const std::uint32_t* b,
                                   std::size_t count) {
  std::uint64_t differing = 0, compared = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const bool sounds = a[i] != 0 && b[i] != 0;
    differing += sounds ? static_cast<std::uint64_t>(std::popcount(a[i] ^ b[i])) : 0U;
    compared += sounds ? kBits : 0U;
  }
  return {differing, compared};
}

// Frames that `seconds` of audio give.
std::size_t frames_of(double seconds) {
  const FeatureLayout layout;
  const double frames =
      (seconds - layout.window_s) / layout.hop_s - static_cast<double>(layout.lag);
  return frames < 1 ? 1 : static_cast<std::size_t>(frames);
}

std::size_t sounding(std::span<const std::uint32_t> words) {
  return static_cast<std::size_t>(
      std::count_if(words.begin(), words.end(), [](std::uint32_t word) { return word != 0; }));
}

}  // namespace

double evidence(const BitCount& bits) {
  if (bits.compared == 0) return 0;
  const auto n = static_cast<double>(bits.compared);
  return (0.5 - static_cast<double>(bits.differing) / n) * 2 * std::sqrt(n);
}

Place best_place(std::span<const std::uint32_t> reference, std::span<const std::uint32_t> query,
                 std::size_t least) {
  Place best;
  const auto r = static_cast<std::ptrdiff_t>(reference.size());
  const auto q = static_cast<std::ptrdiff_t>(query.size());
  const auto needed = static_cast<std::ptrdiff_t>(least);
  for (std::ptrdiff_t offset = needed - q; offset + needed <= r; ++offset) {
    const std::ptrdiff_t from = std::max<std::ptrdiff_t>(0, -offset);
    const std::ptrdiff_t to = std::min(q, r - offset);
    const BitCount bits = count_bits(reference.data() + offset + from, query.data() + from,
                                     static_cast<std::size_t>(to - from));
    if (bits.compared < least * kBits) continue;
    const double found = evidence(bits);
    if (found > best.evidence) best = {offset, bits, found};
  }
  return best;
}

QuickSearch::QuickSearch(std::span<const std::uint32_t> query) {
  if (query.size() <= kQuickFrames) {
    pieces_.push_back(query);
    return;
  }
  for (const std::size_t quarter : {1U, 2U, 3U}) {
    pieces_.push_back(query.subspan((query.size() - kQuickFrames) * quarter / 4, kQuickFrames));
  }
}

bool QuickSearch::may_match(std::span<const std::uint32_t> reference) const {
  for (const std::span<const std::uint32_t> piece : pieces_) {
    // A query that is hardly longer than a piece may hang over the ends: no shortcut for it.
    if (piece.size() < kQuickFrames || reference.size() < piece.size()) return true;
    for (std::size_t at = 0; at + piece.size() <= reference.size(); ++at) {
      const std::uint32_t* there = reference.data() + at;
      if (count_bits(there, piece.data(), kFirstFrames).error_rate() > kFirstErrorRate) continue;
      if (count_bits(there, piece.data(), piece.size()).error_rate() < kQuickErrorRate) return true;
    }
  }
  return false;
}

Match compare(const Fingerprint& reference, const Fingerprint& query,
              const CompareOptions& options) {
  const std::span<const std::uint32_t> r = reference.words(), q = query.words();
  const Place place = best_place(r, q, frames_of(options.min_seconds));
  Match match;
  if (place.bits.compared == 0) return match;
  match.bit_error_rate = place.bits.error_rate();
  match.offset_s = static_cast<double>(place.offset) * Fingerprint::kFrameSeconds;
  match.overlap_s = static_cast<double>(place.bits.compared / kBits) * Fingerprint::kFrameSeconds;
  match.matched = match.bit_error_rate <= kMatchedErrorRate;
  match.false_match =
      std::min(1.0, std::exp((match.bit_error_rate - kTailErrorRate) / kTailScale) / kTailPairs);
  const std::ptrdiff_t from = std::max<std::ptrdiff_t>(0, -place.offset);
  const std::ptrdiff_t to = std::min(std::ssize(q), std::ssize(r) - place.offset);
  for (std::ptrdiff_t at = from; at < to; at += kPieceFrames) {
    const auto count = static_cast<std::size_t>(std::min<std::ptrdiff_t>(kPieceFrames, to - at));
    const BitCount piece = count_bits(r.data() + place.offset + at, q.data() + at, count);
    if (piece.error_rate() > kPieceErrorRate) continue;
    match.matched_s += static_cast<double>(piece.compared / kBits) * Fingerprint::kFrameSeconds;
  }
  return match;
}

double Fingerprint::sounding_s() const {
  return static_cast<double>(sounding(words_)) * kFrameSeconds;
}

}  // namespace brandiron::watermark
