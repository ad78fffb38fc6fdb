#pragma once

#include <complex>
#include <cstddef>
#include <memory>
#include <span>

namespace brandiron {

/// Real FFT of a power-of-two size (8 .. 1048576), float32, own code (Stockham, no FFTW).
/// Same bits on every x86-64. Construction makes tables (shared between equal sizes); `forward` and
/// `inverse` are const but use internal scratch: one object a thread.
class RealFft {
 public:
  explicit RealFft(std::size_t size);
  ~RealFft();
  RealFft(RealFft&&) noexcept;
  RealFft& operator=(RealFft&&) noexcept;

  std::size_t size() const;
  std::size_t num_bins() const { return size() / 2 + 1; }
  /// `in`: size() samples -> `out`: num_bins() bins, unnormalised.
  void forward(std::span<const float> in, std::span<std::complex<float>> out) const;
  /// Inverse of `forward`, normalised by 1/size (forward then inverse is the identity).
  void inverse(std::span<const std::complex<float>> in, std::span<float> out) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brandiron
