#include "brandiron/core/audio/stft.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>
#include <string>

#include "audio/aligned.h"
#include "audio/fft_kernels.h"
#include "audio/fft_plan.h"
#include "audio/huge_pages.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"

namespace brandiron {
namespace {

using fft_detail::Kernels;
using fft_detail::Plan;

std::vector<float> hann(std::size_t size) {
  std::vector<float> window(size);
  for (std::size_t i = 0; i < size; ++i) {
    const double phase =
        2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(size);
    window[i] = static_cast<float>(0.5 - 0.5 * det::cos(phase));
  }
  return window;
}

std::shared_ptr<const std::vector<float>> shared_hann(std::size_t size) {
  static std::mutex mutex;
  static std::map<std::size_t, std::shared_ptr<const std::vector<float>>> windows;
  const std::lock_guard lock(mutex);
  auto& window = windows[size];
  if (!window) window = std::make_shared<const std::vector<float>>(hann(size));
  return window;
}

// One transform's tables and scratch.
class Engine {
 public:
  explicit Engine(std::size_t size)
      : plan_(fft_detail::shared_plan(size)),
        window_(shared_hann(size)),
        kernels_(fft_detail::best_kernels()),
        scratch_(fft_detail::scratch_floats(size)),
        padded_(size) {}

  const std::vector<float>& window() const { return *window_; }

  // Transform of the window that begins at `start` (may reach beyond either end: zeros).
  void forward(std::span<const float> signal, std::ptrdiff_t start, std::complex<float>* out) {
    const auto size = static_cast<std::ptrdiff_t>(plan_->size);
    const auto length = static_cast<std::ptrdiff_t>(signal.size());
    const float* in = padded_.data();
    if (start >= 0 && start + size <= length) {
      in = signal.data() + start;
    } else {
      std::fill_n(padded_.data(), size, 0.0F);
      const std::ptrdiff_t from = std::max<std::ptrdiff_t>(start, 0);
      const std::ptrdiff_t to = std::min(start + size, length);
      if (from < to) {
        std::copy(signal.begin() + from, signal.begin() + to, padded_.data() + (from - start));
      }
    }
    kernels_.forward(*plan_, in, window_->data(), reinterpret_cast<float*>(out), scratch_.data());
  }

  // Adds the windowed inverse to out[0 .. size).
  void inverse_add(const std::complex<float>* in, float* out) {
    const float scale = 2.0F / static_cast<float>(plan_->size);
    kernels_.inverse(*plan_, reinterpret_cast<const float*>(in), scale, window_->data(), true, out,
                     scratch_.data());
  }

 private:
  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<const std::vector<float>> window_;
  const Kernels& kernels_;
  AlignedFloats scratch_, padded_;
};

std::ptrdiff_t window_start(std::size_t t, const StftOptions& options) {
  const auto start = static_cast<std::ptrdiff_t>(t * options.hop_samples);
  return options.centred ? start - static_cast<std::ptrdiff_t>(options.window_samples / 2) : start;
}

// Reciprocals of the sum of squared windows that cover each of the `hop` positions of block `block`
// (positions count from the first window's start); windows exist for t in [0, num_windows).
void overlap_gains(const std::vector<float>& window, std::size_t hop, std::size_t block,
                   std::size_t num_windows, std::vector<float>& gains) {
  for (std::size_t i = 0; i < hop; ++i) {
    double sum = 0.0;
    for (std::size_t back = 0; back <= block && i + back * hop < window.size(); ++back) {
      if (block - back >= num_windows) continue;
      const double w = window[i + back * hop];
      sum += w * w;
    }
    // Where hardly any window reaches there is nothing to reconstruct from.
    gains[i] = sum > 1e-8 ? static_cast<float>(1.0 / sum) : 0.0F;
  }
}

// Overlap-add that owns only the part of the signal that later windows still touch.
class OverlapAdd {
 public:
  OverlapAdd(std::size_t num_frames, std::size_t num_windows, const StftOptions& options,
             Engine& engine)
      : out_(num_frames),
        num_windows_(num_windows),
        options_(options),
        engine_(engine),
        ring_(options.window_samples + options.hop_samples),
        gains_(options.hop_samples),
        inner_gains_(options.hop_samples),
        blocks_per_window_((options.window_samples + options.hop_samples - 1) /
                           options.hop_samples) {
    overlap_gains(engine.window(), options.hop_samples, blocks_per_window_, blocks_per_window_ + 1,
                  inner_gains_);
    std::fill_n(ring_.data(), options.window_samples + options.hop_samples, 0.0F);
  }

  void add(const std::complex<float>* bins) {
    engine_.inverse_add(bins, ring_.data());
    flush_block();
  }

  std::vector<float> finish() {
    while (block_ < num_windows_ + blocks_per_window_) flush_block();
    return std::move(out_);
  }

 private:
  // Block `block_` is complete: scale it, write it out and move on by one hop.
  void flush_block() {
    const std::size_t hop = options_.hop_samples;
    const bool inner = block_ + 1 >= blocks_per_window_ && block_ < num_windows_;
    if (!inner) overlap_gains(engine_.window(), hop, block_, num_windows_, gains_);
    const std::vector<float>& gains = inner ? inner_gains_ : gains_;
    const std::ptrdiff_t start = window_start(block_, options_);
    const auto length = static_cast<std::ptrdiff_t>(out_.size());
    const std::ptrdiff_t first =
        std::clamp<std::ptrdiff_t>(-start, 0, static_cast<std::ptrdiff_t>(hop));
    const std::ptrdiff_t last =
        std::clamp<std::ptrdiff_t>(length - start, first, static_cast<std::ptrdiff_t>(hop));
    if (first < last) {
      const float* ring = ring_.data() + first;
      const float* gain = gains.data() + first;
      float* out = out_.data() + (start + first);
      for (std::ptrdiff_t i = 0; i < last - first; ++i) out[i] = ring[i] * gain[i];
    }
    std::copy(ring_.data() + hop, ring_.data() + options_.window_samples + hop, ring_.data());
    std::fill_n(ring_.data() + options_.window_samples, hop, 0.0F);
    ++block_;
  }

  std::vector<float> out_;
  std::size_t num_windows_;
  const StftOptions& options_;
  Engine& engine_;
  AlignedFloats ring_;
  std::vector<float> gains_, inner_gains_;
  std::size_t blocks_per_window_;
  std::size_t block_ = 0;
};

__attribute__((target_clones("avx2", "default"))) void squared_magnitudes(const float* bins,
                                                                          float* power,
                                                                          std::size_t num_bins) {
  for (std::size_t k = 0; k < num_bins; ++k) {
    const float re = bins[2 * k];
    const float im = bins[2 * k + 1];
    power[k] = re * re + im * im;
  }
}

}  // namespace

void StftOptions::validate() const {
  if (!std::has_single_bit(window_samples) || window_samples < 8 || window_samples > (1U << 20)) {
    throw Error(ErrorCode::kInvalidArgument,
                "stft: found a window of " + std::to_string(window_samples) +
                    " samples, expected a power of two from 8 to 1048576");
  }
  if (hop_samples < 1 || hop_samples > window_samples) {
    throw Error(ErrorCode::kInvalidArgument, "stft: found a hop of " + std::to_string(hop_samples) +
                                                 " samples, expected 1 to the window's " +
                                                 std::to_string(window_samples));
  }
}

std::size_t stft_num_windows(std::size_t num_frames, const StftOptions& options) {
  options.validate();
  if (num_frames == 0) return 0;
  if (options.centred) return 1 + (num_frames + options.hop_samples - 1) / options.hop_samples;
  if (num_frames < options.window_samples) return 0;
  return 1 + (num_frames - options.window_samples) / options.hop_samples;
}

Spectrogram stft(std::span<const float> signal, const StftOptions& options) {
  Spectrogram out;
  out.num_windows = stft_num_windows(signal.size(), options);
  out.num_bins = options.window_samples / 2 + 1;
  resize_in_huge_pages(out.data, out.num_windows * out.num_bins);
  Engine engine(options.window_samples);
  for (std::size_t t = 0; t < out.num_windows; ++t) {
    engine.forward(signal, window_start(t, options), out.data.data() + t * out.num_bins);
  }
  return out;
}

std::vector<float> istft(const Spectrogram& spectrogram, std::size_t num_frames,
                         const StftOptions& options) {
  options.validate();
  const std::size_t num_bins = options.window_samples / 2 + 1;
  if (spectrogram.num_bins != num_bins ||
      spectrogram.data.size() != spectrogram.num_windows * num_bins) {
    throw Error(ErrorCode::kInvalidArgument,
                "istft: found " + std::to_string(spectrogram.num_bins) + " bins and " +
                    std::to_string(spectrogram.data.size()) + " values, expected " +
                    std::to_string(num_bins) + " bins a window");
  }
  Engine engine(options.window_samples);
  OverlapAdd overlap(num_frames, spectrogram.num_windows, options, engine);
  for (std::size_t t = 0; t < spectrogram.num_windows; ++t) {
    overlap.add(spectrogram.data.data() + t * num_bins);
  }
  return overlap.finish();
}

std::vector<float> transform_windows(
    std::span<const float> signal, const StftOptions& options,
    const std::function<void(std::size_t, std::span<std::complex<float>>)>& change) {
  const std::size_t num_windows = stft_num_windows(signal.size(), options);
  Engine engine(options.window_samples);
  OverlapAdd overlap(signal.size(), num_windows, options, engine);
  std::vector<std::complex<float>> bins(options.window_samples / 2 + 1);
  for (std::size_t t = 0; t < num_windows; ++t) {
    engine.forward(signal, window_start(t, options), bins.data());
    change(t, bins);
    overlap.add(bins.data());
  }
  return overlap.finish();
}

std::vector<float> power_spectrogram(std::span<const float> signal, const StftOptions& options) {
  const std::size_t num_windows = stft_num_windows(signal.size(), options);
  const std::size_t num_bins = options.window_samples / 2 + 1;
  std::vector<float> power;
  resize_in_huge_pages(power, num_windows * num_bins);
  std::vector<std::complex<float>> bins(num_bins);
  Engine engine(options.window_samples);
  for (std::size_t t = 0; t < num_windows; ++t) {
    engine.forward(signal, window_start(t, options), bins.data());
    squared_magnitudes(reinterpret_cast<const float*>(bins.data()), power.data() + t * num_bins,
                       num_bins);
  }
  return power;
}

}  // namespace brandiron
