#include "tape.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "brandiron/core/error.h"
#include "lane_io.h"

namespace brandiron::gen::band {
namespace {

constexpr float kSilent = 1e-5F;

/// Bits of the largest magnitude: ordered like the magnitudes, and not finite above 0x7f7fffff.
__attribute__((target_clones("avx2", "default"))) std::int32_t loudest_bits(const float* x,
                                                                            std::size_t n) {
  std::int32_t loudest = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::int32_t bits = std::bit_cast<std::int32_t>(x[i]) & 0x7fffffff;
    loudest = loudest < bits ? bits : loudest;
  }
  return loudest;
}

}  // namespace

std::size_t block_frames(int rate_hz) {
  return (static_cast<std::size_t>(rate_hz) / 10 + kStep - 1) / kStep * kStep;
}

Tape::Tape(std::span<const std::span<float>> tracks, int rate_hz)
    : block_frames_(band::block_frames(rate_hz)) {
  const std::size_t frames = tracks.empty() ? 0 : tracks.front().size();
  num_song_blocks_ = (frames + block_frames_ - 1) / block_frames_;
  places_.assign(tracks.size() * num_song_blocks_, -1);
  for (std::size_t t = 0; t < tracks.size(); ++t) {
    bool rings = false;
    for (std::size_t b = 0; b < num_song_blocks_; ++b) {
      const auto block =
          tracks[t].subspan(b * block_frames_, std::min(block_frames_, frames - b * block_frames_));
      const std::int32_t loudest = loudest_bits(block.data(), block.size());
      if (loudest > 0x7f7fffff) {
        throw Error(ErrorCode::kInternal,
                    fmt::format("mix: track {}: NaN or infinite samples", t + 1));
      }
      const bool sounds = loudest > std::bit_cast<std::int32_t>(kSilent);
      if (sounds || rings) {
        places_[t * num_song_blocks_ + b] = static_cast<std::int32_t>(blocks_.size());
        blocks_.push_back({static_cast<std::uint32_t>(t), static_cast<std::uint32_t>(b)});
      }
      rings = sounds;
    }
  }
}

}  // namespace brandiron::gen::band
