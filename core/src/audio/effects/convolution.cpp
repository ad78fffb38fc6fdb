#include <algorithm>
#include <bit>
#include <complex>

#include "brandiron/core/audio/fft.h"
#include "brandiron/core/audio/reverb.h"

namespace brandiron {
namespace {

using Complex = std::complex<float>;

// Written out: std::complex's operator* checks for NaN and calls a library function.
__attribute__((target_clones("avx2", "default"))) void multiply_add(const float* a, const float* b,
                                                                    float* sum, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const float re = a[2 * i] * b[2 * i] - a[2 * i + 1] * b[2 * i + 1];
    const float im = a[2 * i] * b[2 * i + 1] + a[2 * i + 1] * b[2 * i];
    sum[2 * i] += re;
    sum[2 * i + 1] += im;
  }
}

const float* as_floats(const Complex* z) { return reinterpret_cast<const float*>(z); }
float* as_floats(Complex* z) { return reinterpret_cast<float*>(z); }

/// Spectra of consecutive `block`-sample pieces, each padded to twice its length.
std::vector<Complex> piece_spectra(const RealFft& fft, std::span<const float> x, std::size_t block,
                                   std::size_t num_pieces) {
  std::vector<Complex> spectra(num_pieces * fft.num_bins());
  std::vector<float> padded(fft.size());
  for (std::size_t p = 0; p < num_pieces; ++p) {
    std::fill(padded.begin(), padded.end(), 0.0F);
    const auto piece = x.subspan(p * block, std::min(block, x.size() - p * block));
    std::copy(piece.begin(), piece.end(), padded.begin());
    fft.forward(padded, {spectra.data() + p * fft.num_bins(), fft.num_bins()});
  }
  return spectra;
}

}  // namespace

// Uniformly partitioned: block t of the result is the sum over p of piece p of the response times
// block t - p of the signal, with halves overlapped and added.
std::vector<float> convolve(std::span<const float> signal, std::span<const float> response) {
  if (signal.empty() || response.empty()) return {};
  const std::size_t length = signal.size() + response.size() - 1;
  const std::size_t block = std::clamp<std::size_t>(std::bit_ceil(response.size()), 256, 16384);
  const RealFft fft(2 * block);
  const std::size_t bins = fft.num_bins();
  const std::size_t num_pieces = (response.size() + block - 1) / block;
  const std::size_t num_blocks = (signal.size() + block - 1) / block;
  const auto pieces = piece_spectra(fft, response, block, num_pieces);

  std::vector<float> out(length);
  std::vector<Complex> history(num_pieces * bins), sum(bins);
  std::vector<float> time(fft.size());
  for (std::size_t t = 0; t < num_blocks + num_pieces - 1; ++t) {
    Complex* newest = history.data() + (t % num_pieces) * bins;
    if (t < num_blocks) {
      const auto spectrum = piece_spectra(fft, signal.subspan(t * block), block, 1);
      std::copy(spectrum.begin(), spectrum.end(), newest);
    } else {
      std::fill(newest, newest + bins, Complex{});
    }
    std::fill(sum.begin(), sum.end(), Complex{});
    for (std::size_t p = 0; p < std::min(num_pieces, t + 1); ++p) {
      multiply_add(as_floats(history.data() + ((t - p) % num_pieces) * bins),
                   as_floats(pieces.data() + p * bins), as_floats(sum.data()), bins);
    }
    fft.inverse(sum, time);
    const std::size_t start = t * block;
    const std::size_t count = std::min(time.size(), length - std::min(length, start));
    for (std::size_t i = 0; i < count; ++i) out[start + i] += time[i];
  }
  return out;
}

}  // namespace brandiron
