// What a C2PA Soft Binding Resolution service answers, without the service.
#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/watermark/c2pa.h"
#include "brandiron/watermark/registry.h"

namespace brandiron::watermark {
namespace {

constexpr std::size_t kPayloadBytes = 8;

std::string decoded(std::string_view value) {
  try {
    return from_base64(value);
  } catch (const Error& error) {
    throw Error(ErrorCode::kInvalidArgument, std::string("soft binding: ") + error.what());
  }
}

std::vector<ManifestMatch> matches_by_payload(const Registry& registry, const std::string& bytes) {
  if (bytes.size() != kPayloadBytes) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "soft binding: a payload of " + std::to_string(bytes.size()) + " bytes; expected 8");
  }
  std::vector<ManifestMatch> matches;
  for (const RegistryEntry& entry : registry.find_payload(to_hex(bytes))) {
    if (!entry.record.manifest.empty()) matches.push_back({entry.hash});
  }
  return matches;
}

std::vector<ManifestMatch> matches_by_fingerprint(const Registry& registry,
                                                  const std::string& bytes) {
  Fingerprint query;
  try {
    query = Fingerprint::parse(bytes);
  } catch (const Error& error) {
    throw Error(ErrorCode::kInvalidArgument, std::string("soft binding: ") + error.what());
  }
  std::vector<ManifestMatch> matches;
  for (const AudioHit& hit : registry.find_audio(query)) {
    if (hit.entry.record.manifest.empty()) continue;
    const double alike = 100 * (1 - 2 * hit.match.bit_error_rate);
    matches.push_back(
        {hit.entry.hash, static_cast<int>(std::lround(std::clamp(alike, 0.0, 100.0)))});
  }
  return matches;
}

}  // namespace

SoftBindingAlgorithms supported_algorithms() {
  return {{std::string(c2pa::kSoftBindingAlgorithm)}, {std::string(kFingerprintAlgorithm)}};
}

std::vector<ManifestMatch> matches_by_binding(const Registry& registry, std::string_view algorithm,
                                              std::string_view value) {
  if (algorithm == c2pa::kSoftBindingAlgorithm) {
    return matches_by_payload(registry, decoded(value));
  }
  if (algorithm == kFingerprintAlgorithm) return matches_by_fingerprint(registry, decoded(value));
  throw Error(ErrorCode::kUnsupported,
              "soft binding: unknown algorithm \"" + std::string(algorithm.substr(0, 80)) +
                  "\"; known: " + std::string(c2pa::kSoftBindingAlgorithm) + ", " +
                  std::string(kFingerprintAlgorithm));
}

std::optional<std::string> manifest_by_id(const Registry& registry,
                                          const std::string& manifest_id) {
  std::optional<RegistryEntry> entry = registry.find_hash(manifest_id);
  if (!entry || entry->record.manifest.empty()) return std::nullopt;
  return std::move(entry->record.manifest);
}

std::string payload_binding_value(const std::string& payload_hex) {
  return to_base64(from_hex(payload_hex));
}

}  // namespace brandiron::watermark
