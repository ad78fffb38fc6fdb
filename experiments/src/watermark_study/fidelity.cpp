#include "watermark_study/fidelity.h"

#include <algorithm>
#include <cmath>

#include "brandiron/core/audio/loudness.h"
#include "brandiron/core/audio/noise_to_mask.h"
#include "brandiron/core/error.h"

namespace brandiron::experiments {
namespace {

constexpr float kFullScale = 1.0F;

}  // namespace

double signal_to_distortion_db(const AudioBuffer& original, const AudioBuffer& marked) {
  double signal = 0, distortion = 0;
  const auto a = original.samples();
  const auto b = marked.samples();
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const double difference = static_cast<double>(b[i]) - a[i];
    signal += static_cast<double>(a[i]) * a[i];
    distortion += difference * difference;
  }
  return signal > 0 && distortion > 0 ? 10 * std::log10(signal / distortion) : 999.0;
}

void measure_fidelity(const AudioBuffer& original, const AudioBuffer& marked, EmbedResult& result) {
  if (original.num_frames() != marked.num_frames() ||
      original.num_channels() != marked.num_channels()) {
    throw Error(ErrorCode::kInvalidArgument,
                "evaluate: the marked file has " + std::to_string(marked.num_channels()) + " x " +
                    std::to_string(marked.num_frames()) + " samples, expected those of the " +
                    "original: " + std::to_string(original.num_channels()) + " x " +
                    std::to_string(original.num_frames()));
  }
  result.sdr_db = signal_to_distortion_db(original, marked);
  const NoiseToMask ratio = measure_noise_to_mask(original, marked);
  result.nmr_db = ratio.total_db;
  result.nmr_above = ratio.share_above;
  const double before = integrated_loudness(original);
  const double after = integrated_loudness(marked);
  result.loudness_change_lu = std::isfinite(before) && std::isfinite(after) ? after - before : 0.0;
  const auto a = original.samples();
  const auto b = marked.samples();
  result.clipped = result.original_over = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const bool was_over = std::abs(a[i]) > kFullScale;
    if (was_over) ++result.original_over;
    if (!was_over && std::abs(b[i]) > kFullScale) ++result.clipped;
  }
}

}  // namespace brandiron::experiments
