#include "detector_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"

namespace brandiron::detect {
namespace {

using Json = nlohmann::json;

const std::string kFormatVersion = "1";

Json boundary_json(const Boundary& b) {
  return {{"llr", b.llr}, {"errors", b.errors}, {"n", b.n}, {"rate", b.rate}};
}

Boundary boundary_from(const Json& json) {
  Boundary b;
  json.at("llr").get_to(b.llr);
  json.at("errors").get_to(b.errors);
  json.at("n").get_to(b.n);
  json.at("rate").get_to(b.rate);
  // A file cannot claim more than its trials support, whoever wrote it.
  b.rate = std::max(b.rate, claimable_rate(b.errors, b.n));
  return b;
}

Json platt_json(const PlattScaling& p) { return {{"slope", p.slope}, {"offset", p.offset}}; }

PlattScaling platt_from(const Json& json) {
  return {json.at("slope").get<double>(), json.at("offset").get<double>()};
}

const std::string& require_text(const models::Safetensors& content, const std::string& key) {
  const auto found = content.metadata.find(key);
  if (found == content.metadata.end()) {
    throw Error(ErrorCode::kModel, fmt::format("__metadata__.{} is missing", key));
  }
  return found->second;
}

DetectorModel from_content(const models::Safetensors& content) {
  if (require_text(content, "format_version") != kFormatVersion) {
    throw Error(ErrorCode::kModel,
                fmt::format("format_version is '{}', expected '{}'; update brandiron",
                            require_text(content, "format_version"), kFormatVersion));
  }
  DetectorModel model{.name = require_text(content, "name"),
                      .version = require_text(content, "version"),
                      .scope = require_text(content, "scope"),
                      .sha256 = {},
                      .features = FeatureConfig::from_json(require_text(content, "features")),
                      .calibration = Calibration::from_json(require_text(content, "calibration")),
                      .net = models::SegmentNet::from_tensors(content),
                      .notes = content.metadata};
  const auto& net = model.net.config();
  if (static_cast<std::size_t>(net.num_mels) != model.features.num_mels ||
      static_cast<std::size_t>(net.num_windows) != model.features.segment_windows) {
    throw Error(ErrorCode::kModel, "features and network have different shapes");
  }
  return model;
}

}  // namespace

std::string Calibration::to_json() const {
  return Json{{"track", platt_json(track)},
              {"segment", platt_json(segment)},
              {"ai", boundary_json(ai)},
              {"human", boundary_json(human)},
              {"human_llrs", human_llrs}}
      .dump();
}

Calibration Calibration::from_json(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    Calibration c;
    c.track = platt_from(json.at("track"));
    c.segment = platt_from(json.at("segment"));
    c.ai = boundary_from(json.at("ai"));
    c.human = boundary_from(json.at("human"));
    json.at("human_llrs").get_to(c.human_llrs);
    std::sort(c.human_llrs.begin(), c.human_llrs.end());
    return c;
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::kModel, fmt::format("calibration is unusable: {}", e.what()));
  }
}

std::string verdict_of(double llr, const Calibration& calibration) {
  if (llr >= calibration.ai.llr) return "ai";
  if (llr <= calibration.human.llr) return "human";
  return "undecided";
}

void choose_boundaries(Calibration& calibration, std::span<const double> ai,
                       std::span<const double> human, double target_rate, double least_llr) {
  // `wrong` sorted so that the worst offenders come first; `sign` turns "above" into "below".
  const auto choose = [&](std::span<const double> wrong, double sign) {
    std::vector<double> scores;
    for (const double x : wrong) scores.push_back(sign * x);
    std::sort(scores.rbegin(), scores.rend());
    const auto n = scores.size();
    const auto allowed = static_cast<std::size_t>(target_rate * static_cast<double>(n));
    double bound = least_llr;
    // Just past the first recording that must not be flagged.
    if (allowed < n) bound = std::max(bound, scores[allowed] + 1e-6);
    int errors = 0;
    for (const double x : scores) errors += x >= bound ? 1 : 0;
    return Boundary{sign * bound, errors, static_cast<int>(n),
                    claimable_rate(errors, static_cast<int>(n))};
  };
  calibration.ai = choose(human, 1.0);
  calibration.human = choose(ai, -1.0);
}

DetectorModel DetectorModel::load(const std::filesystem::path& path) {
  std::string bytes;
  try {
    bytes = read_file(path);
  } catch (const Error& e) {
    throw Error(ErrorCode::kModel,
                fmt::format("detector weights cannot be read: {}; train them with `brandiron train "
                            "detector` or name a file",
                            e.what()));
  }
  try {
    DetectorModel model = from_content(models::parse_safetensors(bytes, path.string()));
    model.sha256 = sha256_hex(bytes);
    return model;
  } catch (const Error& e) {
    throw Error(ErrorCode::kModel,
                fmt::format("{}: not a usable detector: {}", path.string(), e.what()));
  }
}

void DetectorModel::save(const std::filesystem::path& path, bool overwrite) const {
  models::Safetensors content = net.to_tensors();
  for (const auto& [key, value] : notes) content.metadata.emplace(key, value);
  content.metadata["format_version"] = kFormatVersion;
  content.metadata["name"] = name;
  content.metadata["version"] = version;
  content.metadata["scope"] = scope;
  content.metadata["features"] = features.to_json();
  content.metadata["calibration"] = calibration.to_json();
  models::write_safetensors(path, content, overwrite);
}

}  // namespace brandiron::detect
