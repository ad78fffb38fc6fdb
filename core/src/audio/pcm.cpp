#include "audio/pcm.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/hash.h"

// The vectors below never cross a function that is not inlined.
#pragma GCC diagnostic ignored "-Wpsabi"

namespace brandiron {
namespace {

static_assert(std::endian::native == std::endian::little, "hashes are over little-endian words");

using Vec8 = float __attribute__((vector_size(32)));
using Int8 = std::int32_t __attribute__((vector_size(32)));

/// quantise<16> of eight samples. Exact in float: the product with a power of two is, and so is
/// what cutting to an integer leaves of a number below 2^15.
__attribute__((always_inline)) inline Int8 quantise8(const Vec8& x) {
  Vec8 scaled = x * 32768.0F;
  scaled = scaled == scaled ? scaled : Vec8{};  // NaN
  scaled = scaled > 32767.0F ? Vec8{} + 32767.0F : scaled;
  scaled = scaled < -32768.0F ? Vec8{} - 32768.0F : scaled;
  const Int8 whole = __builtin_convertvector(scaled, Int8);
  const Vec8 rest = scaled - __builtin_convertvector(whole, Vec8);
  return whole - (rest >= 0.5F) + (rest <= -0.5F);  // a comparison that holds is -1
}

/// Frames of two channels, each as one word: left in its low half. Whole eights of frames.
__attribute__((target_clones("avx2", "default"))) void quantise_pairs(const float* left,
                                                                      const float* right,
                                                                      std::int16_t* out,
                                                                      std::size_t frames) {
  for (std::size_t i = 0; i < frames; i += 8) {
    Vec8 l, r;
    std::memcpy(&l, left + i, sizeof l);
    std::memcpy(&r, right + i, sizeof r);
    const Int8 words = (quantise8(l) & 0xFFFF) | (quantise8(r) << 16);
    std::memcpy(out + 2 * i, &words, sizeof words);
  }
}

}  // namespace

void quantise_frames(const AudioBuffer& audio, std::size_t start, std::size_t count,
                     std::int16_t* out) {
  const std::size_t channels = audio.num_channels();
  std::size_t done = 0;
  if (channels == 2) {
    done = count / 8 * 8;
    quantise_pairs(audio.channel(0).data() + start, audio.channel(1).data() + start, out, done);
  }
  for (std::size_t c = 0; c < channels; ++c) {
    const auto from = audio.channel(c).subspan(start, count);
    for (std::size_t i = done; i < count; ++i) {
      out[i * channels + c] = static_cast<std::int16_t>(quantise<16>(from[i]));
    }
  }
}

std::vector<std::int16_t> quantise_pcm16(const AudioBuffer& audio) {
  std::vector<std::int16_t> out(audio.num_channels() * audio.num_frames());
  if (!out.empty()) quantise_frames(audio, 0, audio.num_frames(), out.data());
  return out;
}

std::string pcm16_sha256(const AudioBuffer& audio) {
  // Blocks keep a three-hour buffer from being held twice.
  constexpr std::size_t kBlock = 16384;
  Sha256 hash;
  std::vector<std::int16_t> samples(kBlock * audio.num_channels());
  for (std::size_t start = 0; start < audio.num_frames(); start += kBlock) {
    const std::size_t count = std::min(kBlock, audio.num_frames() - start);
    quantise_frames(audio, start, count, samples.data());
    const auto block = std::span(samples).first(count * audio.num_channels());
    hash.update(std::as_bytes(block));
  }
  return hash.hex();
}

}  // namespace brandiron
