#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "lane_io.h"

namespace brandiron::gen::band {

/// Leads eight lanes in step over a row of blocks that is cut into eight equal parts. A lane starts
/// `settle` blocks before its part, so that filters and compressors are there when it begins.
class LaneWalk {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  LaneWalk(std::size_t num_blocks, std::size_t settle)
      : num_blocks_(num_blocks), settle_(settle), length_((num_blocks + kLanes - 1) / kLanes) {
    here_.fill(kNone);
  }

  bool next() {
    if (round_ == settle_ + length_) return false;
    before_ = here_;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t first = lane * length_, end = std::min(num_blocks_, first + length_);
      const bool early = first + round_ < settle_;
      const std::size_t block = early ? kNone : first + round_ - settle_;
      here_[lane] = block < end ? block : kNone;
    }
    ++round_;
    return true;
  }
  /// The lane's block, or kNone; and the one before it.
  std::size_t here(std::size_t lane) const { return here_[lane]; }
  std::size_t before(std::size_t lane) const { return before_[lane]; }
  /// Whether the block belongs to this lane's own part.
  bool keeps(std::size_t lane) const {
    return here_[lane] != kNone && here_[lane] >= lane * length_;
  }

 private:
  std::size_t num_blocks_, settle_, length_, round_ = 0;
  std::array<std::size_t, kLanes> here_{}, before_{};
};

/// Points lanes at blocks of a channel; beyond its end there is silence.
class BlockReader {
 public:
  explicit BlockReader(std::size_t block_frames)
      : size_(block_frames), padded_(kLanes * block_frames) {}

  /// Returns how many frames of the block there are.
  std::size_t point(LanePointers<const float>& p, std::size_t lane, std::span<const float> channel,
                    std::size_t block) {
    const auto rest = channel.subspan(block * size_);
    p.at[lane] = rest.data();
    p.stride[lane] = kStep;
    if (rest.size() >= size_) return size_;
    float* copy = padded_.data() + lane * size_;
    std::fill_n(copy, size_, 0.0F);
    std::copy(rest.begin(), rest.end(), copy);
    p.at[lane] = copy;
    return rest.size();
  }
  static void point_at_silence(LanePointers<const float>& p, std::size_t lane) {
    p.at[lane] = kSilence.data();
    p.stride[lane] = 0;
  }

 private:
  static constexpr std::array<float, kStep> kSilence{};
  std::size_t size_;
  std::vector<float> padded_;
};

/// Points lanes at where their blocks go in a channel: a spare block where the channel ends within
/// the block, a waste bin for lanes that settle.
class BlockWriter {
 public:
  explicit BlockWriter(std::size_t block_frames)
      : size_(block_frames), spare_(kLanes * block_frames) {}

  void point(LanePointers<float>& p, std::size_t lane, std::span<float> channel,
             std::size_t block) {
    const auto rest = channel.subspan(block * size_);
    p.at[lane] = rest.data();
    p.stride[lane] = kStep;
    if (rest.size() >= size_) return;
    p.at[lane] = spare_.data() + lane * size_;
    short_[lane] = rest;
  }
  void point_at_waste(LanePointers<float>& p, std::size_t lane) {
    p.at[lane] = waste_.data();
    p.stride[lane] = 0;
  }
  /// After the lanes have written: what went to the spare block goes where it belongs.
  void finish() {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      std::copy_n(spare_.data() + lane * size_, short_[lane].size(), short_[lane].begin());
      short_[lane] = {};
    }
  }

 private:
  std::size_t size_;
  std::vector<float> spare_;
  std::array<std::span<float>, kLanes> short_{};
  std::array<float, kStep> waste_{};
};

/// Both channels of a stereo signal, eight parts of it side by side.
class StereoReader {
 public:
  StereoReader(const AudioBuffer& stereo, std::size_t block_frames)
      : stereo_(stereo), readers_{BlockReader(block_frames), BlockReader(block_frames)} {}

  void point(const LaneWalk& walk) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const std::size_t block = walk.here(lane);
      for (std::size_t c = 0; c < 2; ++c) {
        if (block == LaneWalk::kNone) {
          BlockReader::point_at_silence(channels[c], lane);
        } else {
          frames[lane] = readers_[c].point(channels[c], lane, stereo_.channel(c), block);
        }
      }
    }
  }

  std::array<LanePointers<const float>, 2> channels;
  std::array<std::size_t, kLanes> frames{};  ///< of each lane's block

 private:
  const AudioBuffer& stereo_;
  std::array<BlockReader, 2> readers_;
};

}  // namespace brandiron::gen::band
