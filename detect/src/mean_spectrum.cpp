#include "mean_spectrum.h"

#include <algorithm>
#include <numeric>

#include "brandiron/core/audio/stft.h"
#include "fast_log.h"

namespace brandiron::detect {
namespace {

constexpr std::size_t kBlockSamples = 262144;  // of windows transformed at once
constexpr float kFloorDb = -60;

}  // namespace

std::vector<float> mean_spectrum_db(std::span<const float> signal, std::size_t window,
                                    std::size_t hop) {
  const std::size_t bins = window / 2 + 1;
  std::vector<float> mean(bins, 0.0F), padded;
  if (signal.size() < window) {
    padded.assign(signal.begin(), signal.end());
    padded.resize(window, 0.0F);
    signal = padded;
  }
  const StftOptions options{window, hop, /*centred=*/false};
  const float quiet = 1e-6F * static_cast<float>(window) * static_cast<float>(window) / 4;
  const std::size_t windows = (signal.size() - window) / hop + 1;
  const std::size_t block = std::max<std::size_t>(1, kBlockSamples / window);
  std::size_t used = 0;
  for (std::size_t first = 0; first < windows; first += block) {
    const std::size_t count = std::min(block, windows - first);
    const std::vector<float> power =
        power_spectrogram(signal.subspan(first * hop, (count - 1) * hop + window), options);
    for (std::size_t t = 0; t < count; ++t) {
      const auto row = std::span(power).subspan(t * bins, bins);
      if (std::accumulate(row.begin(), row.end(), 0.0F) < quiet) continue;
      for (std::size_t k = 0; k < bins; ++k) mean[k] += std::max(fast_db(row[k]), kFloorDb);
      ++used;
    }
  }
  if (used == 0) return {};
  for (float& x : mean) x /= static_cast<float>(used);
  return mean;
}

std::vector<float> running_mean(const std::vector<float>& x, std::size_t reach) {
  std::vector<double> sums(x.size() + 1, 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) sums[i + 1] = sums[i] + static_cast<double>(x[i]);
  std::vector<float> result(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t from = i > reach ? i - reach : 0, to = std::min(x.size(), i + reach + 1);
    result[i] = static_cast<float>((sums[to] - sums[from]) / static_cast<double>(to - from));
  }
  return result;
}

}  // namespace brandiron::detect
