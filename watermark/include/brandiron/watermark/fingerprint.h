#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/watermark/watermark.h"

/// What a recording sounds like in 22 bytes a second: enough to find it again after re-encoding and
/// cropping, and to notice that a mark sits on other audio than it was made for.
namespace brandiron::watermark {

/// How a recording was changed, as `Verdict` measures it: played `speed_ratio` times as fast, at
/// `pitch_ratio` times the pitch.
struct Warp {
  double speed_ratio = 1, pitch_ratio = 1;
};
/// What the verifier measured; none where no payload was read.
Warp warp_of(const Verdict& verdict);

/// Signs of how the energies of 33 bands between 150 and 2400 Hz change from band to band and over
/// time; one 32-bit word a frame of 186 ms. A value. @see Haitsma and Kalker, "A highly robust
/// audio fingerprinting system", ISMIR 2002.
class Fingerprint {
 public:
  static constexpr double kFrameSeconds = 1024.0 / 5512.5;

  Fingerprint() = default;
  /// `warp` is undone. @throws Error(kInvalidArgument) as `FingerprintStream`.
  static Fingerprint of(const AudioBuffer& audio, const Warp& warp = {});
  /// @throws Error(kFormat) for bytes that `serialize` did not write.
  static Fingerprint parse(std::string_view bytes);
  /// A version byte, then the words, little-endian.
  std::string serialize() const;

  const std::vector<std::uint32_t>& words() const { return words_; }
  double seconds() const { return static_cast<double>(words_.size()) * kFrameSeconds; }
  double sounding_s() const;  ///< without the silence
  /// What lies between two times, clipped to what exists.
  Fingerprint slice(double start_s, double end_s) const;
  bool operator==(const Fingerprint&) const = default;

 private:
  friend class FingerprintStream;
  std::vector<std::uint32_t> words_;
};

/// The same block by block, however cut, in bounded memory but for the words. One thread at a time.
class FingerprintStream {
 public:
  /// @throws Error(kInvalidArgument) for a rate under 5 kHz or ratios outside 0.5 .. 2.
  FingerprintStream(int rate_hz, std::size_t num_channels, const Warp& warp = {});
  ~FingerprintStream();
  FingerprintStream(FingerprintStream&&) noexcept;

  /// @throws Error(kInvalidArgument) for another shape or samples that are not finite.
  void push(const AudioBuffer& block);
  Fingerprint finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct CompareOptions {
  double min_seconds = 10.0;  ///< of sound in the query that must lie on the reference
};

/// How a query lies on a reference, at the place where it fits best.
struct Match {
  bool matched = false;
  double bit_error_rate = 0.5;
  double offset_s = 0;   ///< of the query's start from the reference's; negative: it starts before
  double overlap_s = 0;  ///< of both at that place, silence left out
  double matched_s = 0;  ///< of it where the bits agree, in pieces of about 5 s
  /// Bound on how often a recording that is another one would fit as well as this, all places
  /// counted in; fitted to pairs of different recordings (docs/disclosure.md).
  double false_match = 1;
};

/// Looks for the query in the reference: all places, either may be the longer one.
Match compare(const Fingerprint& reference, const Fingerprint& query,
              const CompareOptions& options = {});

}  // namespace brandiron::watermark
