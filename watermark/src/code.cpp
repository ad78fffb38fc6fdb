#include "code.h"

#include <algorithm>
#include <bit>

#include "simd.h"

namespace brandiron::watermark {
namespace {

constexpr unsigned kConstraint = 15;
constexpr unsigned kMemory = kConstraint - 1;
constexpr std::size_t kNumStates = std::size_t{1} << kMemory;
constexpr std::size_t kHalf = kNumStates / 2;
constexpr int kMaxLaps = 4;
// All six taps include the newest and the oldest bit: the four branches of a butterfly share one
// metric up to its sign.
constexpr std::array<std::uint32_t, kCodeRate> kTaps = {046321, 051271, 070535,
                                                        063667, 073277, 076513};

std::uint8_t outputs(std::uint32_t reg) {
  unsigned out = 0;
  for (std::size_t i = 0; i < kCodeRate; ++i) {
    out |= static_cast<unsigned>(std::popcount(reg & kTaps[i]) & 1) << i;
  }
  return static_cast<std::uint8_t>(out);
}

std::array<std::uint8_t, kMessageBits> message_bits(std::uint64_t payload) {
  std::array<std::uint8_t, kMessageBits> bits{};
  const std::uint32_t check = payload_check(payload);
  for (std::size_t i = 0; i < kPayloadBits; ++i) bits[i] = (payload >> i) & 1U;
  for (std::size_t i = 0; i < kCheckBits; ++i) bits[kPayloadBits + i] = (check >> i) & 1U;
  return bits;
}

CodeWord encode_bits(const std::array<std::uint8_t, kMessageBits>& bits) {
  std::uint32_t state = 0;
  for (std::size_t i = kMessageBits - kMemory; i < kMessageBits; ++i)
    state = (state << 1) | bits[i];
  CodeWord word{};
  for (std::size_t i = 0; i < kMessageBits; ++i) {
    const std::uint32_t reg = (state << 1) | bits[i];
    const unsigned out = outputs(reg);
    for (std::size_t k = 0; k < kCodeRate; ++k) {
      word[i * kCodeRate + k] = ((out >> k) & 1U) != 0 ? 1 : -1;
    }
    state = reg & (kNumStates - 1);
  }
  return word;
}

// New state 2i + bit comes from i or i + half; `m` scores the branch i -> 2i.
BRANDIRON_WIDE void add_compare_select(const float* metric, const float* branch, float* next,
                                       std::uint8_t* survivor) {
  for (std::size_t i = 0; i < kHalf; ++i) {
    const float low = metric[i], high = metric[i + kHalf], m = branch[i];
    const float a0 = low + m, b0 = high - m, a1 = low - m, b1 = high + m;
    next[2 * i] = a0 >= b0 ? a0 : b0;
    next[2 * i + 1] = a1 >= b1 ? a1 : b1;
    survivor[2 * i] = a0 >= b0 ? 0 : 1;
    survivor[2 * i + 1] = a1 >= b1 ? 0 : 1;
  }
}

}  // namespace

std::uint32_t payload_check(std::uint64_t payload) {
  std::uint32_t crc = 0xB704CE;
  for (unsigned byte = 0; byte < 8; ++byte) {
    crc ^= static_cast<std::uint32_t>((payload >> (8 * byte)) & 0xFF) << 16;
    for (int bit = 0; bit < 8; ++bit) {
      crc <<= 1;
      if ((crc & 0x1000000) != 0) crc ^= 0x1864CFB;
    }
  }
  return crc & 0xFFFFFF;
}

CodeWord encode(std::uint64_t payload) { return encode_bits(message_bits(payload)); }

Decoder::Decoder()
    : output_(kHalf),
      metric_(kNumStates),
      next_(kNumStates),
      branch_(kHalf),
      survivor_(kMessageBits * kNumStates) {
  for (std::size_t i = 0; i < kHalf; ++i) output_[i] = outputs(static_cast<std::uint32_t>(i) << 1);
}

void Decoder::run_lap(std::span<const float> soft) {
  std::array<float, 1U << kCodeRate> score{};
  for (std::size_t step = 0; step < kMessageBits; ++step) {
    for (unsigned out = 0; out < score.size(); ++out) {
      float sum = 0;
      for (std::size_t k = 0; k < kCodeRate; ++k) {
        const float value = soft[step * kCodeRate + k];
        sum += ((out >> k) & 1U) != 0 ? value : -value;
      }
      score[out] = sum;
    }
    for (std::size_t i = 0; i < kHalf; ++i) branch_[i] = score[output_[i]];
    add_compare_select(metric_.data(), branch_.data(), next_.data(),
                       survivor_.data() + step * kNumStates);
    metric_.swap(next_);
  }
}

std::size_t Decoder::trace_back(std::size_t end_state,
                                std::array<std::uint8_t, kMessageBits>& bits) const {
  std::size_t state = end_state;
  for (std::size_t step = kMessageBits; step-- > 0;) {
    bits[step] = static_cast<std::uint8_t>(state & 1U);
    const bool high = survivor_[step * kNumStates + state] != 0;
    state = (state >> 1) | (high ? kHalf : 0);
  }
  return state;
}

Decoded Decoder::decode(std::span<const float> soft) {
  std::fill(metric_.begin(), metric_.end(), 0.0F);
  std::array<std::uint8_t, kMessageBits> bits{};
  for (int lap = 0; lap < kMaxLaps; ++lap) {
    const float best_so_far = *std::max_element(metric_.begin(), metric_.end());
    for (float& m : metric_) m -= best_so_far;
    run_lap(soft);
    const auto end = static_cast<std::size_t>(std::max_element(metric_.begin(), metric_.end()) -
                                              metric_.begin());
    if (trace_back(end, bits) == end) break;
  }
  Decoded decoded;
  decoded.word = encode_bits(bits);
  std::uint64_t payload = 0;
  for (std::size_t i = 0; i < kPayloadBits; ++i) payload |= std::uint64_t{bits[i]} << i;
  std::uint32_t check = 0;
  for (std::size_t i = 0; i < kCheckBits; ++i) {
    check |= static_cast<std::uint32_t>(bits[kPayloadBits + i]) << i;
  }
  if (check == payload_check(payload)) decoded.payload = payload;
  return decoded;
}

}  // namespace brandiron::watermark
