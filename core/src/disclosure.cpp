#include "brandiron/core/disclosure.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"

namespace brandiron {

std::string digital_source_type_uri(SourceType type) {
  const std::string base = "http://cv.iptc.org/newscodes/digitalsourcetype/";
  switch (type) {
    case SourceType::kTrained:
      return base + "trainedAlgorithmicMedia";
    case SourceType::kComposite:
      return base + "compositeWithTrainedAlgorithmicMedia";
    case SourceType::kRules:
      break;
  }
  return base + "algorithmicMedia";
}

const char* source_type_name(SourceType type) noexcept {
  constexpr std::array<const char*, 3> kNames = {"trained", "composite", "rules"};
  return kNames[static_cast<std::size_t>(type)];
}

SourceType source_type_from_name(const std::string& name) {
  for (const SourceType type : {SourceType::kTrained, SourceType::kComposite, SourceType::kRules}) {
    if (name == source_type_name(type)) return type;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "digital source type \"" + name + "\": expected trained, composite or rules");
}

const char* ai_share_name(AiShare share) noexcept {
  constexpr std::array<const char*, 4> kNames = {"unstated", "none", "partial", "full"};
  return kNames[static_cast<std::size_t>(share)];
}

AiShare ai_share_from_name(const std::string& name) {
  for (const AiShare share : {AiShare::kNone, AiShare::kPartial, AiShare::kFull}) {
    if (name == ai_share_name(share)) return share;
  }
  throw Error(ErrorCode::kInvalidArgument,
              "share of a role \"" + name + "\": expected none, partial or full");
}

std::string utc_now() {
  const std::time_t time = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  char text[32] = {};
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

namespace {

// 16 bytes as a UUID of that version (RFC 9562, section 4).
std::string uuid_text(std::string bytes, unsigned version) {
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0FU) | (version << 4U));
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3FU) | 0x80U);
  std::string text = to_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) text.insert(at, 1, '-');
  return text;
}

}  // namespace

std::string content_id_from_hash(const std::string& sha256_hex) {
  std::string bytes = from_hex(sha256_hex);
  if (bytes.size() < 16) {
    throw Error(ErrorCode::kInvalidArgument, "content id: a hash of under 32 hex digits");
  }
  bytes.resize(16);
  return uuid_text(bytes, 8);
}

std::string new_content_id() {
  using namespace std::chrono;
  const auto now_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  std::string bytes = secure_random_bytes(16);
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<char>(static_cast<std::uint64_t>(now_ms) >> (8 * (5 - i)));
  }
  return uuid_text(bytes, 7);
}

}  // namespace brandiron
