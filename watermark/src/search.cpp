#include "search.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "brandiron/core/audio/fft.h"
#include "simd.h"

namespace brandiron::watermark {
namespace {

constexpr std::size_t kBins = kCycleCells / 2 + 1;
constexpr double kPilotShare = static_cast<double>(kPilotsPerColumn) / kNumBands;

BRANDIRON_WIDE void add_cross_spectrum(const std::complex<float>* pattern,
                                       const std::complex<float>* weights,
                                       std::complex<float>* sum) {
  const float* p = reinterpret_cast<const float*>(pattern);
  const float* w = reinterpret_cast<const float*>(weights);
  float* s = reinterpret_cast<float*>(sum);
  for (std::size_t k = 0; k < 2 * kBins; k += 2) {
    s[k] += p[k] * w[k] + p[k + 1] * w[k + 1];
    s[k + 1] += p[k + 1] * w[k] - p[k] * w[k + 1];
  }
}

struct Sums {
  double pilot = 0, pilot_energy = 0;
  std::array<float, kCodeBits> soft{};
};

Sums collect(const Pattern& pattern, const Folded& folded, std::size_t column) {
  Sums sums;
  std::array<double, kCodeBits> soft{};
  for (std::size_t t = 0; t < kCycleCells; ++t) {
    const float* weight = folded.weight.data() + t * kNumBands;
    const std::size_t at = ((t + column) % kCycleCells) * kNumBands;
    for (std::size_t b = 0; b < kNumBands; ++b) {
      const double w = static_cast<double>(weight[b]);
      const double signed_w = pattern.sign[at + b] > 0 ? w : -w;
      const std::int16_t code = pattern.code[at + b];
      if (code == Pattern::kPilot) {
        sums.pilot += signed_w;
        sums.pilot_energy += w * w;
      } else {
        soft[static_cast<std::size_t>(code)] += signed_w;
      }
    }
  }
  for (std::size_t j = 0; j < kCodeBits; ++j) sums.soft[j] = static_cast<float>(soft[j]);
  return sums;
}

Readout judge(const Sums& sums, const Folded& folded, const Decoded& decoded) {
  Readout readout;
  readout.decoded = decoded;
  double full = sums.pilot;
  std::size_t wrong = 0;
  for (std::size_t j = 0; j < kCodeBits; ++j) {
    const double agreed = static_cast<double>(sums.soft[j]) * decoded.word[j];
    full += agreed;
    if (agreed <= 0) ++wrong;
  }
  if (sums.pilot_energy > 0) readout.pilot_z = sums.pilot / std::sqrt(sums.pilot_energy);
  if (folded.energy > 0) readout.full_z = full / std::sqrt(folded.energy);
  readout.bit_error_rate = static_cast<double>(wrong) / kCodeBits;
  return readout;
}

}  // namespace

Folded fold(const Table& weights, std::size_t from, std::size_t to) {
  Folded folded;
  folded.weight.assign(kCycleCells * kNumBands, 0.0F);
  to = std::min(to, weights.rows);
  folded.rows = std::min(kCycleCells, to > from ? to - from : 0);
  for (std::size_t t = from; t < to; ++t) {
    float* out = folded.weight.data() + (t - from) % kCycleCells * kNumBands;
    const float* in = weights.row(t);
    for (std::size_t b = 0; b < kNumBands; ++b) out[b] += in[b];
  }
  for (const float w : folded.weight) {
    folded.energy += static_cast<double>(w) * static_cast<double>(w);
  }
  return folded;
}

Searcher::Searcher(const Key& key) : pattern_(key), spectra_(kNumBands * kBins) {
  const RealFft fft(kCycleCells);
  std::vector<float> pilot(kCycleCells);
  for (std::size_t b = 0; b < kNumBands; ++b) {
    for (std::size_t t = 0; t < kCycleCells; ++t) {
      const std::size_t i = t * kNumBands + b;
      pilot[t] = pattern_.code[i] == Pattern::kPilot ? static_cast<float>(pattern_.sign[i]) : 0.0F;
    }
    fft.forward(pilot, {spectra_.data() + b * kBins, kBins});
  }
}

FoldedSpectrum transform(const Folded& folded) {
  FoldedSpectrum out;
  out.energy = folded.energy;
  if (folded.energy <= 0) return out;
  // Bands side by side, so that a row is read once; padded, so that they do not share cache sets.
  constexpr std::size_t kStride = kCycleCells + 16;
  std::vector<float> columns(kNumBands * kStride, 0.0F);
  for (std::size_t t = 0; t < folded.rows; ++t) {
    const float* row = folded.weight.data() + t * kNumBands;
    for (std::size_t b = 0; b < kNumBands; ++b) columns[b * kStride + t] = row[b];
  }
  const RealFft fft(kCycleCells);
  out.bins.resize(kNumBands * kBins);
  for (std::size_t b = 0; b < kNumBands; ++b) {
    fft.forward({columns.data() + b * kStride, kCycleCells}, {out.bins.data() + b * kBins, kBins});
  }
  return out;
}

std::vector<float> Searcher::correlate(const FoldedSpectrum& folded) const {
  std::vector<float> z(kCycleCells, 0.0F);
  if (folded.energy <= 0) return z;
  const RealFft fft(kCycleCells);
  std::vector<std::complex<float>> sum(kBins);
  for (std::size_t b = 0; b < kNumBands; ++b) {
    add_cross_spectrum(spectra_.data() + b * kBins, folded.bins.data() + b * kBins, sum.data());
  }
  fft.inverse(sum, z);
  const auto scale = static_cast<float>(1.0 / std::sqrt(folded.energy * kPilotShare));
  for (float& value : z) value *= scale;
  return z;
}

std::vector<Searcher::Peak> Searcher::search(const FoldedSpectrum& folded,
                                             std::size_t count) const {
  const std::vector<float> z = correlate(folded);
  std::vector<Peak> peaks;
  for (std::size_t o = 0; o < z.size(); ++o) peaks.push_back({o, static_cast<double>(z[o])});
  count = std::min(count, peaks.size());
  std::partial_sort(peaks.begin(), peaks.begin() + static_cast<std::ptrdiff_t>(count), peaks.end(),
                    [](const Peak& a, const Peak& b) { return a.z > b.z; });
  peaks.resize(count);
  return peaks;
}

Readout read_out(const Pattern& pattern, const Folded& folded, std::size_t column,
                 Decoder& decoder) {
  const Sums sums = collect(pattern, folded, column);
  return judge(sums, folded, decoder.decode(sums.soft));
}

Readout read_out(const Pattern& pattern, const Folded& folded, std::size_t column,
                 const Decoded& known) {
  return judge(collect(pattern, folded, column), folded, known);
}

}  // namespace brandiron::watermark
