#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

/// Second-order section, a0 = 1: y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y''.
///
/// Designs clamp `hz` into (0, 0.499 rate), so that one setting serves every sample rate; they use
/// det:: functions only and give the same bits on every x86-64.
/// @see R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
struct Biquad {
  double b0 = 1.0, b1 = 0.0, b2 = 0.0, a1 = 0.0, a2 = 0.0;

  static Biquad lowpass(double rate_hz, double hz, double q = 0.7071067811865476);
  static Biquad highpass(double rate_hz, double hz, double q = 0.7071067811865476);
  /// 0 dB at the centre, bandwidth hz/q.
  static Biquad bandpass(double rate_hz, double hz, double q);
  static Biquad notch(double rate_hz, double hz, double q);
  static Biquad allpass(double rate_hz, double hz, double q);
  static Biquad peaking(double rate_hz, double hz, double gain_db, double q = 0.7071067811865476);
  static Biquad low_shelf(double rate_hz, double hz, double gain_db, double q = 0.7071067811865476);
  static Biquad high_shelf(double rate_hz, double hz, double gain_db,
                           double q = 0.7071067811865476);

  /// |H| in dB at `hz`.
  double response_db(double rate_hz, double hz) const;
};

/// Butterworth low- or high-pass of even `order` (2 .. 16) as order/2 sections.
/// @throws Error(kInvalidArgument) for another order.
std::vector<Biquad> butterworth_lowpass(double rate_hz, double hz, int order);
std::vector<Biquad> butterworth_highpass(double rate_hz, double hz, int order);

/// Sections in series with state, for streaming one channel in blocks of any size.
class FilterCascade {
 public:
  FilterCascade() = default;
  FilterCascade(std::initializer_list<Biquad> sections) : sections_(sections) { reset(); }
  explicit FilterCascade(std::vector<Biquad> sections) : sections_(std::move(sections)) { reset(); }

  /// In place. About 3 ns a section and sample.
  void process(std::span<float> block);
  void reset() { state_.assign(sections_.size() * 2, 0.0); }
  const std::vector<Biquad>& sections() const { return sections_; }
  double response_db(double rate_hz, double hz) const;

 private:
  std::vector<Biquad> sections_;
  std::vector<double> state_;
};

/// Filters every channel in place from silence.
void filter(AudioBuffer& audio, std::span<const Biquad> sections);
inline void filter(AudioBuffer& audio, std::initializer_list<Biquad> sections) {
  filter(audio, std::span<const Biquad>(sections.begin(), sections.size()));
}

}  // namespace brandiron
