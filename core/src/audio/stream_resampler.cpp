#include "audio/stream_resampler.h"

#include <soxr.h>

#include <cmath>
#include <string>
#include <vector>

#include "brandiron/core/error.h"

namespace brandiron {

struct StreamResampler::Impl {
  int in_rate_hz, out_rate_hz;
  std::vector<soxr_t> channels;
  std::uint64_t frames_in = 0, frames_out = 0;

  ~Impl() {
    for (soxr_t channel : channels) soxr_delete(channel);
  }

  std::uint64_t frames_due() const {
    return static_cast<std::uint64_t>(
        std::llround(static_cast<double>(frames_in) * out_rate_hz / in_rate_hz));
  }

  // Runs every channel over `in` (null: end of input); room for `room` frames.
  AudioBuffer run(const AudioBuffer* in, std::size_t room) {
    AudioBuffer out(channels.size(), room, out_rate_hz);
    std::size_t produced = 0;
    for (std::size_t c = 0; c < channels.size(); ++c) {
      const float* from = in == nullptr ? nullptr : in->channel(c).data();
      const std::size_t count = in == nullptr ? 0 : in->num_frames();
      std::size_t done = 0;
      const soxr_error_t error =
          soxr_process(channels[c], from, count, nullptr, out.channel(c).data(), room, &done);
      if (error != nullptr) {
        throw Error(ErrorCode::kInternal, "resample: libsoxr failed: " + std::string(error));
      }
      produced = done;  // equal for all channels: same rates, same input lengths
    }
    out.resize_frames(produced);
    frames_out += produced;
    return out;
  }
};

StreamResampler::StreamResampler(int in_rate_hz, int out_rate_hz, std::size_t num_channels)
    : impl_(std::make_unique<Impl>()) {
  impl_->in_rate_hz = in_rate_hz;
  impl_->out_rate_hz = out_rate_hz;
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
  const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
  for (std::size_t c = 0; c < num_channels; ++c) {
    soxr_error_t error = nullptr;
    impl_->channels.push_back(
        soxr_create(in_rate_hz, out_rate_hz, 1, &error, &io, &quality, &runtime));
    if (error != nullptr) {
      throw Error(ErrorCode::kInternal, "resample: libsoxr failed: " + std::string(error));
    }
  }
}

StreamResampler::~StreamResampler() = default;

AudioBuffer StreamResampler::push(const AudioBuffer& block) {
  impl_->frames_in += block.num_frames();
  const std::uint64_t room = impl_->frames_due() + 64 - impl_->frames_out;
  return impl_->run(&block, static_cast<std::size_t>(room));
}

AudioBuffer StreamResampler::flush() {
  AudioBuffer tail(impl_->channels.size(), 0, impl_->out_rate_hz);
  const std::uint64_t due = impl_->frames_due();
  while (impl_->frames_out < due) {
    const AudioBuffer more = impl_->run(nullptr, static_cast<std::size_t>(due - impl_->frames_out));
    if (more.empty()) break;
    const std::size_t at = tail.num_frames();
    tail.resize_frames(at + more.num_frames());
    tail.add(more, at);
  }
  return tail;
}

}  // namespace brandiron
