#pragma once

#include <complex>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/audio/fft.h"

namespace brandiron::watermark {

/// Power spectra of a stream: Hann windows centred on frames 0, hop, 2 hop, ..., summed over
/// channels, silence before the start and after the end. Any cut into blocks gives the same bits;
/// holds a window and a block of audio.
class SpectrumStream {
 public:
  /// Bins [0, num_bins()) of one window, valid during the call.
  using Sink = std::function<void(std::span<const float> power)>;

  /// Bins whose centre lies above `top_hz` are left out. `hops_per_window` is 2 or 4.
  SpectrumStream(int rate_hz, std::size_t num_channels, std::size_t hops_per_window, double top_hz);

  void push(std::span<const float* const> channels, std::size_t frames, const Sink& sink);
  /// The windows up to the end: frames / hop + 1 in all.
  void finish(const Sink& sink);
  /// A whole buffer.
  static void run(const AudioBuffer& audio, SpectrumStream& stream, const Sink& sink);

  double hop_s() const { return static_cast<double>(hop_) / rate_hz_; }
  double bin_hz() const { return rate_hz_ / static_cast<double>(size_); }
  std::size_t hop() const { return hop_; }
  std::size_t num_bins() const { return num_bins_; }
  std::size_t frames() const { return frames_; }

 private:
  void emit(const Sink& sink);
  void drop_used();

  double rate_hz_;
  std::size_t size_, hop_, num_bins_;
  RealFft fft_;
  std::vector<float> shape_;
  std::vector<std::vector<float>> held_;  // one a channel, starting half a window before frame 0
  std::size_t at_ = 0;                    // of the next window's first sample in held_
  std::size_t frames_ = 0, windows_ = 0;
  std::vector<float> block_, power_;
  std::vector<std::complex<float>> spectrum_;
};

}  // namespace brandiron::watermark
