// How many seconds of audio a core judges in a second: all of it, with spans, and six windows of
// it.
//   ninja bench_detect && build/ci/tests/bench/bench_detect [WEIGHTS]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/rng.h"
#include "brandiron/detect/detector.h"

namespace {

/// Three and a half minutes of noise bursts and partials: no FFT of it is trivial.
brandiron::AudioBuffer song(double seconds) {
  constexpr int kRateHz = 44100;
  brandiron::AudioBuffer audio(2, static_cast<std::size_t>(seconds * kRateHz), kRateHz);
  brandiron::Rng rng(1, "bench");
  for (std::size_t c = 0; c < 2; ++c) {
    double low = 0;
    for (std::size_t i = 0; i < audio.num_frames(); ++i) {
      low += 0.05 * (rng.uniform() - 0.5 - low);
      const double beat = std::exp(-static_cast<double>(i % 22050) / 4000);
      audio.channel(c)[i] = static_cast<float>(0.8 * low + 0.2 * beat * (rng.uniform() - 0.5));
    }
  }
  return audio;
}

void time_it(const char* name, const brandiron::AudioBuffer& audio, const std::string& weights,
             const brandiron::detect::DetectorOptions& options) {
  const auto detector = brandiron::detect::load_detector(weights, options);
  double best = 1e9;
  for (int repeat = 0; repeat < 4; ++repeat) {
    best = std::min(best, detector->detect(audio).seconds);
  }
  fmt::print("{:<28} {:7.0f} x real time\n", name, audio.duration_s() / best);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string weights = argc > 1 ? argv[1] : "";
  const brandiron::AudioBuffer audio = song(210);
  time_it("all", audio, weights, {});
  time_it("all, without combs", audio, weights, {.comb = false});
  time_it("with spans", audio, weights, {.fine = true});
  time_it("six windows of 10 s", audio, weights, {.windows = 6});
  return 0;
}
