// From the payloads in a file to what was registered for them, and whether the audio agrees.
#include <algorithm>

#include "brandiron/watermark/registry.h"

namespace brandiron::watermark {
namespace {

// Under this a stretch is no query of its own; all of the file is compared instead.
constexpr double kLeastStretchS = 15;

struct Stretch {
  std::uint64_t payload;
  double start_s, end_s;
};

// Each payload once, from where it is first to where it is last read.
std::vector<Stretch> stretches_of(const Verdict& verdict) {
  std::vector<Stretch> stretches;
  const auto add = [&](std::uint64_t payload, double start_s, double end_s) {
    for (Stretch& known : stretches) {
      if (known.payload != payload) continue;
      known.end_s = std::max(known.end_s, end_s);
      return;
    }
    stretches.push_back({payload, start_s, end_s});
  };
  for (const PayloadSpan& span : verdict.payloads) add(span.payload, span.start_s, span.end_s);
  if (verdict.payload_valid) add(verdict.payload, 0, 0);
  return stretches;
}

Fingerprint query_of(const Fingerprint& all, const Stretch& stretch, double speed_ratio,
                     bool alone) {
  if (alone || stretch.end_s - stretch.start_s < kLeastStretchS) return all;
  return all.slice(stretch.start_s * speed_ratio, stretch.end_s * speed_ratio);
}

bool confirms(const Match& match, const Fingerprint& query, const RecoveryOptions& options) {
  return match.matched && match.matched_s >= options.least_share * query.sounding_s();
}

RecoveredPayload look_up(const Stretch& stretch, const Verdict& verdict, const Fingerprint& query,
                         const Registry& registry, const RecoveryOptions& options) {
  RecoveredPayload found;
  found.payload_hex = payload_hex(stretch.payload);
  found.key_fingerprint = verdict.key_fingerprint;
  found.start_s = stretch.start_s;
  found.end_s = stretch.end_s;
  bool compared = false, confirmed = false;
  for (RegistryEntry& entry : registry.find_payload(found.payload_hex, verdict.key_fingerprint)) {
    Match match;
    if (!entry.record.fingerprint.empty()) {
      match = compare(Fingerprint::parse(entry.record.fingerprint), query, options.compare);
      match.matched = confirms(match, query, options);
    }
    compared = compared || match.overlap_s > 0;
    confirmed = confirmed || match.matched;
    found.entries.push_back({std::move(entry), match});
  }
  std::stable_sort(found.entries.begin(), found.entries.end(),
                   [](const AudioHit& a, const AudioHit& b) {
                     if (a.match.matched != b.match.matched) return a.match.matched;
                     return a.match.bit_error_rate < b.match.bit_error_rate;
                   });
  found.binding = found.entries.empty() ? Binding::kUnknownPayload
                  : confirmed           ? Binding::kConfirmed
                  : compared            ? Binding::kCopied
                                        : Binding::kUnchecked;
  return found;
}

}  // namespace

const char* binding_name(Binding binding) noexcept {
  switch (binding) {
    case Binding::kNoMark:
      return "no-mark";
    case Binding::kUnknownPayload:
      return "unknown-payload";
    case Binding::kConfirmed:
      return "confirmed";
    case Binding::kCopied:
      return "copied";
    case Binding::kUnchecked:
      return "unchecked";
    case Binding::kSeveral:
      return "several";
  }
  return "";
}

const RegistryEntry* Recovery::best() const {
  for (const RecoveredPayload& payload : payloads) {
    if (payload.binding == Binding::kConfirmed) return &payload.entries.front().entry;
  }
  return payloads.empty() && !by_audio.empty() ? &by_audio.front().entry : nullptr;
}

Recovery recover(const std::vector<Verdict>& verdicts, const Fingerprint& query,
                 const Registry& registry, const RecoveryOptions& options) {
  Recovery recovery;
  bool confirmed = false;
  for (const Verdict& verdict : verdicts) {
    if (!verdict.present) continue;
    const std::vector<Stretch> stretches = stretches_of(verdict);
    for (const Stretch& stretch : stretches) {
      const Fingerprint part =
          query_of(query, stretch, warp_of(verdict).speed_ratio, stretches.size() == 1);
      recovery.payloads.push_back(look_up(stretch, verdict, part, registry, options));
      confirmed = confirmed || recovery.payloads.back().binding == Binding::kConfirmed;
    }
  }
  if (!recovery.payloads.empty()) {
    recovery.binding =
        recovery.payloads.size() > 1 ? Binding::kSeveral : recovery.payloads.front().binding;
  }
  if (!confirmed && options.search_audio) {
    recovery.by_audio = registry.find_audio(query, options.compare);
    std::erase_if(recovery.by_audio,
                  [&](const AudioHit& hit) { return !confirms(hit.match, query, options); });
  }
  return recovery;
}

}  // namespace brandiron::watermark
