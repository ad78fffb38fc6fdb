#pragma once

#include <complex>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "brandiron/core/audio/fft.h"

namespace brandiron {

struct StftOptions {
  std::size_t window_samples = 2048;  ///< power of two; periodic Hann
  std::size_t hop_samples = 512;
  bool centred = true;  ///< window t is centred on sample t * hop (zero padding at both ends)
  void validate() const;
};

/// Complex spectrogram, shape (num_windows, num_bins), row-major.
struct Spectrogram {
  std::size_t num_windows = 0;
  std::size_t num_bins = 0;
  std::vector<std::complex<float>> data;
  std::span<std::complex<float>> window(std::size_t t) {
    return {data.data() + t * num_bins, num_bins};
  }
  std::span<const std::complex<float>> window(std::size_t t) const {
    return {data.data() + t * num_bins, num_bins};
  }
};

std::size_t stft_num_windows(std::size_t num_frames, const StftOptions& options);
Spectrogram stft(std::span<const float> signal, const StftOptions& options = {});
/// Weighted overlap-add (window applied again, normalised): istft(stft(x)) == x to -120 dB.
std::vector<float> istft(const Spectrogram& spectrogram, std::size_t num_frames,
                         const StftOptions& options = {});
/// istft(change(stft(signal))) window by window, without ever holding the spectrogram: three times
/// as fast and a thousandth of the memory. `change(t, bins)` edits window t in place; t rises from
/// 0.
std::vector<float> transform_windows(
    std::span<const float> signal, const StftOptions& options,
    const std::function<void(std::size_t t, std::span<std::complex<float>> bins)>& change);
/// Power |X|^2 only, shape (num_windows, num_bins), row-major: half the memory of `stft`.
std::vector<float> power_spectrogram(std::span<const float> signal,
                                     const StftOptions& options = {});

/// Triangular mel filterbank (Slaney scale, unit peak), shape (num_mels, num_bins) in sparse rows.
class MelFilterbank {
 public:
  MelFilterbank(std::size_t num_mels, std::size_t fft_size, int rate_hz, double low_hz,
                double high_hz);
  std::size_t num_mels() const { return rows_.size(); }
  /// `power`: num_bins values -> `mels`: num_mels values.
  void apply(std::span<const float> power, std::span<float> mels) const;
  double centre_hz(std::size_t mel) const { return rows_[mel].centre_hz; }

 private:
  struct Row {
    std::size_t first_bin;
    std::vector<float> weights;
    double centre_hz;
  };
  std::vector<Row> rows_;
};

}  // namespace brandiron
