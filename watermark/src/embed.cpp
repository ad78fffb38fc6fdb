#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/det_math.h"
#include "brandiron/core/error.h"
#include "brandiron/watermark/stream.h"
#include "embed_engine.h"

namespace brandiron::watermark {
namespace {

constexpr double kMinDurationS = 5.0;
constexpr double kReadBackS = 60.0;
constexpr double kNearSilenceRms = 3e-4;  // -70 dBFS
constexpr std::size_t kBlockFrames = 16384;
// Full statistic that presence needs at 1e-9: the any-word route of the bound, all searches
// counted.
constexpr double kNeededZ = 13.7;

std::vector<const float*> planes_of(const AudioBuffer& audio, std::size_t from) {
  std::vector<const float*> planes(audio.num_channels());
  for (std::size_t c = 0; c < planes.size(); ++c) planes[c] = audio.channel(c).data() + from;
  return planes;
}

std::string warning_for(double rms, double duration_s, const EmbedReport& report) {
  if (rms == 0.0) return "silence cannot carry a mark";
  if (rms < kNearSilenceRms) {
    return "near silence (under -70 dBFS): 16-bit rounding or any codec will erase the mark";
  }
  if (duration_s < kMinDurationS) {
    return "shorter than 5 s: too short to carry a mark that can be proved";
  }
  if (!report.payload_valid) {
    return report.p_value <= 1e-9
               ? "the mark is present but its payload does not read back: sparse or short audio"
               : "the mark does not read back: too sparse (a tone, a few isolated sounds) or short";
  }
  if (report.capacity_margin_db < 3.0) {
    return "little margin: expect the mark to be lost to strong attacks";
  }
  return "";
}

// Verifies a minute of what leaves the embedder: from the middle, since the ends may be fades.
class ReadBack {
 public:
  ReadBack(const StreamFormat& format, const Key& key, std::uint64_t payload)
      : payload_(payload),
        count_(static_cast<std::uint64_t>(kReadBackS * format.rate_hz)),
        from_(format.num_frames > count_ ? (format.num_frames - count_) / 2 : 0),
        stream_(format.rate_hz, format.num_channels, {key}, plain()) {}

  void push(std::span<const float* const> channels, std::size_t frames) {
    const std::uint64_t begin = std::max(at_, from_);
    const std::uint64_t end = std::min(at_ + frames, from_ + count_);
    if (begin < end) {
      std::vector<const float*> part(channels.begin(), channels.end());
      for (const float*& p : part) p += begin - at_;
      stream_.push(part, static_cast<std::size_t>(end - begin));
    }
    at_ += frames;
  }

  void finish(EmbedReport& report) {
    const Verdict verdict = stream_.finish().front();
    report.p_value = verdict.p_value;
    report.payload_valid = verdict.payload_valid && verdict.payload == payload_;
    if (verdict.full_z > 0) {
      report.capacity_margin_db = 20.0 * det::log10(verdict.full_z / kNeededZ);
    }
  }

 private:
  static VerifyOptions plain() {
    VerifyOptions options;
    options.search_warps = false;
    return options;
  }

  std::uint64_t payload_;
  std::uint64_t count_, from_, at_ = 0;
  VerifyStream stream_;
};

// An engine with its report.
class Job {
 public:
  Job(const StreamFormat& format, const Key& key, std::uint64_t payload,
      const EmbedOptions& options, EmbedEngine::Sink sink)
      : format_(format),
        sink_(std::move(sink)),
        engine_(format, key, payload, options,
                [this](std::span<const float* const> channels, std::size_t frames) {
                  if (read_back_) read_back_->push(channels, frames);
                  sink_(channels, frames);
                  frames_ += frames;
                }) {
    if (options.read_back && options.effort != Effort::kFast)
      read_back_.emplace(format, key, payload);
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  void push(const AudioBuffer& audio) {
    for (std::size_t from = 0; from < audio.num_frames(); from += kBlockFrames) {
      engine_.push(planes_of(audio, from), std::min(kBlockFrames, audio.num_frames() - from));
    }
  }

  void finish() {
    engine_.finish();
    const double signal = engine_.signal_energy(), mark = engine_.mark_energy();
    report_.snr_db = mark > 0 && signal > 0 ? 10.0 * det::log10(signal / mark) : 0.0;
    if (frames_ == 0) report_.warning = "no samples";
    if (!read_back_ || frames_ == 0) return;
    read_back_->finish(report_);
    const auto count = static_cast<double>(frames_ * format_.num_channels);
    const double duration_s = static_cast<double>(frames_) / format_.rate_hz;
    report_.warning = warning_for(std::sqrt(signal / count), duration_s, report_);
  }

  const EmbedReport& report() const { return report_; }
  const EmbedEngine& engine() const { return engine_; }

 private:
  StreamFormat format_;
  EmbedEngine::Sink sink_;
  std::optional<ReadBack> read_back_;
  EmbedEngine engine_;
  std::uint64_t frames_ = 0;
  EmbedReport report_;
};

AudioBuffer buffer_of(std::span<const float* const> channels, std::size_t frames, int rate_hz) {
  AudioBuffer buffer(channels.size(), frames, rate_hz);
  for (std::size_t c = 0; c < channels.size(); ++c) {
    std::copy_n(channels[c], frames, buffer.channel(c).begin());
  }
  return buffer;
}

// One pass over a file for what the embedder must know before its first sample.
StreamFormat measure(const std::filesystem::path& path) {
  AudioReader reader(path);
  StreamFormat format{reader.info().rate_hz, reader.info().num_channels, 0, 0.0F};
  for (AudioBuffer block = reader.read(kBlockFrames); !block.empty();
       block = reader.read(kBlockFrames)) {
    format.num_frames += block.num_frames();
    format.peak_limit = std::max(format.peak_limit, block.peak());
  }
  if (format.num_frames == 0) {
    throw Error(ErrorCode::kFormat, path.string() + ": holds no audio that decodes");
  }
  return format;
}

}  // namespace

EmbedReport embed(AudioBuffer& audio, const Key& key, std::uint64_t payload,
                  const EmbedOptions& options) {
  if (audio.has_non_finite()) {
    throw Error(ErrorCode::kInvalidArgument,
                "embed: the audio holds NaN or infinite samples, expected finite ones");
  }
  // The engine has taken what is overwritten here.
  std::size_t at = 0;
  const auto put = [&](std::span<const float* const> channels, std::size_t frames) {
    for (std::size_t c = 0; c < channels.size(); ++c) {
      std::copy_n(channels[c], frames, audio.channel(c).data() + at);
    }
    at += frames;
  };
  Job job({audio.rate_hz(), audio.num_channels(), audio.num_frames(), audio.peak()}, key, payload,
          options, put);
  job.push(audio);
  job.finish();
  return job.report();
}

EmbedReport embed_file(const std::filesystem::path& in, const std::filesystem::path& out,
                       const Key& key, std::uint64_t payload, const EmbedOptions& options,
                       const WriteOptions& write) {
  const StreamFormat format = measure(in);
  std::optional<AudioWriter> writer;
  const auto put = [&](std::span<const float* const> channels, std::size_t frames) {
    if (writer) writer->write(buffer_of(channels, frames, format.rate_hz));
  };
  std::optional<Job> job;
  try {
    job.emplace(format, key, payload, options, put);
  } catch (const Error& error) {
    if (format.rate_hz >= EmbedEngine::kMinRateHz) throw;
    throw Error(ErrorCode::kFormat, in.string() + ": " + error.what());
  }
  if (!out.empty()) writer.emplace(out, format.rate_hz, format.num_channels, write);
  AudioReader reader(in);
  for (AudioBuffer block = reader.read(kBlockFrames); !block.empty();
       block = reader.read(kBlockFrames)) {
    job->push(block);
  }
  job->finish();
  if (writer) writer->finish();
  return job->report();
}

struct EmbedStream::Impl {
  Impl(const StreamFormat& the_format, const Key& key, std::uint64_t payload,
       const EmbedOptions& options)
      : format(the_format),
        ready(the_format.num_channels),
        job(the_format, key, payload, options,
            [this](std::span<const float* const> channels, std::size_t frames) {
              for (std::size_t c = 0; c < channels.size(); ++c) {
                ready[c].insert(ready[c].end(), channels[c], channels[c] + frames);
              }
            }) {}

  AudioBuffer take() {
    AudioBuffer out(format.num_channels, ready.front().size(), format.rate_hz);
    for (std::size_t c = 0; c < ready.size(); ++c) {
      std::copy(ready[c].begin(), ready[c].end(), out.channel(c).begin());
      ready[c].clear();
    }
    return out;
  }

  StreamFormat format;
  std::vector<std::vector<float>> ready;
  Job job;
};

EmbedStream::EmbedStream(const StreamFormat& format, const Key& key, std::uint64_t payload,
                         const EmbedOptions& options)
    : impl_(std::make_unique<Impl>(format, key, payload, options)) {}
EmbedStream::~EmbedStream() = default;
EmbedStream::EmbedStream(EmbedStream&&) noexcept = default;

AudioBuffer EmbedStream::push(const AudioBuffer& block) {
  const StreamFormat& format = impl_->format;
  if (block.num_channels() != format.num_channels || block.rate_hz() != format.rate_hz) {
    throw Error(ErrorCode::kInvalidArgument,
                "embed: found a block of " + std::to_string(block.num_channels()) +
                    " channels at " + std::to_string(block.rate_hz()) + " Hz, expected " +
                    std::to_string(format.num_channels) + " at " + std::to_string(format.rate_hz));
  }
  impl_->job.push(block);
  return impl_->take();
}

AudioBuffer EmbedStream::finish() {
  impl_->job.finish();
  return impl_->take();
}

std::size_t EmbedStream::latency_frames() const { return impl_->job.engine().latency_frames(); }
EmbedReport EmbedStream::report() const { return impl_->job.report(); }

}  // namespace brandiron::watermark
