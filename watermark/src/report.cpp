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

namespace {

nlohmann::ordered_json hex_or_null(const std::optional<std::uint64_t>& payload) {
  return payload ? nlohmann::ordered_json(payload_hex(*payload)) : nlohmann::ordered_json(nullptr);
}

std::optional<std::uint64_t> payload_of(const Verdict& verdict) {
  return verdict.payload_valid ? std::optional(verdict.payload) : std::nullopt;
}

nlohmann::ordered_json segments_json(const Verdict& verdict) {
  auto list = nlohmann::ordered_json::array();
  for (const SegmentVerdict& segment : verdict.segments) {
    list.push_back({{"start_s", segment.start_s},
                    {"end_s", segment.end_s},
                    {"p_value", segment.p_value},
                    {"payload_hex", hex_or_null(segment.payload)}});
  }
  return list;
}

nlohmann::ordered_json payloads_json(const Verdict& verdict) {
  auto list = nlohmann::ordered_json::array();
  for (const PayloadSpan& span : verdict.payloads) {
    list.push_back({{"payload_hex", payload_hex(span.payload)},
                    {"start_s", span.start_s},
                    {"end_s", span.end_s}});
  }
  return list;
}

nlohmann::ordered_json mark_json(const Verdict& verdict) {
  return {{"key_fingerprint", verdict.key_fingerprint},
          {"p_value", verdict.p_value},
          {"payload_hex", hex_or_null(payload_of(verdict))},
          {"bit_error_rate", verdict.bit_error_rate},
          {"speed_ratio", verdict.speed_ratio},
          {"pitch_ratio", verdict.pitch_ratio},
          {"payloads", payloads_json(verdict)},
          {"segments", segments_json(verdict)}};
}

}  // namespace

std::string verdict_json(const std::string& file, const Verdict& verdict) {
  return verdict_json(file, std::vector<Verdict>{verdict});
}

std::string verdict_json(const std::string& file, const std::vector<Verdict>& verdicts) {
  const Verdict& verdict = strongest(verdicts);
  nlohmann::ordered_json json;
  json["schema"] = "brandiron.verify/1";
  json["file"] = file;
  json["present"] = verdict.present;
  json["p_value"] = verdict.p_value;
  json["p_threshold"] = verdict.p_threshold;
  json["payload_valid"] = verdict.payload_valid;
  json["payload_hex"] = hex_or_null(payload_of(verdict));
  json["key_fingerprint"] = verdict.key_fingerprint;
  json["scheme"] = kScheme;
  json["bit_error_rate"] = verdict.bit_error_rate;
  json["speed_ratio"] = verdict.speed_ratio;
  json["pitch_ratio"] = verdict.pitch_ratio;
  json["segments"] = segments_json(verdict);
  json["payloads"] = payloads_json(verdict);
  json["marks"] = nlohmann::ordered_json::array();
  for (const Verdict& mark : verdicts) {
    if (mark.present) json["marks"].push_back(mark_json(mark));
  }
  json["seconds"] = verdict.seconds;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace brandiron::watermark
