#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/marker.h"
#include "brandiron/watermark/front_end_model.h"
#include "brandiron/watermark/key.h"

namespace brandiron::watermark {

inline constexpr const char* kScheme = "brandiron-lf/1";

/// How much work goes into a mark: one pass for corpora, never read back; the default; informed and
/// iterated.
enum class Effort { kFast, kNormal, kBest };

struct EmbedOptions {
  double strength = 1.0;  ///< 0.1 .. 4; 1 is the default measured in docs/claims.md
  bool read_back = true;  ///< verify at once (a minute from the middle) and report the margin
  Effort effort = Effort::kNormal;
};

struct EmbedReport {
  double snr_db = 0;              ///< signal over mark
  double p_value = 1;             ///< of the marked audio, read back at once
  bool payload_valid = false;     ///< read back right
  double capacity_margin_db = 0;  ///< response over what presence needs
  std::string warning;            ///< "" or why this audio cannot carry a mark well
};

/// Hides `payload` (64 bits) under `key`, at the audio's own rate and channel count, in place.
/// Deterministic; thread safe. Never clips: no sample rises above the original
/// peak (the mark yields there).
/// @throws Error(kInvalidArgument) for a rate under 8 kHz or options out of range.
EmbedReport embed(AudioBuffer& audio, const Key& key, std::uint64_t payload,
                  const EmbedOptions& options = {});

struct VerifyOptions {
  double p_threshold = 1e-9;
  double segment_s = 10.0;
  /// Look for changes of speed, tempo and pitch (about +-11 %) where the plain search reads no
  /// payload.
  bool search_warps = true;
  /// Count the number of keys in every p-value. Off, each verdict is as if its key were the only
  /// one asked: for studies that ask many.
  bool count_keys = true;
  /// Refines the detection weights; null leaves the classical ones.
  std::shared_ptr<const FrontEndModel> front_end;
};

struct SegmentVerdict {
  double start_s = 0, end_s = 0;
  double p_value = 1;
  std::optional<std::uint64_t> payload;
};

/// A stretch of neighbouring segments that carry one payload.
struct PayloadSpan {
  std::uint64_t payload = 0;
  double start_s = 0, end_s = 0;
};

/// What a recording says about one key.
struct Verdict {
  bool present = false;
  double p_value = 1.0;  ///< bound, all searches counted in (docs/watermark.md has the proof)
  double p_threshold = 1e-9;
  bool payload_valid = false;
  std::uint64_t payload = 0;
  std::string key_fingerprint;
  double bit_error_rate = 0;       ///< of the raw code bits, against the code word read
  double pilot_z = 0, full_z = 0;  ///< the two statistics behind p_value (docs/watermark.md)
  double speed_ratio = 1, pitch_ratio = 1;
  std::vector<SegmentVerdict> segments;
  std::vector<PayloadSpan> payloads;  ///< in time order; several where pieces were joined
  double seconds = 0;                 ///< that the search took, all keys together
};

/// Looks for marks of `keys`: one verdict a key, in their order; their number is counted in each
/// p-value. A verdict is a value, never an error. @throws Error(kInvalidArgument) for options out
/// of range and for samples that are not finite.
std::vector<Verdict> verify_all(const AudioBuffer& audio, const std::vector<Key>& keys,
                                const VerifyOptions& options = {});
/// The one that says most: a payload before none, then the smaller p-value.
const Verdict& strongest(const std::vector<Verdict>& verdicts);
/// The strongest of `verify_all`.
Verdict verify(const AudioBuffer& audio, const std::vector<Key>& keys,
               const VerifyOptions& options = {});

/// Joins this library to the generator's one exit.
std::unique_ptr<Marker> make_marker(const Key& key, const EmbedOptions& options = {});

/// The `brandiron.verify/1` object: the strongest verdict; `marks` lists every key that is present.
std::string verdict_json(const std::string& file, const std::vector<Verdict>& verdicts);
std::string verdict_json(const std::string& file, const Verdict& verdict);

std::uint64_t parse_payload(const std::string& hex);  ///< 1-16 hex digits. @throws Error
std::string payload_hex(std::uint64_t payload);       ///< 16 digits

}  // namespace brandiron::watermark
