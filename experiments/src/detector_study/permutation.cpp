#include <algorithm>
#include <map>
#include <set>

#include "brandiron/core/classification.h"
#include "brandiron/core/rng.h"
#include "detector_study/figures.h"
#include "detector_study/names.h"
#include "detector_study/references.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kDeals = 1000;
/// Each teaches a reference as many models as there are folds.
constexpr std::size_t kTaughtDeals = 20;

/// What keeps its label together, a number for each item; who of them is ai.
struct Units {
  bool by_source = true;
  std::vector<std::size_t> of_item;
  std::vector<bool> ai;
};

std::size_t count_ai(const std::vector<bool>& ai) {
  return static_cast<std::size_t>(std::count(ai.begin(), ai.end(), true));
}

/// Sources of a label; recordings where a class has one source and there is nothing to deal.
Units units_of(const std::vector<ReferenceExample>& items) {
  std::map<std::string, std::set<std::string>> sources;
  for (const ReferenceExample& item : items) sources[item.label].insert(item.source);
  Units units;
  units.by_source = sources["ai"].size() >= 2 && sources["human"].size() >= 2;
  std::map<std::pair<std::string, std::string>, std::size_t> numbers;
  for (const ReferenceExample& item : items) {
    const auto [found, is_new] = numbers.try_emplace(
        {item.label, units.by_source ? item.source : item.recording}, numbers.size());
    if (is_new) units.ai.push_back(item.label == "ai");
    units.of_item.push_back(found->second);
  }
  return units;
}

/// Which units are ai in one deal: as many as there are.
std::vector<bool> dealt(const Units& units, const Rng& rng, std::size_t deal) {
  std::vector<std::uint32_t> order(units.ai.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
  Rng draw = rng.child(std::to_string(deal));
  draw.shuffle(order);
  std::vector<bool> ai(order.size(), false);
  for (std::size_t i = 0; i < count_ai(units.ai); ++i) ai[order[i]] = true;
  return ai;
}

double auc_of(const Units& units, const std::vector<bool>& ai, const std::vector<double>& scores) {
  std::vector<double> high, low;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    (ai[units.of_item[i]] ? high : low).push_back(scores[i]);
  }
  return roc_auc(high, low);
}

PermutationFigures summed_up(const Units& units, std::vector<double> aucs) {
  PermutationFigures figures;
  figures.by_source = units.by_source;
  figures.units = units.ai.size();
  figures.deals = aucs.size();
  for (const double auc : aucs) figures.mean_auc += auc / static_cast<double>(aucs.size());
  std::tie(figures.low, figures.high) = middle_95(std::move(aucs)).value_or(std::pair(0.0, 1.0));
  return figures;
}

bool can_be_dealt(const Units& units) {
  const std::size_t ai = count_ai(units.ai);
  return ai >= 2 && units.ai.size() - ai >= 2;
}

}  // namespace

std::optional<PermutationFigures> permutation_figures(const StudyTables& tables,
                                                      const HeardTable& heard, std::uint64_t seed) {
  const auto row = heard.score.find(kCleanRow);
  if (row == heard.score.end()) return std::nullopt;
  std::vector<ReferenceExample> items;
  std::vector<double> scores;
  for (std::size_t i = 0; i < tables.clips().size(); ++i) {
    const DetectorClip& clip = tables.clips()[i];
    if (!is_judged(clip.label) || !row->second[i]) continue;
    items.push_back({clip.id, clip.label, clip.source, clip.group, clip.recording, {}});
    scores.push_back(*row->second[i]);
  }
  const Units units = units_of(items);
  if (!can_be_dealt(units)) return std::nullopt;
  const Rng rng(seed, "evaluate/detector/permutation");
  std::vector<double> aucs;
  for (std::size_t d = 0; d < kDeals; ++d) {
    aucs.push_back(auc_of(units, dealt(units, rng, d), scores));
  }
  const double own = auc_of(units, units.ai, scores);
  const auto as_high = std::count_if(aucs.begin(), aucs.end(), [&](double a) { return a >= own; });
  PermutationFigures figures = summed_up(units, std::move(aucs));
  figures.p = (1.0 + static_cast<double>(as_high)) / (1.0 + static_cast<double>(kDeals));
  return figures;
}

std::optional<PermutationFigures> taught_permutation(std::vector<ReferenceExample> examples,
                                                     const ReferenceKind& kind,
                                                     std::uint64_t seed) {
  std::erase_if(examples, [](const ReferenceExample& e) { return !is_judged(e.label); });
  const Units units = units_of(examples);
  if (!can_be_dealt(units)) return std::nullopt;
  const Rng rng(seed, "evaluate/detector/permutation");
  std::vector<double> aucs;
  for (std::size_t d = 0; d < kTaughtDeals; ++d) {
    const std::vector<bool> ai = dealt(units, rng, d);
    for (std::size_t i = 0; i < examples.size(); ++i) {
      examples[i].label = ai[units.of_item[i]] ? "ai" : "human";
    }
    const auto scores = fold_scores(examples, kind);
    if (scores) aucs.push_back(auc_of(units, ai, *scores));
  }
  if (aucs.empty()) return std::nullopt;
  return summed_up(units, std::move(aucs));
}

}  // namespace brandiron::experiments
