#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

/// libsoxr over a stream of blocks. What comes out in all is round(frames in * out / in) frames.
class StreamResampler {
 public:
  StreamResampler(int in_rate_hz, int out_rate_hz, std::size_t num_channels);
  ~StreamResampler();
  /// The part of the output that `block` completes (possibly empty).
  AudioBuffer push(const AudioBuffer& block);
  /// The rest.
  AudioBuffer flush();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron
