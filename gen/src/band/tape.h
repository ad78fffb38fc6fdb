#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace brandiron::gen::band {

/// Frames of a block: 100 ms, rounded up to whole steps of the lanes.
std::size_t block_frames(int rate_hz);

/// A track's block of 100 ms in which it sounds, or still rings.
struct TapeBlock {
  std::uint32_t track = 0, block = 0;
};

/// The blocks of all tracks that are not silent, end to end, track by track: what the desk works
/// on. A sparse song costs what sounds in it, not its length times its parts.
class Tape {
 public:
  /// Tracks of equal length. A block counts as silent when nothing in it or in the block before
  /// exceeds -100 dBFS.
  /// @throws Error(kInternal) for samples that are not finite.
  Tape(std::span<const std::span<float>> tracks, int rate_hz);

  std::size_t block_frames() const { return block_frames_; }
  std::size_t num_song_blocks() const { return num_song_blocks_; }
  std::span<const TapeBlock> blocks() const { return blocks_; }
  /// Place of a track's block on the tape, or -1 where it is silent.
  std::int32_t place(std::size_t track, std::size_t block) const {
    return places_[track * num_song_blocks_ + block];
  }

 private:
  std::size_t block_frames_, num_song_blocks_;
  std::vector<TapeBlock> blocks_;
  std::vector<std::int32_t> places_;
};

}  // namespace brandiron::gen::band
