#include <cmath>
#include <optional>
#include <vector>

#include "brandiron/watermark/stream.h"
#include "guard.h"

using namespace brandiron;
using namespace brandiron::watermark;
using c_api::give;
using c_api::guarded;
using c_api::kBlockFrames;
using c_api::not_null;

struct brandiron_embedder {
  brandiron_embedder(const StreamFormat& the_format, const Key& key, std::uint64_t payload,
                     const EmbedOptions& options)
      : format(the_format), stream(the_format, key, payload, options) {}

  void keep(AudioBuffer&& audio) {
    if (!audio.empty()) ready.push_back(std::move(audio));
  }

  StreamFormat format;
  EmbedStream stream;
  std::vector<AudioBuffer> ready;  ///< finished and not yet pulled, in order
  std::size_t pulled = 0;          ///< frames of ready.front()
  bool finished = false;
};

namespace {

brandiron_embed_options default_options() {
  const EmbedOptions defaults;
  brandiron_embed_options options{};
  options.struct_size = sizeof options;
  options.strength = defaults.strength;
  options.effort = BRANDIRON_NORMAL;
  options.read_back = defaults.read_back ? 1 : 0;
  return options;
}

brandiron_stream_format default_format() {
  brandiron_stream_format format{};
  format.struct_size = sizeof format;
  format.peak_limit = static_cast<double>(StreamFormat{}.peak_limit);
  return format;
}

EmbedOptions to_options(const brandiron_embed_options* from) {
  const brandiron_embed_options given = c_api::read_sized(from, default_options());
  if (given.effort < BRANDIRON_FAST || given.effort > BRANDIRON_BEST) {
    c_api::refuse("effort is " + std::to_string(given.effort) + ", expected 0, 1 or 2");
  }
  EmbedOptions options;
  options.strength = given.strength;
  options.effort = static_cast<Effort>(given.effort);
  options.read_back = given.read_back != 0;
  return options;
}

StreamFormat to_format(const brandiron_stream_format* from) {
  const brandiron_stream_format given =
      c_api::read_sized(not_null(from, "format"), default_format());
  c_api::check_shape(0, given.num_channels, given.rate_hz);
  return {given.rate_hz, static_cast<std::size_t>(given.num_channels), given.num_frames,
          static_cast<float>(given.peak_limit)};
}

void write_report(const EmbedReport& report, brandiron_embed_report* to) {
  brandiron_embed_report out{};
  out.snr_db = report.snr_db;
  out.p_value = report.p_value;
  out.margin_db = report.capacity_margin_db;
  out.payload_valid = report.payload_valid ? 1 : 0;
  c_api::copy_text(out.warning, report.warning);
  c_api::write_sized(to, out);
}

// Largest sample; refuses what is not finite before anything has changed.
float peak_of(const float* samples, std::size_t count) {
  float peak = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (!std::isfinite(samples[i]))
      c_api::refuse("embed: the audio holds samples that are not finite");
    peak = std::max(peak, std::abs(samples[i]));
  }
  return peak;
}

}  // namespace

void brandiron_embed_options_init(brandiron_embed_options* options, size_t struct_size) {
  c_api::write_defaults(options, struct_size, default_options());
}

void brandiron_stream_format_init(brandiron_stream_format* format, size_t struct_size) {
  c_api::write_defaults(format, struct_size, default_format());
}

int brandiron_embed(float* samples, size_t num_frames, int32_t num_channels, int32_t rate_hz,
                    const brandiron_key* key, uint64_t payload,
                    const brandiron_embed_options* options, brandiron_embed_report* report) {
  return guarded([&] {
    if (num_frames > 0) not_null(samples, "samples");
    if (report != nullptr) c_api::check_size(report);
    const EmbedOptions given = to_options(options);
    c_api::check_shape(num_frames, num_channels, rate_hz);
    StreamFormat format{rate_hz, static_cast<std::size_t>(num_channels), num_frames, 0.0F};
    format.peak_limit = peak_of(samples, num_frames * format.num_channels);
    EmbedStream stream(format, not_null(key, "key")->key, payload, given);
    // What is overwritten has been taken.
    float* to = samples;
    const auto put = [&](const AudioBuffer& done) {
      c_api::interleave(done, 0, done.num_frames(), to);
      to += done.num_frames() * format.num_channels;
    };
    for (std::size_t at = 0; at < num_frames; at += kBlockFrames) {
      put(stream.push(c_api::planar(samples + at * format.num_channels,
                                    std::min(kBlockFrames, num_frames - at), num_channels,
                                    rate_hz)));
    }
    put(stream.finish());
    write_report(stream.report(), report);
  });
}

int brandiron_embed_file(const char* in, const char* out, int overwrite, const brandiron_key* key,
                         uint64_t payload, const brandiron_embed_options* options,
                         brandiron_embed_report* report) {
  return guarded([&] {
    if (report != nullptr) c_api::check_size(report);
    WriteOptions write;
    write.sample_format = SampleFormat::kPcm24;
    write.overwrite = overwrite != 0;
    write_report(embed_file(not_null(in, "in"), not_null(out, "out"), not_null(key, "key")->key,
                            payload, to_options(options), write),
                 report);
  });
}

int brandiron_embedder_new(const brandiron_stream_format* format, const brandiron_key* key,
                           uint64_t payload, const brandiron_embed_options* options,
                           brandiron_embedder** embedder) {
  return guarded([&] {
    give(embedder, "embedder", [&] {
      return new brandiron_embedder(to_format(format), not_null(key, "key")->key, payload,
                                    to_options(options));
    });
  });
}

int brandiron_embedder_push(brandiron_embedder* embedder, const float* samples, size_t num_frames) {
  return guarded([&] {
    if (not_null(embedder, "embedder")->finished) c_api::refuse_state("pushed after finish");
    if (num_frames > 0) not_null(samples, "samples");
    const StreamFormat& format = embedder->format;
    c_api::check_shape(num_frames, static_cast<std::int32_t>(format.num_channels), format.rate_hz);
    for (std::size_t at = 0; at < num_frames; at += kBlockFrames) {
      embedder->keep(embedder->stream.push(
          c_api::planar(samples + at * format.num_channels, std::min(kBlockFrames, num_frames - at),
                        static_cast<std::int32_t>(format.num_channels), format.rate_hz)));
    }
  });
}

int brandiron_embedder_finish(brandiron_embedder* embedder) {
  return guarded([&] {
    if (not_null(embedder, "embedder")->finished) c_api::refuse_state("finished twice");
    embedder->finished = true;
    embedder->keep(embedder->stream.finish());
  });
}

int brandiron_embedder_pull(brandiron_embedder* embedder, float* samples, size_t max_frames,
                            size_t* num_frames) {
  return guarded([&] {
    not_null(embedder, "embedder");
    not_null(num_frames, "num_frames");
    if (max_frames > 0) not_null(samples, "samples");
    *num_frames = 0;
    while (*num_frames < max_frames && !embedder->ready.empty()) {
      const AudioBuffer& front = embedder->ready.front();
      const std::size_t count =
          std::min(max_frames - *num_frames, front.num_frames() - embedder->pulled);
      c_api::interleave(front, embedder->pulled, count,
                        samples + *num_frames * front.num_channels());
      *num_frames += count;
      embedder->pulled += count;
      if (embedder->pulled < front.num_frames()) continue;
      embedder->ready.erase(embedder->ready.begin());
      embedder->pulled = 0;
    }
  });
}

int brandiron_embedder_latency(const brandiron_embedder* embedder, size_t* num_frames) {
  return guarded([&] {
    *not_null(num_frames, "num_frames") = not_null(embedder, "embedder")->stream.latency_frames();
  });
}

int brandiron_embedder_report(const brandiron_embedder* embedder, brandiron_embed_report* report) {
  return guarded([&] {
    if (!not_null(embedder, "embedder")->finished) c_api::refuse_state("report before finish");
    write_report(embedder->stream.report(), not_null(report, "report"));
  });
}

void brandiron_embedder_free(brandiron_embedder* embedder) { delete embedder; }
