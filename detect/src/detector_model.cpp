#include "detector_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "closed_form_json.h"

namespace brandiron::detect {
namespace {

using Json = nlohmann::json;

const std::string kFormatVersion = "6";
const std::string kHumanMean = "human.mean", kHumanWhitener = "human.whitener";

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

/// Takes the Gaussian's tensors out of what is the network's.
Gaussian take_gaussian(models::Safetensors& content) {
  Gaussian gaussian{content.tensor(kHumanMean).data, content.tensor(kHumanWhitener).data};
  if (gaussian.whitener.size() != gaussian.mean.size() * gaussian.mean.size()) {
    throw Error(ErrorCode::kModel, "the human Gaussian has another shape");
  }
  std::erase_if(content.tensors, [](const models::NamedTensor& t) {
    return t.name == kHumanMean || t.name == kHumanWhitener;
  });
  return gaussian;
}

void check_shapes(const DetectorModel& model) {
  const auto& net = model.net.config();
  if (static_cast<std::size_t>(net.num_mels) != model.features.num_mels ||
      static_cast<std::size_t>(net.num_windows) != model.features.segment_windows ||
      net.groups != question_sizes() ||
      model.forms.human.mean.size() !=
          static_cast<std::size_t>(net.channels.back()) + kNumTexture) {
    throw Error(ErrorCode::kModel, "features and network have different shapes");
  }
}

DetectorModel from_content(models::Safetensors content) {
  if (require_text(content, "format_version") != kFormatVersion) {
    throw Error(ErrorCode::kModel,
                fmt::format("format_version is '{}', expected '{}'; train it again, or use the "
                            "brandiron that made it",
                            require_text(content, "format_version"), kFormatVersion));
  }
  ClosedForms forms = ClosedForms::from_json(require_text(content, "branches"));
  const auto calibration = [&](const std::string& key) {
    return Calibration::from_json(require_text(content, key));
  };
  forms.human = take_gaussian(content);
  DetectorModel model{.name = require_text(content, "name"),
                      .version = require_text(content, "version"),
                      .scope = require_text(content, "scope"),
                      .sha256 = {},
                      .features = FeatureConfig::from_json(require_text(content, "features")),
                      .forms = std::move(forms),
                      .with_comb = calibration("calibration"),
                      .without_comb = calibration("calibration_without_comb"),
                      .net = models::SegmentNet::from_tensors(content),
                      .notes = content.metadata};
  check_shapes(model);
  return model;
}

}  // namespace

std::string Calibration::to_json() const {
  return Json{{"fusion", logistic_json(fusion)},
              {"track", platt_json(track)},
              {"segment", platt_json(segment)},
              {"resynthesis", logistic_json(resynthesis)},
              {"ai", boundary_json(ai)},
              {"human", boundary_json(human)},
              {"resynthesised", boundary_json(resynthesised)},
              {"novelty", boundary_json(novelty)},
              {"human_llrs", human_llrs}}
      .dump();
}

Calibration Calibration::from_json(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    Calibration c;
    c.fusion = logistic_from(json.at("fusion"), fusion_row({}, true, 0).size());
    c.track = platt_from(json.at("track"));
    c.segment = platt_from(json.at("segment"));
    c.resynthesis = logistic_from(json.at("resynthesis"), resynthesis_row({}).size());
    c.ai = boundary_from(json.at("ai"));
    c.human = boundary_from(json.at("human"));
    c.resynthesised = boundary_from(json.at("resynthesised"));
    c.novelty = boundary_from(json.at("novelty"));
    json.at("human_llrs").get_to(c.human_llrs);
    std::sort(c.human_llrs.begin(), c.human_llrs.end());
    if (c.fusion.empty()) throw Error(ErrorCode::kModel, "calibration without a fusion");
    return c;
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::kModel, fmt::format("calibration is unusable: {}", e.what()));
  }
}

Judgement judge(const BranchScores& scores, const Calibration& calibration, bool with_comb) {
  Judgement j;
  j.llr = calibration.track.apply(
      calibration.fusion.logit(fusion_row(scores, with_comb, calibration.novelty.llr)));
  // Without a model of it nothing is known to be re-synthesised.
  j.resynthesised = calibration.resynthesis.empty()
                        ? -1e9
                        : calibration.resynthesis.logit(resynthesis_row(scores));
  j.novelty = scores.novelty;
  return j;
}

std::string verdict_of(const Judgement& j, const Calibration& c) {
  if (j.llr >= c.ai.llr) return j.resynthesised >= c.resynthesised.llr ? "undecided" : "ai";
  if (j.llr <= c.human.llr) return j.novelty >= c.novelty.llr ? "undecided" : "human";
  return "undecided";
}

Boundary choose_boundary(std::span<const double> wrong, double sign, double target_rate,
                         double least) {
  std::vector<double> scores;
  for (const double x : wrong) scores.push_back(sign * x);
  std::sort(scores.rbegin(), scores.rend());
  const auto n = scores.size();
  const auto allowed = static_cast<std::size_t>(target_rate * static_cast<double>(n));
  double bound = least;
  // Just past the first recording that must not be on that side.
  if (allowed < n) bound = std::max(bound, scores[allowed] + 1e-6);
  int errors = 0;
  for (const double x : scores) errors += x >= bound ? 1 : 0;
  return {sign * bound, errors, static_cast<int>(n), claimable_rate(errors, static_cast<int>(n))};
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
  const auto width = static_cast<std::int64_t>(forms.human.mean.size());
  content.tensors.push_back({kHumanMean, {width}, forms.human.mean});
  content.tensors.push_back({kHumanWhitener, {width, width}, forms.human.whitener});
  for (const auto& [key, value] : notes) content.metadata.emplace(key, value);
  content.metadata["format_version"] = kFormatVersion;
  content.metadata["name"] = name;
  content.metadata["version"] = version;
  content.metadata["scope"] = scope;
  content.metadata["features"] = features.to_json();
  content.metadata["branches"] = forms.to_json();
  content.metadata["calibration"] = with_comb.to_json();
  content.metadata["calibration_without_comb"] = without_comb.to_json();
  models::write_safetensors(path, content, overwrite);
}

}  // namespace brandiron::detect
