#include "branches.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "brandiron/core/error.h"
#include "closed_form_json.h"
#include "statistics.h"

namespace brandiron::detect {
namespace {

using Json = nlohmann::json;

double log_sum_exp(double a, double b) {
  const double top = std::max(a, b);
  return top + std::log(std::exp(a - top) + std::exp(b - top));
}

template <typename Row>
double synthetic_of(const Row& outputs) {
  return log_sum_exp(static_cast<double>(outputs[kAi]),
                     static_cast<double>(outputs[kResynthesised])) -
         static_cast<double>(outputs[kHuman]);
}

/// Weighted means that keep the largest logarithm of a weight out of the exponential.
class Pool {
 public:
  void add(std::span<const float> values, double log_weight) {
    if (sums_.empty()) sums_.assign(values.size(), 0.0);
    if (log_weight > top_) {
      const double shrink = std::exp(top_ - log_weight);
      for (double& s : sums_) s *= shrink;
      weight_ *= shrink;
      top_ = log_weight;
    }
    const double w = std::exp(log_weight - top_);
    weight_ += w;
    for (std::size_t i = 0; i < values.size(); ++i) sums_[i] += w * static_cast<double>(values[i]);
  }
  std::vector<double> mean() const {
    std::vector<double> result = sums_;
    for (double& x : result) x /= weight_;
    return result;
  }
  double log_weight() const { return top_ + std::log(weight_); }

 private:
  std::vector<double> sums_;
  double weight_ = 0, top_ = -1e300;
};

}  // namespace

std::vector<int> question_sizes() { return {3, static_cast<int>(kFamilies.size()), 2, 2}; }

double NetworkScores::synthetic() const { return synthetic_of(outputs); }
double NetworkScores::resynthesised() const { return outputs[kResynthesised] - outputs[kAi]; }

NetworkScores run_network(const models::SegmentNet& net, const LogMel& mel,
                          const FeatureConfig& features, std::size_t hop_windows) {
  const std::size_t num_outputs = net.config().num_outputs();
  const auto step_windows = static_cast<double>(net.config().step_windows());
  NetworkScores result;
  Pool outputs, embedding;
  std::vector<float> segment(features.segment_size());
  for (const std::size_t start : segment_starts(mel.num_windows, hop_windows, features)) {
    if (!cut_segment(mel, start, features, segment)) {
      ++result.silent;
      continue;
    }
    const models::SegmentScores scores = net.score(segment)[0];
    Pool own;
    for (std::size_t j = 0; j < scores.attention.size(); ++j) {
      const auto row = std::span(scores.outputs).subspan(j * num_outputs, num_outputs);
      const double weight = scores.attention[j];
      own.add(row, weight);
      outputs.add(row, weight);
      const double window = static_cast<double>(start) + static_cast<double>(j) * step_windows;
      if (window >= static_cast<double>(mel.num_windows)) continue;  // a repeated short recording
      result.steps.push_back({window * features.hop_s(), synthetic_of(row), weight});
    }
    embedding.add(scores.embedding, own.log_weight());
    result.segment_start_s.push_back(static_cast<double>(start) * features.hop_s());
    result.segment_synthetic.push_back(synthetic_of(own.mean()));
  }
  if (result.segment_start_s.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                "detect: every segment is silent; there is nothing to judge");
  }
  result.outputs = outputs.mean();
  result.embedding = embedding.mean();
  std::stable_sort(result.steps.begin(), result.steps.end(),
                   [](const StepScore& a, const StepScore& b) { return a.time_s < b.time_s; });
  return result;
}

std::vector<double> answer(std::span<const double> outputs, Question question) {
  const std::vector<int> sizes = question_sizes();
  const auto first = static_cast<std::size_t>(
      std::accumulate(sizes.begin(), sizes.begin() + static_cast<std::ptrdiff_t>(question), 0));
  const auto count = static_cast<std::size_t>(sizes[question]);
  std::vector<double> p(outputs.begin() + static_cast<std::ptrdiff_t>(first),
                        outputs.begin() + static_cast<std::ptrdiff_t>(first + count));
  const double top = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& x : p) sum += x = std::exp(x - top);
  for (double& x : p) x /= sum;
  return p;
}

std::vector<double> texture_row(const Texture& texture, const LogisticModel& model) {
  std::vector<double> row(kNumTexture);
  for (std::size_t i = 0; i < kNumTexture; ++i) {
    const bool present = texture.present[i / kTextureStatistics];
    row[i] =
        present ? static_cast<double>(texture.values[i]) : (model.empty() ? 0.0 : model.mean[i]);
  }
  return row;
}

std::vector<CombMatch> match_combs(const CombSpectrum& spectrum,
                                   const std::vector<CombTemplate>& combs) {
  std::vector<CombMatch> matches;
  for (const CombTemplate& comb : combs) matches.push_back(match_comb(spectrum, comb));
  return matches;
}

std::vector<double> comb_row(const std::vector<CombMatch>& matches) {
  std::vector<double> row;
  for (const CombMatch& match : matches) {
    row.push_back(match.strength);
    row.push_back(match.margin);
    row.push_back(match.weaker_half);
    row.push_back(match.best_weaker_half);
  }
  return row;
}

std::vector<double> lines_row(const StrideMatches& m) {
  std::vector<double> row;
  for (const LineMatch& match : m.best) {
    row.push_back(match.strength);
    row.push_back(match.weaker_half);
  }
  return row;
}

std::vector<double> family_row(std::vector<double> texture, const std::vector<CombMatch>& matches,
                               const StrideMatches& strides) {
  for (const auto& part : {comb_row(matches), lines_row(strides), strides.each}) {
    texture.insert(texture.end(), part.begin(), part.end());
  }
  return texture;
}

std::size_t family_width(std::size_t num_combs) {
  if (num_combs == 0) return kNumTexture;
  return kNumTexture + kCombNumbers * num_combs + kLineNumbers + known_strides().usual.size();
}

std::vector<double> human_row(const NetworkScores& network, const Texture& texture,
                              const LogisticModel& model) {
  std::vector<double> row = network.embedding;
  const std::vector<double> values = texture_row(texture, model);
  // Standardised, so that the two halves are on one scale.
  for (std::size_t i = 0; i < values.size(); ++i) {
    row.push_back((values[i] - model.mean[i]) / model.deviation[i]);
  }
  return row;
}

namespace {

/// Without combs their columns are what the model takes for usual.
double family_share(const LogisticModel& model, std::vector<double> row) {
  if (model.empty()) return 0;  // too rare to be told
  row.insert(row.end(), model.mean.begin() + static_cast<std::ptrdiff_t>(row.size()),
             model.mean.end());
  return sigmoid(model.logit(row));
}

/// What the network, and what texture and combs say (`row`), each a share, multiplied; the network
/// alone where nothing else was learnt.
std::vector<double> family_shares(const NetworkScores& network, const std::vector<double>& row,
                                  const ClosedForms& forms) {
  const std::vector<double> alone = answer(network.outputs, kFamily);
  std::vector<double> shares = alone;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    shares[i] *= family_share(forms.families[i], row);
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  if (!(sum > 0)) return alone;
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace

BranchScores run_branches(const NetworkScores& network, const AudioFeatures& features,
                          const ClosedForms& forms) {
  BranchScores scores;
  scores.network = network.synthetic();
  scores.network_resynthesised = network.resynthesised();
  const Texture texture = texture_of(features.texture);
  const std::vector<double> row = texture_row(texture, forms.texture);
  scores.texture = forms.texture.logit(row);
  scores.texture_resynthesised =
      forms.texture_resynthesised.empty() ? 0 : forms.texture_resynthesised.logit(row);
  scores.novelty =
      std::log(std::max(forms.human.distance(human_row(network, texture, forms.texture)), 1e-6));
  if (features.comb.empty() || forms.comb.empty()) {
    scores.families = family_shares(network, row, forms);
    return scores;
  }
  const std::vector<CombMatch> matches = match_combs(features.comb, forms.combs);
  const StrideMatches& strides = features.strides;
  scores.families = family_shares(network, family_row(row, matches, strides), forms);
  scores.lines = forms.lines.logit(lines_row(strides));
  scores.line_match = *std::max_element(
      strides.best.begin(), strides.best.end(),
      [](const LineMatch& a, const LineMatch& b) { return a.strength < b.strength; });
  for (std::size_t i = 0; i < matches.size(); ++i) {
    const CombTemplate& comb = forms.combs[i];
    if (comb.spacing_hz > 0 && matches[i].strength > scores.comb_match.strength) {
      scores.comb_match = matches[i];
      scores.comb_name = comb.name;
      scores.comb_spacing_hz = comb.spacing_hz * matches[i].speed;
    }
  }
  scores.comb = forms.comb.logit(comb_row(matches));
  return scores;
}

std::vector<double> fusion_row(const BranchScores& s, bool with_comb, double novelty_cap) {
  return {s.network, std::min(s.novelty, novelty_cap), with_comb ? s.comb : 0.0,
          with_comb ? s.lines : 0.0};
}

std::vector<double> resynthesis_row(const BranchScores& s) {
  return {s.network_resynthesised, s.texture_resynthesised};
}

std::string ClosedForms::to_json() const {
  Json list = Json::array();
  for (const CombTemplate& c : combs) {
    list.push_back({{"name", c.name},
                    {"spacing_hz", c.spacing_hz},
                    {"places", c.places},
                    {"weights", c.weights}});
  }
  Json family_list = Json::array();
  for (const LogisticModel& model : families) family_list.push_back(logistic_json(model));
  return Json{{"texture", logistic_json(texture)},
              {"texture_resynthesised", logistic_json(texture_resynthesised)},
              {"combs", list},
              {"comb", logistic_json(comb)},
              {"lines", logistic_json(lines)},
              {"families", family_list}}
      .dump();
}

ClosedForms ClosedForms::from_json(const std::string& text) {
  try {
    const Json json = Json::parse(text);
    ClosedForms forms;
    forms.texture = logistic_from(json.at("texture"), kNumTexture);
    forms.texture_resynthesised = logistic_from(json.at("texture_resynthesised"), kNumTexture);
    for (const Json& item : json.at("combs")) {
      CombTemplate comb;
      item.at("name").get_to(comb.name);
      item.at("spacing_hz").get_to(comb.spacing_hz);
      item.at("places").get_to(comb.places);
      item.at("weights").get_to(comb.weights);
      if (comb.places.size() != comb.weights.size()) {
        throw Error(ErrorCode::kModel, "a comb has places without weights");
      }
      forms.combs.push_back(comb);
    }
    forms.comb = logistic_from(json.at("comb"), kCombNumbers * forms.combs.size());
    forms.lines = logistic_from(json.at("lines"), kLineNumbers);
    const Json& families = json.at("families");
    if (families.size() != kFamilies.size()) {
      throw Error(ErrorCode::kModel, "another number of decoder families");
    }
    for (std::size_t i = 0; i < families.size(); ++i) {
      forms.families[i] = logistic_from(families[i], family_width(forms.combs.size()));
    }
    if (forms.texture.empty()) throw Error(ErrorCode::kModel, "branches without a texture");
    return forms;
  } catch (const Json::exception& e) {
    throw Error(ErrorCode::kModel, std::string("branches are unusable: ") + e.what());
  }
}

}  // namespace brandiron::detect
