#include <algorithm>
#include <chrono>
#include <cmath>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/watermark/stream.h"
#include "judge.h"
#include "spectra.h"

namespace brandiron::watermark {
namespace {

constexpr double kMinSegmentS = 2.0;
constexpr double kChapterS = 2.0 * kCycleCells * kCellSeconds;  // 341.3 s
constexpr float kLargestSample = 1e12F;                         // energies of larger ones overflow
constexpr std::size_t kBlockFrames = 16384;

// A bound may be reported larger than it is: never as 0.
double reported_p(double ln_p) { return std::max(1e-300, std::exp(std::min(0.0, ln_p))); }

void check_options(const std::vector<Key>& keys, const VerifyOptions& options) {
  if (keys.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "verify: no key given, expected at least one");
  }
  if (!(options.p_threshold > 0 && options.p_threshold < 1)) {
    throw Error(ErrorCode::kInvalidArgument, "verify: p_threshold is " +
                                                 std::to_string(options.p_threshold) +
                                                 ", expected a value between 0 and 1");
  }
  if (!(options.segment_s >= kMinSegmentS)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "verify: segment_s is " + std::to_string(options.segment_s) + ", expected at least 2");
  }
}

void check_samples(std::span<const float> samples) {
  const bool good = std::all_of(samples.begin(), samples.end(),
                                [](float x) { return std::abs(x) <= kLargestSample; });
  if (!good) {
    throw Error(ErrorCode::kInvalidArgument,
                "verify: the audio holds NaN, infinite or absurdly large samples, expected finite "
                "ones; re-export the file");
  }
}

std::vector<PayloadSpan> runs_of(const std::vector<SegmentVerdict>& segments) {
  std::vector<PayloadSpan> runs;
  bool open = false;
  for (const SegmentVerdict& segment : segments) {
    const bool same = open && segment.payload && runs.back().payload == *segment.payload;
    if (same) {
      runs.back().end_s = segment.end_s;
    } else if (segment.payload) {
      runs.push_back({*segment.payload, segment.start_s, segment.end_s});
    }
    open = segment.payload.has_value();
  }
  return runs;
}

struct ChapterOpinion {
  double start_s;
  Opinion opinion;
};

// The strongest chapter speaks; all were hypotheses.
Verdict join(const std::vector<ChapterOpinion>& chapters, double p_threshold) {
  const double ln_chapters = std::log(static_cast<double>(chapters.size()));
  const double ln_wanted = std::log(p_threshold) - ln_chapters;
  const Opinion* best = &chapters.front().opinion;
  Verdict verdict;
  for (const ChapterOpinion& chapter : chapters) {
    if (says_more(chapter.opinion, *best, ln_wanted)) best = &chapter.opinion;
    for (const SegmentOpinion& part : chapter.opinion.segments) {
      SegmentVerdict segment{chapter.start_s + part.start_s, chapter.start_s + part.end_s,
                             reported_p(part.bound.ln_p + ln_chapters), std::nullopt};
      if (part.bound.ln_p_payload <= ln_wanted) segment.payload = part.payload;
      verdict.segments.push_back(segment);
    }
  }
  double ln_p = 0;
  for (const ChapterOpinion& chapter : chapters) {
    ln_p = std::min(ln_p, chapter.opinion.bound.ln_p);
  }
  verdict.payloads = runs_of(verdict.segments);
  verdict.p_value = reported_p(ln_p + ln_chapters);
  verdict.p_threshold = p_threshold;
  verdict.present = ln_p <= ln_wanted;
  verdict.bit_error_rate = best->readout.bit_error_rate;
  verdict.pilot_z = best->readout.pilot_z;
  verdict.full_z = best->readout.full_z;
  verdict.speed_ratio = best->speed_ratio;
  verdict.pitch_ratio = best->pitch_ratio;
  if (best->bound.ln_p_payload <= ln_wanted) {
    verdict.payload_valid = true;
    verdict.payload = *best->readout.decoded.payload;
  }
  return verdict;
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

struct VerifyStream::Impl {
  Impl(int rate, std::size_t channels, std::vector<Key> the_keys, const VerifyOptions& the_options)
      : rate_hz(rate),
        num_channels(channels),
        keys(std::move(the_keys)),
        options(the_options),
        spectra(rate, channels, PowerSurface::kHopsPerWindow, PowerSurface::kTopHz),
        power(rate, spectra.hop_s(), spectra.bin_hz(), spectra.num_bins()),
        chapter_windows(static_cast<std::size_t>(std::ceil(kChapterS / spectra.hop_s()))),
        opinions(keys.size()) {}

  // A chapter is full when a window beyond its end exists: its last one begins the next.
  void add(std::span<const float> window) {
    if (power.num_windows() > chapter_windows) {
      close(static_cast<double>(chapter_windows) * power.hop_s());
      power.start_next();
    }
    power.add(window);
  }

  void close(double duration_s) {
    power.set_duration_s(duration_s);
    std::vector<Opinion> found = judge_chapter(power, keys, options);
    for (std::size_t k = 0; k < keys.size(); ++k) {
      opinions[k].push_back({start_s, std::move(found[k])});
    }
    start_s += duration_s;
  }

  int rate_hz;
  std::size_t num_channels;
  std::vector<Key> keys;
  VerifyOptions options;
  SpectrumStream spectra;
  PowerSurface power;
  std::size_t chapter_windows;
  std::vector<std::vector<ChapterOpinion>> opinions;  // one list a key
  double start_s = 0;
  double seconds = 0;
};

VerifyStream::VerifyStream(int rate_hz, std::size_t num_channels, std::vector<Key> keys,
                           const VerifyOptions& options) {
  check_options(keys, options);
  if (rate_hz <= 0 || num_channels == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                "verify: found a stream of " + std::to_string(num_channels) + " channels at " +
                    std::to_string(rate_hz) + " Hz, expected at least one channel and a rate");
  }
  impl_ = std::make_unique<Impl>(rate_hz, num_channels, std::move(keys), options);
}
VerifyStream::~VerifyStream() = default;
VerifyStream::VerifyStream(VerifyStream&&) noexcept = default;

void VerifyStream::push(const AudioBuffer& block) {
  if (block.num_channels() != impl_->num_channels || block.rate_hz() != impl_->rate_hz) {
    throw Error(ErrorCode::kInvalidArgument,
                "verify: found a block of " + std::to_string(block.num_channels()) +
                    " channels at " + std::to_string(block.rate_hz()) + " Hz, expected " +
                    std::to_string(impl_->num_channels) + " at " + std::to_string(impl_->rate_hz));
  }
  std::vector<const float*> channels(block.num_channels());
  for (std::size_t from = 0; from < block.num_frames(); from += kBlockFrames) {
    for (std::size_t c = 0; c < channels.size(); ++c) channels[c] = block.channel(c).data() + from;
    push(channels, std::min(kBlockFrames, block.num_frames() - from));
  }
}

void VerifyStream::push(std::span<const float* const> channels, std::size_t frames) {
  const double start = seconds_now();
  for (std::size_t c = 0; c < impl_->num_channels; ++c) check_samples({channels[c], frames});
  impl_->spectra.push(channels, frames, [this](std::span<const float> w) { impl_->add(w); });
  impl_->seconds += seconds_now() - start;
}

std::vector<Verdict> VerifyStream::finish() {
  const double start = seconds_now();
  impl_->spectra.finish([this](std::span<const float> window) { impl_->add(window); });
  const double total_s = static_cast<double>(impl_->spectra.frames()) / impl_->rate_hz;
  impl_->close(total_s - impl_->start_s);
  impl_->seconds += seconds_now() - start;
  std::vector<Verdict> verdicts;
  for (std::size_t k = 0; k < impl_->keys.size(); ++k) {
    verdicts.push_back(join(impl_->opinions[k], impl_->options.p_threshold));
    verdicts.back().key_fingerprint = impl_->keys[k].fingerprint();
    verdicts.back().seconds = impl_->seconds;
  }
  return verdicts;
}

std::vector<Verdict> verify_all(const AudioBuffer& audio, const std::vector<Key>& keys,
                                const VerifyOptions& options) {
  check_samples(audio.samples());
  const bool shaped = audio.rate_hz() > 0 && audio.num_channels() > 0;
  VerifyStream stream(shaped ? audio.rate_hz() : 44100, shaped ? audio.num_channels() : 1, keys,
                      options);
  if (shaped) stream.push(audio);
  return stream.finish();
}

const Verdict& strongest(const std::vector<Verdict>& verdicts) {
  return *std::min_element(
      verdicts.begin(), verdicts.end(), [](const Verdict& a, const Verdict& b) {
        return a.payload_valid != b.payload_valid ? a.payload_valid : a.p_value < b.p_value;
      });
}

Verdict verify(const AudioBuffer& audio, const std::vector<Key>& keys,
               const VerifyOptions& options) {
  return strongest(verify_all(audio, keys, options));
}

std::vector<Verdict> verify_file(const std::filesystem::path& path, const std::vector<Key>& keys,
                                 const VerifyOptions& options) {
  AudioReader reader(path);
  VerifyStream stream(reader.info().rate_hz, reader.info().num_channels, keys, options);
  std::uint64_t frames = 0;
  for (AudioBuffer block = reader.read(kBlockFrames); !block.empty();
       block = reader.read(kBlockFrames)) {
    stream.push(block);
    frames += block.num_frames();
  }
  if (frames == 0) {
    throw Error(ErrorCode::kFormat, path.string() + ": holds no audio that decodes");
  }
  return stream.finish();
}

}  // namespace brandiron::watermark
