// How fast the STFT is next to Eigen's and LibTorch's: 180 s of stereo at 44.1 kHz, window 2048,
// hop 512, one thread, CPU seconds. Not a test: nothing gates on absolute time.
//
//   bench_stft [repetitions]

#include <time.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <numbers>
#include <string>
#include <vector>

#include <unsupported/Eigen/FFT>

#include "brandiron/core/audio/stft.h"
#include "core/src/audio/aligned.h"
#include "core/src/audio/fft_kernels.h"
#include "core/src/audio/fft_plan.h"
#include "support/test_audio.h"

#ifdef BRANDIRON_BENCH_TORCH
#include <torch/torch.h>
#endif

namespace {

using brandiron::AudioBuffer;
using Bins = std::span<std::complex<float>>;

double cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Seconds spent on comparing results, which are nobody's work but the bench's.
double checking_s = 0.0;

// Median CPU seconds of `repetitions` runs after one that warms caches and tables.
void report(const char* what, int repetitions, const std::function<double()>& run) {
  double check = run();
  std::vector<double> times;
  for (int i = 0; i < repetitions; ++i) {
    checking_s = 0.0;
    const double start = cpu_s();
    check = run();
    times.push_back(cpu_s() - start - checking_s);
  }
  std::sort(times.begin(), times.end());
  std::printf("%-52s %7.3f s (min %.3f, n %d)  error %.1e\n", what, times[times.size() / 2],
              times.front(), repetitions, check);
}

double worst(std::span<const float> a, std::span<const float> b) {
  const double start = cpu_s();
  double out = 0.0;
  for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) {
    out = std::max(out, std::fabs(static_cast<double>(a[i]) - b[i]));
  }
  checking_s += cpu_s() - start;
  return out;
}

double own_stft_istft(const AudioBuffer& audio) {
  double error = 0.0;
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto spectrogram = brandiron::stft(audio.channel(c));
    error =
        std::max(error, worst(audio.channel(c), brandiron::istft(spectrogram, audio.num_frames())));
  }
  return error;
}

double own_streamed(const AudioBuffer& audio) {
  double error = 0.0;
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto out = brandiron::transform_windows(audio.channel(c), {}, [](std::size_t, Bins) {});
    error = std::max(error, worst(audio.channel(c), out));
  }
  return error;
}

double own_power(const AudioBuffer& audio) {
  double sum = 0.0;
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    sum += brandiron::power_spectrogram(audio.channel(c))[1000];
  }
  return sum * 0.0;
}

// Window, transform, inverse, overlap-add with Eigen's kissfft: what one would write with it.
double eigen_stft_istft(const AudioBuffer& audio) {
  constexpr std::size_t kWindow = 2048, kHop = 512;
  Eigen::FFT<float> fft;
  fft.SetFlag(Eigen::FFT<float>::HalfSpectrum);
  std::vector<float> hann(kWindow), in(kWindow), out(kWindow);
  for (std::size_t i = 0; i < kWindow; ++i) {
    hann[i] = static_cast<float>(
        0.5 - 0.5 * std::cos(2.0 * std::numbers::pi * static_cast<double>(i) / kWindow));
  }
  double error = 0.0;
  for (std::size_t c = 0; c < audio.num_channels(); ++c) {
    const auto signal = audio.channel(c);
    const std::size_t windows = (signal.size() - kWindow) / kHop + 1;
    std::vector<std::complex<float>> bins(windows * (kWindow / 2 + 1));
    for (std::size_t t = 0; t < windows; ++t) {
      for (std::size_t i = 0; i < kWindow; ++i) in[i] = signal[t * kHop + i] * hann[i];
      fft.fwd(bins.data() + t * (kWindow / 2 + 1), in.data(), kWindow);
    }
    std::vector<float> back(signal.size(), 0.0F);
    for (std::size_t t = 0; t < windows; ++t) {
      fft.inv(out.data(), bins.data() + t * (kWindow / 2 + 1), kWindow);
      for (std::size_t i = 0; i < kWindow; ++i) back[t * kHop + i] += out[i] * hann[i] / 1.5F;
    }
    const std::size_t inner = (windows - 1) * kHop - kWindow;
    error = std::max(error, worst(signal.subspan(kWindow, inner),
                                  std::span<const float>(back).subspan(kWindow, inner)));
  }
  return error;
}

#ifdef BRANDIRON_BENCH_TORCH
double torch_stft_istft(const AudioBuffer& audio) {
  const torch::InferenceMode guard;
  const auto frames = static_cast<std::int64_t>(audio.num_frames());
  auto signal = torch::from_blob(const_cast<float*>(audio.samples().data()),
                                 {static_cast<std::int64_t>(audio.num_channels()), frames});
  const auto window = torch::hann_window(2048);
  const auto bins = torch::stft(signal, 2048, 512, 2048, window, /*center=*/true, "reflect",
                                /*normalized=*/false, /*onesided=*/true, /*return_complex=*/true);
  const auto back = torch::istft(bins, 2048, 512, 2048, window, true, false, true, frames);
  const auto shorter = std::min<std::int64_t>(frames, back.size(1));
  return (signal.narrow(1, 0, shorter) - back.narrow(1, 0, shorter)).abs().max().item<double>();
}
#endif

// One transform of 2048 samples in cache, microseconds each way, by kernel.
void report_kernels(const char* name, const brandiron::fft_detail::Kernels& kernels) {
  constexpr std::size_t kSize = 2048;
  constexpr int kTimes = 20000;
  const auto plan = brandiron::fft_detail::shared_plan(kSize);
  const brandiron::AlignedFloats scratch(brandiron::fft_detail::scratch_floats(kSize));
  std::vector<float> in(kSize, 0.5F), bins(kSize + 2), out(kSize);
  const double start = cpu_s();
  for (int i = 0; i < kTimes; ++i) {
    kernels.forward(*plan, in.data(), nullptr, bins.data(), scratch.data());
  }
  const double middle = cpu_s();
  for (int i = 0; i < kTimes; ++i) {
    kernels.inverse(*plan, bins.data(), 1.0F / 1024, nullptr, false, out.data(), scratch.data());
  }
  const double end = cpu_s();
  std::printf("%-52s forward %.2f us, inverse %.2f us\n", name, 1e6 * (middle - start) / kTimes,
              1e6 * (end - middle) / kTimes);
}

}  // namespace

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::max(1, std::atoi(argv[1])) : 7;
  const AudioBuffer audio = brandiron::testing::noise(180.0, 44100, 0.1, 2);
  report_kernels("one real FFT of 2048, plain x86-64", brandiron::fft_detail::baseline_kernels());
  if (brandiron::fft_detail::cpu_has_avx2()) {
    report_kernels("one real FFT of 2048, AVX2", brandiron::fft_detail::avx2_kernels());
  }
  report("own stft + istft", repetitions, [&] { return own_stft_istft(audio); });
  report("own transform_windows (no spectrogram in memory)", repetitions,
         [&] { return own_streamed(audio); });
  report("own power_spectrogram", repetitions, [&] { return own_power(audio); });
  report("Eigen FFT (kissfft) stft + istft", std::min(repetitions, 3),
         [&] { return eigen_stft_istft(audio); });
#ifdef BRANDIRON_BENCH_TORCH
  torch::set_num_threads(1);
  report("LibTorch stft + istft", repetitions, [&] { return torch_stft_istft(audio); });
#endif
}
