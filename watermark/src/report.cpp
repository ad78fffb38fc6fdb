#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/watermark/watermark.h"

namespace brandiron::watermark {

std::string payload_hex(std::uint64_t payload) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 16; i-- > 0; payload >>= 4) text[i] = kDigits[payload & 15U];
  return text;
}

std::uint64_t parse_payload(const std::string& hex) {
  std::uint64_t payload = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), payload, 16);
  if (hex.empty() || hex.size() > 16 || error != std::errc() || end != hex.data() + hex.size()) {
    throw Error(ErrorCode::kInvalidArgument,
                "payload: found \"" + hex + "\", expected 1 to 16 hexadecimal digits");
  }
  return payload;
}

std::string verdict_json(const std::string& file, const Verdict& verdict) {
  nlohmann::ordered_json json;
  json["schema"] = "brandiron.verify/1";
  json["file"] = file;
  json["present"] = verdict.present;
  json["p_value"] = verdict.p_value;
  json["p_threshold"] = verdict.p_threshold;
  json["payload_valid"] = verdict.payload_valid;
  json["payload_hex"] = nullptr;
  if (verdict.payload_valid) json["payload_hex"] = payload_hex(verdict.payload);
  json["key_fingerprint"] = verdict.key_fingerprint;
  json["scheme"] = kScheme;
  json["bit_error_rate"] = verdict.bit_error_rate;
  json["speed_ratio"] = verdict.speed_ratio;
  json["pitch_ratio"] = verdict.pitch_ratio;
  json["segments"] = nlohmann::ordered_json::array();
  for (const SegmentVerdict& segment : verdict.segments) {
    nlohmann::ordered_json item;
    item["start_s"] = segment.start_s;
    item["end_s"] = segment.end_s;
    item["p_value"] = segment.p_value;
    item["payload_hex"] = nullptr;
    if (segment.payload) item["payload_hex"] = payload_hex(*segment.payload);
    json["segments"].push_back(item);
  }
  json["seconds"] = verdict.seconds;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace brandiron::watermark
