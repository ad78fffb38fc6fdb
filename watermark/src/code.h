#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace brandiron::watermark {

inline constexpr std::size_t kPayloadBits = 64;
inline constexpr std::size_t kCheckBits = 24;
inline constexpr std::size_t kMessageBits = kPayloadBits + kCheckBits;
inline constexpr std::size_t kCodeRate = 6;  ///< code bits for each message bit
inline constexpr std::size_t kCodeBits = kMessageBits * kCodeRate;

using CodeWord = std::array<std::int8_t, kCodeBits>;  ///< +1 or -1

/// CRC-24 (RFC 4880) of the payload's eight bytes, low byte first.
std::uint32_t payload_check(std::uint64_t payload);

/// Payload and check under the rate-1/6, constraint-length-15 convolutional code that flew on
/// Cassini, made tail-biting so that no bits are spent on a tail.
CodeWord encode(std::uint64_t payload);

struct Decoded {
  CodeWord word{};                       ///< the code word found, valid check or not
  std::optional<std::uint64_t> payload;  ///< when its check agrees
};

/// Most likely code word of soft values (positive means +1), by wrap-around Viterbi search.
/// @see Shao, Lin, Fossorier, "Two decoding algorithms for tailbiting codes", IEEE Trans. Comm.
/// 2003.
class Decoder {
 public:
  Decoder();
  Decoded decode(std::span<const float> soft);

 private:
  void run_lap(std::span<const float> soft);
  std::size_t trace_back(std::size_t end_state, std::array<std::uint8_t, kMessageBits>& bits) const;

  std::vector<std::uint8_t> output_;  // 6 code bits of a register whose newest bit is 0
  std::vector<float> metric_, next_, branch_;
  std::vector<std::uint8_t> survivor_;  // (kMessageBits, states): 1 when the upper predecessor won
};

}  // namespace brandiron::watermark
