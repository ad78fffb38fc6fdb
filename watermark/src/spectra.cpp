#include "spectra.h"

#include <algorithm>

#include "grid.h"
#include "simd.h"
#include "windows.h"

namespace brandiron::watermark {
namespace {

constexpr std::size_t kRunFrames = 16384;

BRANDIRON_WIDE void add_power(const std::complex<float>* spectrum, float* power, std::size_t n) {
  const float* x = reinterpret_cast<const float*>(spectrum);
  for (std::size_t k = 0; k < n; ++k) power[k] += x[2 * k] * x[2 * k] + x[2 * k + 1] * x[2 * k + 1];
}

}  // namespace

SpectrumStream::SpectrumStream(int rate_hz, std::size_t num_channels, std::size_t hops_per_window,
                               double top_hz)
    : rate_hz_(rate_hz),
      size_(window_samples(rate_hz)),
      hop_(size_ / hops_per_window),
      fft_(size_),
      shape_(hann_window(size_)),
      held_(num_channels, std::vector<float>(size_ / 2, 0.0F)),
      block_(size_),
      spectrum_(fft_.num_bins()) {
  num_bins_ = std::min(fft_.num_bins(), static_cast<std::size_t>(top_hz / bin_hz()) + 1);
  power_.resize(num_bins_);
}

void SpectrumStream::push(std::span<const float* const> channels, std::size_t frames,
                          const Sink& sink) {
  for (std::size_t c = 0; c < held_.size(); ++c) {
    held_[c].insert(held_[c].end(), channels[c], channels[c] + frames);
  }
  frames_ += frames;
  while (!held_.empty() && at_ + size_ <= held_.front().size()) emit(sink);
  drop_used();
}

void SpectrumStream::finish(const Sink& sink) {
  const std::size_t wanted = frames_ / hop_ + 1;
  for (auto& held : held_) held.resize(held.size() + size_, 0.0F);
  while (windows_ < wanted) emit(sink);
}

void SpectrumStream::run(const AudioBuffer& audio, SpectrumStream& stream, const Sink& sink) {
  std::vector<const float*> channels(audio.num_channels());
  for (std::size_t from = 0; from < audio.num_frames(); from += kRunFrames) {
    for (std::size_t c = 0; c < channels.size(); ++c) channels[c] = audio.channel(c).data() + from;
    stream.push(channels, std::min(kRunFrames, audio.num_frames() - from), sink);
  }
  stream.finish(sink);
}

void SpectrumStream::emit(const Sink& sink) {
  std::fill(power_.begin(), power_.end(), 0.0F);
  for (const auto& held : held_) {
    cut_window(held, at_ + size_ / 2, shape_, block_);
    fft_.forward(block_, spectrum_);
    add_power(spectrum_.data(), power_.data(), num_bins_);
  }
  at_ += hop_;
  ++windows_;
  sink(power_);
}

void SpectrumStream::drop_used() {
  for (auto& held : held_) {
    held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(at_));
  }
  at_ = 0;
}

}  // namespace brandiron::watermark
