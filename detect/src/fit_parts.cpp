#include "fit_parts.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

namespace brandiron::detect {
namespace {

constexpr std::size_t kLeastOfFamily = 8;
constexpr double kContentFreeRidge = 1e-3;

bool is_synthetic(const std::string& label) { return label == "ai" || label == "resynthesised"; }

/// A source counts as the square root of its recordings.
std::map<std::string, double> weights_of(const std::vector<Example>& examples) {
  std::map<std::string, double> weights;
  for (const Example& e : examples) ++weights[e.label + "\n" + e.source];
  for (auto& [source, weight] : weights) weight = 1 / std::sqrt(weight);
  return weights;
}

/// Means of what is present, to fill in what is not.
LogisticModel texture_filler(const std::vector<Texture>& textures) {
  LogisticModel filler;
  filler.mean.assign(kNumTexture, 0.0);
  filler.weights.assign(kNumTexture, 0.0);
  std::vector<double> counts(kNumTexture, 0.0);
  for (const Texture& t : textures) {
    for (std::size_t i = 0; i < kNumTexture; ++i) {
      if (!t.present[i / kTextureStatistics]) continue;
      filler.mean[i] += static_cast<double>(t.values[i]);
      ++counts[i];
    }
  }
  for (std::size_t i = 0; i < kNumTexture; ++i) filler.mean[i] /= std::max(counts[i], 1.0);
  return filler;
}

class Fitter {
 public:
  Fitter(const std::vector<Example>& examples, const TrainPlan& plan)
      : examples_(examples),
        plan_(plan),
        weights_(weights_of(examples)),
        matches_(examples.size()) {
    for (const Example& e : examples) textures_.push_back(texture_of(e.features->audio.texture));
  }

  void fit_texture(ClosedForms& forms) const {
    const LogisticModel filler = texture_filler(textures_);
    LabelledRows rows, among_synthetic;
    bool both = false;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      const Example& e = examples_[i];
      if (e.label != "human" && !is_synthetic(e.label)) continue;
      const std::vector<double> row = texture_row(textures_[i], filler);
      rows.add(row, is_synthetic(e.label) ? 1 : 0, weight(e));
      if (is_synthetic(e.label)) {
        const bool re = e.label == "resynthesised";
        among_synthetic.add(row, re ? 1 : 0, weight(e));
        both = both || re;
      }
    }
    forms.texture = fit_logistic(rows, plan_.texture_ridge);
    if (both) forms.texture_resynthesised = fit_logistic(among_synthetic, plan_.texture_ridge);
  }

  void fit_combs(ClosedForms& forms) {
    if (!plan_.comb) return;
    forms.combs = known_combs();
    std::map<std::string, std::vector<const CombSpectrum*>> by_family;
    std::vector<const CombSpectrum*> human;
    for (const Example& e : examples_) {
      const CombSpectrum& spectrum = e.features->audio.comb;
      if (spectrum.empty()) continue;
      if (e.label == "human") human.push_back(&spectrum);
      const std::int64_t family = e.targets[kFamily];
      if (is_synthetic(e.label) && family > 0) {
        by_family[kFamilies[static_cast<std::size_t>(family)]].push_back(&spectrum);
      }
    }
    for (const auto& [family, spectra] : by_family) {
      if (spectra.size() < kLeastOfFamily || human.empty()) continue;
      forms.combs.push_back(learn_comb(family, spectra, human));
    }
    LabelledRows rows, line_rows;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      const Example& e = examples_[i];
      if (e.label != "human" && !is_synthetic(e.label)) continue;
      matches_[i] = match_combs(e.features->audio.comb, forms.combs);
      const int synthetic = is_synthetic(e.label) ? 1 : 0;
      rows.add(comb_row(matches_[i]), synthetic, weight(e));
      line_rows.add(lines_row(e.features->audio.strides), synthetic, weight(e));
    }
    forms.comb = fit_logistic(rows, plan_.comb_ridge);
    forms.lines = fit_logistic(line_rows, plan_.comb_ridge);
  }

  /// Each family against the others, among what is synthetic; after fit_combs.
  void fit_families(ClosedForms& forms) const {
    std::vector<std::vector<double>> list;
    std::vector<const Example*> known;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      const Example& e = examples_[i];
      if (e.targets[kFamily] < 0) continue;
      known.push_back(&e);
      std::vector<double> row = texture_row(textures_[i], forms.texture);
      list.push_back(plan_.comb ? family_row(row, matches_[i], e.features->audio.strides) : row);
    }
    for (std::size_t f = 0; f < kFamilies.size(); ++f) {
      LabelledRows rows;
      std::size_t members = 0;
      for (std::size_t i = 0; i < list.size(); ++i) {
        const bool member = known[i]->targets[kFamily] == static_cast<std::int64_t>(f);
        members += member ? 1 : 0;
        rows.add(list[i], member ? 1 : 0, weight(*known[i]));
      }
      if (members < kLeastOfFamily || members == list.size()) continue;
      forms.families[f] = fit_logistic(rows, plan_.family_ridge);
    }
  }

  void fit_human(const models::SegmentNet& net, ClosedForms& forms) const {
    std::vector<double> rows;
    std::size_t width = 0;
    for (std::size_t i = 0; i < examples_.size(); ++i) {
      if (examples_[i].label != "human") continue;
      const LogMel& mel = examples_[i].features->audio.mel;
      const NetworkScores scores =
          run_network(net, mel, plan_.features, plan_.features.segment_windows);
      const std::vector<double> row = human_row(scores, textures_[i], forms.texture);
      width = row.size();
      rows.insert(rows.end(), row.begin(), row.end());
    }
    forms.human = fit_gaussian(rows, width, plan_.shrinkage);
  }

 private:
  double weight(const Example& e) const { return weights_.at(e.label + "\n" + e.source); }

  const std::vector<Example>& examples_;
  const TrainPlan& plan_;
  std::map<std::string, double> weights_;
  std::vector<Texture> textures_;
  std::vector<std::vector<CombMatch>> matches_;  ///< none without combs, or where none is asked for
};

/// One number a title: the worst of its copies in the direction of `sign`.
std::vector<double> worst_by_title(const std::vector<const HeldOut*>& rows,
                                   const std::string& label, double sign,
                                   const std::function<double(const HeldOut&)>& of) {
  std::map<std::string, double> worst;
  for (const HeldOut* row : rows) {
    if (row->label != label) continue;
    const double value = of(*row);
    const auto [it, fresh] = worst.emplace(row->source + "\n" + row->title, value);
    if (!fresh && sign * value > sign * it->second) it->second = value;
  }
  std::vector<double> values;
  for (const auto& [title, value] : worst) values.push_back(value);
  return values;
}

/// How much each row counts in a fusion. A source counts as the square root of its recordings
/// within its kind. Each kind of synthetic music has the same say, ours `own_share` of it: songs of
/// ours are many, and what tells them best need not tell a system that nobody has heard.
std::vector<double> fusion_weights(const std::vector<const HeldOut*>& rows, double own_share) {
  std::map<std::string, double> counts, totals;
  for (const HeldOut* row : rows) ++counts[row->kind + "\n" + row->source];
  std::vector<double> weights;
  for (const HeldOut* row : rows) {
    weights.push_back(1 / std::sqrt(counts[row->kind + "\n" + row->source]));
    totals[row->kind] += weights.back();
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    weights[i] *= (rows[i]->kind == kOwnKind ? own_share : 1) / totals[rows[i]->kind];
  }
  return weights;
}

/// Fits the linear fusion of what `row_of` gives; 1 for the labels in `ones`.
LogisticModel fit_fusion(const std::vector<const HeldOut*>& rows, const std::set<std::string>& ones,
                         const std::set<std::string>& zeros, const TrainPlan& plan,
                         const std::function<std::vector<double>(const HeldOut&)>& row_of) {
  const std::vector<double> weights = fusion_weights(rows, plan.fusion_own_share);
  LabelledRows data;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool one = ones.contains(rows[i]->label);
    if (!one && !zeros.contains(rows[i]->label)) continue;
    data.add(row_of(*rows[i]), one ? 1 : 0, weights[i]);
  }
  return fit_logistic(data, plan.fusion_ridge);
}

bool has_label(const std::vector<const HeldOut*>& rows, const std::string& label) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const HeldOut* row) { return row->label == label; });
}

void fit_scales(const std::vector<const HeldOut*>& rows, bool with_comb, Calibration& c) {
  // The posterior is of AI against human music: re-synthesised people, who lie between, have a
  // number of their own, and counted as AI they would make every song of a machine look doubtful.
  std::vector<double> ai, human, synthetic_segments, human_segments;
  for (const HeldOut* row : rows) {
    if (row->label != "human" && !is_synthetic(row->label)) continue;
    const bool is_human = row->label == "human";
    const double fused = c.fusion.logit(fusion_row(row->scores, with_comb, c.novelty.llr));
    if (is_human) human.push_back(fused);
    if (row->label == "ai") ai.push_back(fused);
    std::vector<double>& segments = is_human ? human_segments : synthetic_segments;
    segments.insert(segments.end(), row->segments.begin(), row->segments.end());
  }
  c.track = fit_platt(ai, human);
  c.segment = fit_platt(synthetic_segments, human_segments);
}

void fit_boundaries(const std::vector<const HeldOut*>& rows, const TrainPlan& plan, bool with_comb,
                    Calibration& c) {
  const auto llr = [&](const HeldOut& row) { return judge(row.scores, c, with_comb).llr; };
  const double least = logit(plan.least_p);
  c.human_llrs = worst_by_title(rows, "human", 1, llr);
  std::sort(c.human_llrs.begin(), c.human_llrs.end());
  c.ai = choose_boundary(c.human_llrs, 1, plan.target_rate, least);
  c.human = choose_boundary(worst_by_title(rows, "ai", -1, llr), -1, plan.target_rate, least);
  if (c.resynthesis.empty()) return;
  // Only what would otherwise be called ai can be called so by mistake.
  std::vector<const HeldOut*> accused;
  std::copy_if(rows.begin(), rows.end(), std::back_inserter(accused),
               [&](const HeldOut* row) { return llr(*row) >= c.ai.llr; });
  const auto resynthesised = [&](const HeldOut& row) {
    return judge(row.scores, c, with_comb).resynthesised;
  };
  c.resynthesised = choose_boundary(worst_by_title(accused, "resynthesised", -1, resynthesised), -1,
                                    plan.target_rate, -1e9);
}

}  // namespace

ClosedForms fit_forms(const models::SegmentNet& net, const std::vector<Example>& examples,
                      const TrainPlan& plan) {
  Fitter fitter(examples, plan);
  ClosedForms forms;
  fitter.fit_texture(forms);
  fitter.fit_combs(forms);
  fitter.fit_families(forms);
  fitter.fit_human(net, forms);
  return forms;
}

double texture_auc(const std::vector<Example>& examples, const std::vector<int>& folds,
                   const std::vector<bool>& synthetic, double ridge) {
  std::vector<Texture> textures;
  for (const Example& e : examples) textures.push_back(texture_of(e.features->audio.texture));
  const LogisticModel filler = texture_filler(textures);
  LabelledRows rows;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    rows.add(texture_row(textures[i], filler), synthetic[i] ? 1 : 0, 1);
  }
  return held_out_auc(rows, folds, ridge);
}

double content_free_auc(std::span<const ContentFree> rows, std::span<const int> labels,
                        std::span<const int> folds) {
  LabelledRows data;
  for (std::size_t i = 0; i < rows.size(); ++i) data.add(rows[i], labels[i], 1);
  return held_out_auc(data, folds, kContentFreeRidge);
}

Calibration fit_calibration(const std::vector<const HeldOut*>& rows, const TrainPlan& plan,
                            bool with_comb) {
  Calibration c;
  const auto novelty = [](const HeldOut& row) { return row.scores.novelty; };
  c.novelty = choose_boundary(worst_by_title(rows, "human", 1, novelty), 1, plan.target_rate, -1e9);
  c.fusion = fit_fusion(rows, {"ai", "resynthesised"}, {"human"}, plan, [&](const HeldOut& row) {
    return fusion_row(row.scores, with_comb, c.novelty.llr);
  });
  if (has_label(rows, "resynthesised") && has_label(rows, "ai")) {
    c.resynthesis = fit_fusion(rows, {"resynthesised"}, {"ai"}, plan,
                               [](const HeldOut& row) { return resynthesis_row(row.scores); });
  }
  fit_scales(rows, with_comb, c);
  fit_boundaries(rows, plan, with_comb, c);
  return c;
}

}  // namespace brandiron::detect
