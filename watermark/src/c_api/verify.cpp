#include <vector>

#include "brandiron/watermark/stream.h"
#include "guard.h"

using namespace brandiron;
using namespace brandiron::watermark;
using c_api::give;
using c_api::guarded;
using c_api::kBlockFrames;
using c_api::not_null;

struct brandiron_verdicts {
  std::vector<Verdict> list;
  std::string json;
};

struct brandiron_verifier {
  std::int32_t num_channels, rate_hz;
  VerifyStream stream;
  bool finished = false;
};

namespace {

brandiron_verify_options default_options() {
  const VerifyOptions defaults;
  brandiron_verify_options options{};
  options.struct_size = sizeof options;
  options.p_threshold = defaults.p_threshold;
  options.segment_s = defaults.segment_s;
  options.search_warps = defaults.search_warps ? 1 : 0;
  return options;
}

VerifyOptions to_options(const brandiron_verify_options* from) {
  const brandiron_verify_options given = c_api::read_sized(from, default_options());
  VerifyOptions options;
  options.p_threshold = given.p_threshold;
  options.segment_s = given.segment_s;
  options.search_warps = given.search_warps != 0;
  return options;
}

std::vector<Key> to_keys(const brandiron_key* const* keys, std::size_t count) {
  std::vector<Key> list;
  if (count > 0) not_null(keys, "keys");
  for (std::size_t k = 0; k < count; ++k) list.push_back(not_null(keys[k], "a key")->key);
  return list;
}

VerifyStream open_stream(std::int32_t channels, std::int32_t rate_hz,
                         const brandiron_key* const* keys, std::size_t num_keys,
                         const brandiron_verify_options* options) {
  c_api::check_shape(0, channels, rate_hz);
  return {rate_hz, static_cast<std::size_t>(channels), to_keys(keys, num_keys),
          to_options(options)};
}

void push_blocks(VerifyStream& stream, const float* samples, std::size_t frames,
                 std::int32_t channels, std::int32_t rate_hz) {
  if (frames > 0) not_null(samples, "samples");
  c_api::check_shape(frames, channels, rate_hz);
  for (std::size_t at = 0; at < frames; at += kBlockFrames) {
    stream.push(c_api::planar(samples + at * static_cast<std::size_t>(channels),
                              std::min(kBlockFrames, frames - at), channels, rate_hz));
  }
}

const Verdict& verdict_at(const brandiron_verdicts* verdicts, std::size_t index) {
  const auto& list = not_null(verdicts, "verdicts")->list;
  if (index >= list.size()) {
    c_api::refuse("verdict " + std::to_string(index) + " of " + std::to_string(list.size()));
  }
  return list[index];
}

}  // namespace

void brandiron_verify_options_init(brandiron_verify_options* options, size_t struct_size) {
  c_api::write_defaults(options, struct_size, default_options());
}

int brandiron_verify(const float* samples, size_t num_frames, int32_t num_channels, int32_t rate_hz,
                     const brandiron_key* const* keys, size_t num_keys,
                     const brandiron_verify_options* options, brandiron_verdicts** verdicts) {
  return guarded([&] {
    not_null(verdicts, "verdicts");
    VerifyStream stream = open_stream(num_channels, rate_hz, keys, num_keys, options);
    push_blocks(stream, samples, num_frames, num_channels, rate_hz);
    *verdicts = new brandiron_verdicts{stream.finish(), ""};
  });
}

int brandiron_verify_file(const char* path, const brandiron_key* const* keys, size_t num_keys,
                          const brandiron_verify_options* options, brandiron_verdicts** verdicts) {
  return guarded([&] {
    not_null(verdicts, "verdicts");
    *verdicts = new brandiron_verdicts{
        verify_file(not_null(path, "path"), to_keys(keys, num_keys), to_options(options)), ""};
  });
}

int brandiron_verifier_new(int32_t num_channels, int32_t rate_hz, const brandiron_key* const* keys,
                           size_t num_keys, const brandiron_verify_options* options,
                           brandiron_verifier** verifier) {
  return guarded([&] {
    give(verifier, "verifier", [&] {
      return new brandiron_verifier{num_channels, rate_hz,
                                    open_stream(num_channels, rate_hz, keys, num_keys, options)};
    });
  });
}

int brandiron_verifier_push(brandiron_verifier* verifier, const float* samples, size_t num_frames) {
  return guarded([&] {
    if (not_null(verifier, "verifier")->finished) c_api::refuse_state("pushed after finish");
    push_blocks(verifier->stream, samples, num_frames, verifier->num_channels, verifier->rate_hz);
  });
}

int brandiron_verifier_finish(brandiron_verifier* verifier, brandiron_verdicts** verdicts) {
  return guarded([&] {
    if (not_null(verifier, "verifier")->finished) c_api::refuse_state("finished twice");
    not_null(verdicts, "verdicts");
    verifier->finished = true;
    *verdicts = new brandiron_verdicts{verifier->stream.finish(), ""};
  });
}

void brandiron_verifier_free(brandiron_verifier* verifier) { delete verifier; }

size_t brandiron_verdicts_count(const brandiron_verdicts* verdicts) {
  return verdicts == nullptr ? 0 : verdicts->list.size();
}

size_t brandiron_verdicts_strongest(const brandiron_verdicts* verdicts) {
  if (verdicts == nullptr) return 0;
  return static_cast<size_t>(&strongest(verdicts->list) - verdicts->list.data());
}

int brandiron_verdicts_get(const brandiron_verdicts* verdicts, size_t index,
                           brandiron_verdict* verdict) {
  return guarded([&] {
    const Verdict& from = verdict_at(verdicts, index);
    brandiron_verdict out{};
    out.p_value = from.p_value;
    out.p_threshold = from.p_threshold;
    out.bit_error_rate = from.bit_error_rate;
    out.speed_ratio = from.speed_ratio;
    out.pitch_ratio = from.pitch_ratio;
    out.payload = from.payload_valid ? from.payload : 0;
    out.present = from.present ? 1 : 0;
    out.payload_valid = from.payload_valid ? 1 : 0;
    out.num_segments = from.segments.size();
    out.num_payloads = from.payloads.size();
    c_api::copy_text(out.key_fingerprint, from.key_fingerprint);
    c_api::write_sized(not_null(verdict, "verdict"), out);
  });
}

int brandiron_verdicts_segment(const brandiron_verdicts* verdicts, size_t index, size_t segment,
                               brandiron_segment* out) {
  return guarded([&] {
    const auto& segments = verdict_at(verdicts, index).segments;
    if (segment >= segments.size()) {
      c_api::refuse("segment " + std::to_string(segment) + " of " +
                    std::to_string(segments.size()));
    }
    const SegmentVerdict& from = segments[segment];
    brandiron_segment to{};
    to.start_s = from.start_s;
    to.end_s = from.end_s;
    to.p_value = from.p_value;
    to.payload = from.payload.value_or(0);
    to.payload_valid = from.payload ? 1 : 0;
    c_api::write_sized(not_null(out, "out"), to);
  });
}

int brandiron_verdicts_payload(const brandiron_verdicts* verdicts, size_t index, size_t payload,
                               brandiron_segment* out) {
  return guarded([&] {
    const Verdict& verdict = verdict_at(verdicts, index);
    if (payload >= verdict.payloads.size()) {
      c_api::refuse("payload " + std::to_string(payload) + " of " +
                    std::to_string(verdict.payloads.size()));
    }
    const PayloadSpan& from = verdict.payloads[payload];
    brandiron_segment to{};
    to.start_s = from.start_s;
    to.end_s = from.end_s;
    to.p_value = 1;
    for (const SegmentVerdict& part : verdict.segments) {
      if (part.start_s >= from.start_s && part.end_s <= from.end_s) {
        to.p_value = std::min(to.p_value, part.p_value);
      }
    }
    to.payload = from.payload;
    to.payload_valid = 1;
    c_api::write_sized(not_null(out, "out"), to);
  });
}

const char* brandiron_verdicts_json(brandiron_verdicts* verdicts, const char* name) {
  const int status = guarded([&] {
    not_null(verdicts, "verdicts");
    verdicts->json = verdict_json(name == nullptr ? "" : name, verdicts->list);
  });
  return status == BRANDIRON_OK ? verdicts->json.c_str() : nullptr;
}

void brandiron_verdicts_free(brandiron_verdicts* verdicts) { delete verdicts; }
