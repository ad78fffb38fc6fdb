#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/gen/band.h"
#include "half_rate.h"

namespace brandiron::gen::band {

/// Early reflections (8-20 ms) of what is sent to it, a block at a time.
class EarlyRoom {
 public:
  EarlyRoom(int rate_hz, std::size_t block_frames);
  /// The next block's send, to be filled; zeroed.
  float* send();
  /// Writes the block's left and right and goes on to the next.
  void finish_block(float* left, float* right);

 private:
  std::size_t block_frames_, history_;
  std::vector<float> send_;  ///< what reflections still need, then the block
  std::vector<std::size_t> delays_;
};

/// A short plate at half the rate: its sends end at 9 kHz anyway.
class Plate {
 public:
  Plate(int rate_hz, std::size_t num_blocks, std::size_t block_frames);
  /// The next block's send, to be filled; zeroed.
  float* send();
  void finish_block();
  /// After the last block: the return's frames of block `block`, added to left and right.
  void add_return(std::size_t block, float* left, float* right);

 private:
  int rate_hz_;
  std::size_t block_frames_, next_ = 0;
  std::vector<float> send_, wet_;
  Halver halver_;
  AudioBuffer half_;
  bool done_ = false;
};

/// Both as settings, for the report.
std::vector<MixStep> room_settings();

}  // namespace brandiron::gen::band
