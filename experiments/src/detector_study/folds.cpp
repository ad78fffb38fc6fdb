#include <algorithm>
#include <map>
#include <set>

#include "detector_study/names.h"
#include "detector_study/references.h"

namespace brandiron::experiments {
namespace {

/// Deals the units of one label; returns how many there are.
std::size_t deal(const std::vector<ReferenceExample>& examples, const std::string& label,
                 bool by_source, FoldPlan& plan) {
  const auto unit_of = [&](const ReferenceExample& e) {
    return by_source ? e.source : e.recording;
  };
  std::map<std::string, std::size_t> sizes;
  for (const ReferenceExample& e : examples) {
    if (e.label == label) ++sizes[unit_of(e)];
  }
  std::vector<std::pair<std::string, std::size_t>> order(sizes.begin(), sizes.end());
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::size_t> load(static_cast<std::size_t>(plan.folds), 0);
  std::map<std::string, int> fold;
  for (const auto& [unit, size] : order) {
    const auto least = std::min_element(load.begin(), load.end());
    fold[unit] = static_cast<int>(least - load.begin());
    *least += size;
  }
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if (examples[i].label == label) plan.fold[i] = fold[unit_of(examples[i])];
  }
  return sizes.size();
}

std::size_t count_sources(const std::vector<ReferenceExample>& examples, const std::string& label) {
  std::set<std::string> sources;
  for (const ReferenceExample& e : examples) {
    if (e.label == label) sources.insert(e.source);
  }
  return sources.size();
}

/// What is only reported goes where its recording went; without one, to the first fold.
void follow_recordings(const std::vector<ReferenceExample>& examples, FoldPlan& plan) {
  std::map<std::string, int> fold_of;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if (is_judged(examples[i].label)) fold_of.emplace(examples[i].recording, plan.fold[i]);
  }
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if (is_judged(examples[i].label)) continue;
    const auto found = fold_of.find(examples[i].recording);
    plan.fold[i] = found == fold_of.end() ? 0 : found->second;
  }
}

}  // namespace

FoldPlan plan_folds(const std::vector<ReferenceExample>& examples, int folds) {
  FoldPlan plan;
  plan.fold.assign(examples.size(), 0);
  const std::size_t ai = count_sources(examples, "ai"), human = count_sources(examples, "human");
  plan.ai_by_source = ai >= 2;
  plan.human_by_source = human >= 2;
  plan.folds = folds;
  if (plan.ai_by_source) plan.folds = std::min(plan.folds, static_cast<int>(ai));
  if (plan.human_by_source) plan.folds = std::min(plan.folds, static_cast<int>(human));
  deal(examples, "ai", plan.ai_by_source, plan);
  deal(examples, "human", plan.human_by_source, plan);
  follow_recordings(examples, plan);
  return plan;
}

std::vector<std::size_t> training_set(const std::vector<ReferenceExample>& examples,
                                      const FoldPlan& plan, int fold, const std::string& group) {
  std::set<std::string> heard, of_group;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    if (plan.fold[i] != fold) continue;
    heard.insert(examples[i].recording);
    if (examples[i].group == group) of_group.insert(examples[i].recording);
  }
  std::vector<std::size_t> chosen, of_fold;
  bool any_ai = false;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const ReferenceExample& e = examples[i];
    const bool ai = e.label == "ai";
    if (!is_judged(e.label) || (ai && !group.empty() && e.group == group)) continue;
    if (plan.fold[i] != fold && !heard.contains(e.recording)) {
      chosen.push_back(i);
      any_ai = any_ai || ai;
    } else if (ai && !of_group.contains(e.recording)) {
      of_fold.push_back(i);
    }
  }
  // With few groups a fold may hold all others: then only humans are scored by this model, which
  // may learn from its ai.
  if (!group.empty() && !any_ai) chosen.insert(chosen.end(), of_fold.begin(), of_fold.end());
  return chosen;
}

}  // namespace brandiron::experiments
