#include "whiten.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "brandiron/core/audio/fft.h"
#include "depth.h"
#include "simd.h"

namespace brandiron::watermark {
namespace {

constexpr std::size_t kBlockCells = 512;  // 21.3 s
constexpr std::size_t kMinBlockCells = 32;
constexpr float kClipDb = 12.0F;
constexpr double kClipSpread = 2.5;
constexpr double kFlatDb = 0.01;

std::vector<float> gaussian_taps(double sigma) {
  const auto radius = static_cast<std::size_t>(std::ceil(3 * sigma));
  std::vector<float> taps(2 * radius + 1);
  double sum = 0;
  for (std::size_t i = 0; i < taps.size(); ++i) {
    const double x = (static_cast<double>(i) - static_cast<double>(radius)) / sigma;
    taps[i] = static_cast<float>(std::exp(-0.5 * x * x));
    sum += static_cast<double>(taps[i]);
  }
  for (float& tap : taps) tap = static_cast<float>(static_cast<double>(tap) / sum);
  return taps;
}

BRANDIRON_WIDE void add_scaled(float* out, const float* in, float scale, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] += scale * in[i];
}

std::size_t mirror(std::ptrdiff_t i, std::size_t n) {
  const auto size = static_cast<std::ptrdiff_t>(n);
  while (i < 0 || i >= size) i = i < 0 ? -1 - i : 2 * size - 1 - i;
  return static_cast<std::size_t>(i);
}

// Smooths (rows, kNumBands) along rows, mirrored at the ends.
Table smooth_rows(const Table& in, const std::vector<float>& taps) {
  Table out(in.rows);
  const auto radius = static_cast<std::ptrdiff_t>(taps.size() / 2);
  for (std::size_t t = 0; t < in.rows; ++t) {
    for (std::size_t k = 0; k < taps.size(); ++k) {
      const auto at = static_cast<std::ptrdiff_t>(t + k) - radius;
      add_scaled(out.row(t), in.row(mirror(at, in.rows)), taps[k], kNumBands);
    }
  }
  return out;
}

using BandMatrix = std::array<std::array<float, kNumBands>, kNumBands>;

// out = in * m along bands; m[i] is the row that in[i] multiplies.
BRANDIRON_WIDE void multiply_bands(const float* in, const BandMatrix& m, float* out) {
  std::array<float, kNumBands> sum{};
  for (std::size_t i = 0; i < kNumBands; ++i) {
    const float x = in[i];
    const float* row = m[i].data();
    for (std::size_t j = 0; j < kNumBands; ++j) sum[j] += x * row[j];
  }
  std::copy(sum.begin(), sum.end(), out);
}

BandMatrix smoothing_matrix(double sigma) {
  const std::vector<float> taps = gaussian_taps(sigma);
  const auto radius = static_cast<std::ptrdiff_t>(taps.size() / 2);
  BandMatrix m{};
  for (std::size_t j = 0; j < kNumBands; ++j) {
    for (std::size_t k = 0; k < taps.size(); ++k) {
      m[mirror(static_cast<std::ptrdiff_t>(j + k) - radius, kNumBands)][j] += taps[k];
    }
  }
  return m;
}

// Orthonormal DCT-II along bands: in * m gives coefficients.
BandMatrix cosine_matrix() {
  BandMatrix m{};
  const double n = kNumBands;
  for (std::size_t i = 0; i < kNumBands; ++i) {
    for (std::size_t q = 0; q < kNumBands; ++q) {
      const double scale = std::sqrt((q == 0 ? 1.0 : 2.0) / n);
      m[i][q] = static_cast<float>(
          scale *
          std::cos(std::numbers::pi / n * (static_cast<double>(i) + 0.5) * static_cast<double>(q)));
    }
  }
  return m;
}

BandMatrix transpose(const BandMatrix& m) {
  BandMatrix out{};
  for (std::size_t i = 0; i < kNumBands; ++i) {
    for (std::size_t j = 0; j < kNumBands; ++j) out[j][i] = m[i][j];
  }
  return out;
}

void apply_to_rows(Table& table, const BandMatrix& m) {
  for (std::size_t t = 0; t < table.rows; ++t) multiply_bands(table.row(t), m, table.row(t));
}

// Level minus band mean and local mean, clipped.
Table high_pass(const Table& cells) {
  static const std::vector<float> kTaps = gaussian_taps(4.0);
  static const BandMatrix kBands = smoothing_matrix(4.0);
  Table out = cells;
  std::array<double, kNumBands> mean{};
  for (std::size_t t = 0; t < cells.rows; ++t) {
    for (std::size_t b = 0; b < kNumBands; ++b) mean[b] += static_cast<double>(cells.row(t)[b]);
  }
  for (std::size_t t = 0; t < cells.rows; ++t) {
    for (std::size_t b = 0; b < kNumBands; ++b) {
      out.row(t)[b] -= static_cast<float>(mean[b] / static_cast<double>(cells.rows));
    }
  }
  Table local = smooth_rows(out, kTaps);
  apply_to_rows(local, kBands);
  for (std::size_t i = 0; i < out.data.size(); ++i) {
    out.data[i] = std::clamp(out.data[i] - local.data[i], -kClipDb, kClipDb);
  }
  return out;
}

// Divides the spectrum of one block by its smoothed power.
Table divide_by_spectrum(const Table& block) {
  static const BandMatrix kCosine = cosine_matrix();
  static const BandMatrix kCosineBack = transpose(cosine_matrix());
  static const BandMatrix kSpread = smoothing_matrix(1.5);
  std::size_t n = kMinBlockCells;
  while (n < block.rows) n *= 2;
  const RealFft fft(n);
  const std::size_t bins = fft.num_bins();

  Table rotated = block;
  apply_to_rows(rotated, kCosine);
  std::vector<std::complex<float>> spectra(kNumBands * bins);
  std::vector<float> column(n);
  Table power(bins);
  for (std::size_t q = 0; q < kNumBands; ++q) {
    std::fill(column.begin(), column.end(), 0.0F);
    for (std::size_t t = 0; t < block.rows; ++t) column[t] = rotated.row(t)[q];
    std::complex<float>* spectrum = spectra.data() + q * bins;
    fft.forward(column, {spectrum, bins});
    for (std::size_t k = 0; k < bins; ++k) power.row(k)[q] = std::norm(spectrum[k]);
  }
  Table smoothed = smooth_rows(power, gaussian_taps(std::max(3.0, static_cast<double>(n) / 60.0)));
  apply_to_rows(smoothed, kSpread);
  double total = 0;
  for (const float p : smoothed.data) total += static_cast<double>(p);
  const auto floor =
      static_cast<float>(1e-4 * total / static_cast<double>(smoothed.data.size()) + 1e-9);

  Table out(block.rows);
  for (std::size_t q = 0; q < kNumBands; ++q) {
    std::complex<float>* spectrum = spectra.data() + q * bins;
    for (std::size_t k = 0; k < bins; ++k) spectrum[k] /= smoothed.row(k)[q] + floor;
    fft.inverse({spectrum, bins}, column);
    for (std::size_t t = 0; t < block.rows; ++t) out.row(t)[q] = column[t];
  }
  apply_to_rows(out, kCosineBack);
  return out;
}

// Unit root mean square, clipped: no single cell may decide.
void normalise(Table& block) {
  double sum = 0;
  for (const float x : block.data) sum += static_cast<double>(x) * static_cast<double>(x);
  if (sum <= 0) return;
  const auto scale =
      static_cast<float>(1.0 / std::sqrt(sum / static_cast<double>(block.data.size())));
  constexpr auto kLimit = static_cast<float>(kClipSpread);
  for (float& x : block.data) x = std::clamp(x * scale, -kLimit, kLimit);
}

// Silence and steady tones: what is left is rounding.
bool is_flat(const Table& block) {
  double sum = 0;
  for (const float x : block.data) sum += static_cast<double>(x) * static_cast<double>(x);
  return sum < kFlatDb * kFlatDb * static_cast<double>(block.data.size());
}

Table block_of(const Table& table, std::size_t from, std::size_t count) {
  Table out(count);
  std::copy_n(table.row(from), count * kNumBands, out.data.begin());
  return out;
}

}  // namespace

Table detection_weights(const Table& cells_db) {
  return detection_weights(cells_db, mark_depth_db(cells_db));
}

Table detection_weights(const Table& cells_db, const Table& depth_db) {
  Table out(cells_db.rows);
  if (cells_db.rows < kMinBlockCells) return out;
  const Table flat = high_pass(cells_db);
  // Half-overlapping blocks, cross-faded.
  const std::size_t size = std::min(kBlockCells, flat.rows);
  const std::size_t step = kBlockCells / 2;
  std::vector<float> total(flat.rows, 0.0F);
  for (std::size_t from = 0;; from += step) {
    const bool last = from + size >= flat.rows;
    if (last) from = flat.rows - size;
    Table block = block_of(flat, from, size);
    if (is_flat(block)) {
      std::fill(block.data.begin(), block.data.end(), 0.0F);
    } else {
      block = divide_by_spectrum(block);
      normalise(block);
    }
    for (std::size_t t = 0; t < size; ++t) {
      const double x = (static_cast<double>(t) + 0.5) / static_cast<double>(size);
      const auto weight = static_cast<float>(std::min(x, 1.0 - x));
      add_scaled(out.row(from + t), block.row(t), weight, kNumBands);
      total[from + t] += weight;
    }
    if (last) break;
  }
  for (std::size_t t = 0; t < out.rows; ++t) {
    for (std::size_t b = 0; b < kNumBands; ++b) out.row(t)[b] *= depth_db.row(t)[b] / total[t];
  }
  return out;
}

}  // namespace brandiron::watermark
