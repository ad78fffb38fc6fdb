#include "texture.h"

#include <algorithm>
#include <cmath>

#include "fast_log.h"

namespace brandiron::detect {
namespace {

constexpr double kLowHz = 300, kHighHz = 15000;
constexpr double kFloorDb = -110;   // below the dither of a 16-bit file at the canonical level
constexpr double kPresentDb = -95;  // mean level of a bin in a band that counts as filled
constexpr double kLeastWindows = 16;

/// Where each sum lies in a band's row of a block.
enum Sum : std::size_t {
  kWindows,
  kLevel,
  kAlongFrequency,
  kAlongTime,
  kAlongBoth,
  kFine2,
  kFine3,
  kFine4,
  kTime3,
  kLagged
};

}  // namespace

void TextureBlock::add(const TextureBlock& other) {
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += other.sums[i];
}

TextureMeter::TextureMeter(std::size_t window_samples, int rate_hz, double hop_s)
    : windows_a_block_(std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(1 / hop_s)))),
      scale_(static_cast<float>(16.0 / std::pow(static_cast<double>(window_samples), 2))) {
  const double bin_hz = static_cast<double>(rate_hz) / static_cast<double>(window_samples);
  const std::size_t bins = window_samples / 2 + 1;
  for (std::size_t b = 0; b <= kTextureBands; ++b) {
    const double share = static_cast<double>(b) / kTextureBands;
    const double hz = kLowHz * std::pow(kHighHz / kLowHz, share);
    edges_[b] =
        std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(hz / bin_hz)), 1, bins - 2);
  }
  level_.assign(bins, 0.0F);
  before_.assign(bins, 0.0F);
  now_.assign(bins, 0.0F);
  for (auto& row : fine_) row.assign(bins, 0.0F);
}

void TextureMeter::add(std::span<const float> power) {
  std::swap(level_, before_);
  const std::size_t low = edges_.front() - 1, high = edges_.back() + 1;
  for (std::size_t k = low; k <= high; ++k) {
    level_[k] = std::max(fast_db(power[k] * scale_), static_cast<float>(kFloorDb));
  }
  for (std::size_t k = low + 1; k < high; ++k) {
    now_[k] = level_[k] - 0.5F * (level_[k - 1] + level_[k + 1]);
  }
  // The first windows only fill the memory: every sum then runs over the same windows.
  if (num_windows_ >= kLag) {
    for (std::size_t band = 0; band < kTextureBands; ++band) add_band(band);
    if (++in_block_ == windows_a_block_) {
      blocks_.push_back(block_);
      block_ = {};
      in_block_ = 0;
    }
  }
  std::swap(fine_[num_windows_ % kLag], now_);
  ++num_windows_;
}

void TextureMeter::add_band(std::size_t band) {
  const std::size_t low = edges_[band], high = std::max(edges_[band + 1], low + 1);
  const std::vector<float>& lagged = fine_[num_windows_ % kLag];
  float level = 0, along_f = 0, along_t = 0, along_both = 0, lag = 0;
  float fine2 = 0, fine3 = 0, fine4 = 0, time3 = 0;
  for (std::size_t k = low; k < high; ++k) {
    const float df = level_[k] - level_[k - 1], dt = level_[k] - before_[k];
    const float both = df - (before_[k] - before_[k - 1]);
    const float fine = now_[k], squared = fine * fine;
    level += level_[k];
    along_f += df * df;
    along_t += dt * dt;
    along_both += both * both;
    fine2 += squared;
    fine3 += squared * fine;
    fine4 += squared * squared;
    time3 += dt * dt * dt;
    lag += fine * lagged[k];
  }
  const auto n = static_cast<float>(high - low);
  const float mean_level = level / n;
  float* row = block_.sums.data() + band * kTextureSums;
  row[kWindows] += 1;
  row[kLevel] += mean_level;
  row[kAlongFrequency] += along_f / n;
  row[kAlongTime] += along_t / n;
  row[kAlongBoth] += along_both / n;
  row[kFine2] += fine2 / n;
  row[kFine3] += fine3 / n;
  row[kFine4] += fine4 / n;
  row[kTime3] += time3 / n;
  row[kLagged] += lag / n;
}

std::vector<TextureBlock> TextureMeter::finish() {
  if (in_block_ > 0) blocks_.push_back(block_);
  in_block_ = 0;
  return std::move(blocks_);
}

Texture texture_of(std::span<const TextureBlock> blocks) {
  TextureBlock all;
  for (const TextureBlock& block : blocks) all.add(block);
  Texture texture;
  for (std::size_t band = 0; band < kTextureBands; ++band) {
    const float* row = all.sums.data() + band * kTextureSums;
    const double n = row[kWindows];
    if (n < kLeastWindows || row[kLevel] / n < kPresentDb) continue;
    texture.present[band] = true;
    const auto mean = [&](Sum what) { return row[what] / n; };
    const double fine2 = std::max(mean(kFine2), 1e-3), time2 = std::max(mean(kAlongTime), 1e-3);
    const std::array<double, kTextureStatistics> values = {
        std::log(std::max(mean(kAlongFrequency), 1e-3)),
        std::log(time2),
        std::log(std::max(mean(kAlongBoth), 1e-3)),
        mean(kFine3) / std::pow(fine2, 1.5),
        std::log(std::max(mean(kFine4), 1e-6) / (fine2 * fine2)),
        mean(kTime3) / std::pow(time2, 1.5),
        std::log(fine2),
        mean(kLagged) / fine2};
    for (std::size_t k = 0; k < kTextureStatistics; ++k) {
      texture.values[band * kTextureStatistics + k] = static_cast<float>(values[k]);
    }
  }
  return texture;
}

}  // namespace brandiron::detect
