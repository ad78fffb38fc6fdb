#include "brandiron/core/audio/loudness.h"

#include <ebur128.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "brandiron/core/error.h"

namespace brandiron {
namespace {

struct StateDeleter {
  void operator()(ebur128_state* state) const { ebur128_destroy(&state); }
};

constexpr double kSilence = -std::numeric_limits<double>::infinity();

double to_db(double amplitude) { return amplitude > 0.0 ? 20.0 * std::log10(amplitude) : kSilence; }

void check(int result, const AudioBuffer& audio) {
  if (result == EBUR128_SUCCESS) return;
  throw Error(ErrorCode::kUnsupported, "loudness: libebur128 refuses " +
                                           std::to_string(audio.num_channels()) + " channels at " +
                                           std::to_string(audio.rate_hz()) + " Hz (error " +
                                           std::to_string(result) + ")");
}

// Interleaves by blocks: the library wants frames, the buffer is planar.
void feed(ebur128_state* state, const AudioBuffer& audio) {
  constexpr std::size_t kBlock = 4096;
  const std::size_t channels = audio.num_channels();
  std::vector<float> block(kBlock * channels);
  for (std::size_t start = 0; start < audio.num_frames(); start += kBlock) {
    const std::size_t count = std::min(kBlock, audio.num_frames() - start);
    for (std::size_t c = 0; c < channels; ++c) {
      const auto from = audio.channel(c).subspan(start, count);
      for (std::size_t i = 0; i < count; ++i) block[i * channels + c] = from[i];
    }
    check(ebur128_add_frames_float(state, block.data(), count), audio);
  }
}

using State = std::unique_ptr<ebur128_state, StateDeleter>;

/// A meter of `mode` that has heard all of `audio`.
State metered(const AudioBuffer& audio, int mode) {
  State state(ebur128_init(static_cast<unsigned>(audio.num_channels()),
                           static_cast<unsigned long>(audio.rate_hz()), mode));
  if (!state) check(EBUR128_ERROR_NOMEM, audio);
  feed(state.get(), audio);
  return state;
}

}  // namespace

Loudness measure_loudness(const AudioBuffer& audio) {
  if (audio.empty()) return {kSilence, 0.0, kSilence, kSilence};
  const State state = metered(audio, EBUR128_MODE_I | EBUR128_MODE_LRA | EBUR128_MODE_TRUE_PEAK);
  Loudness out;
  check(ebur128_loudness_global(state.get(), &out.integrated_lufs), audio);
  check(ebur128_loudness_range(state.get(), &out.range_lu), audio);
  double true_peak = 0.0;
  for (unsigned c = 0; c < audio.num_channels(); ++c) {
    double peak = 0.0;
    check(ebur128_true_peak(state.get(), c, &peak), audio);
    true_peak = std::max(true_peak, peak);
  }
  out.true_peak_dbtp = to_db(true_peak);
  out.sample_peak_dbfs = to_db(audio.peak());
  return out;
}

double integrated_loudness(const AudioBuffer& audio) {
  if (audio.empty()) return kSilence;
  // The mode of the range makes blocks of another length, and so sums of another order: with it,
  // the number is the same to the bit.
  const State state = metered(audio, EBUR128_MODE_I | EBUR128_MODE_LRA);
  double lufs = 0;
  check(ebur128_loudness_global(state.get(), &lufs), audio);
  return lufs;
}

}  // namespace brandiron
