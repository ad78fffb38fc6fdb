#include "audio/pcm.h"

#include <algorithm>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/hash.h"

namespace brandiron {

std::vector<std::int16_t> quantise_pcm16(const AudioBuffer& audio) {
  const std::size_t channels = audio.num_channels();
  std::vector<std::int16_t> out(channels * audio.num_frames());
  for (std::size_t c = 0; c < channels; ++c) {
    const auto from = audio.channel(c);
    for (std::size_t i = 0; i < from.size(); ++i) {
      out[i * channels + c] = static_cast<std::int16_t>(quantise<16>(from[i]));
    }
  }
  return out;
}

std::string pcm16_sha256(const AudioBuffer& audio) {
  // Blocks keep a three-hour buffer from being held twice.
  constexpr std::size_t kBlock = 65536;
  Sha256 hash;
  std::vector<std::byte> bytes;
  for (std::size_t start = 0; start < audio.num_frames(); start += kBlock) {
    const std::size_t count = std::min(kBlock, audio.num_frames() - start);
    bytes.resize(count * audio.num_channels() * 2);
    for (std::size_t c = 0; c < audio.num_channels(); ++c) {
      const auto from = audio.channel(c).subspan(start, count);
      for (std::size_t i = 0; i < count; ++i) {
        const auto value = static_cast<std::uint32_t>(quantise<16>(from[i]));
        std::byte* to = bytes.data() + 2 * (i * audio.num_channels() + c);
        to[0] = static_cast<std::byte>(value & 0xFFU);
        to[1] = static_cast<std::byte>((value >> 8) & 0xFFU);
      }
    }
    hash.update(bytes);
  }
  return hash.hex();
}

}  // namespace brandiron
