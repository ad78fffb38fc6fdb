#include <map>
#include <set>

#include "brandiron/core/classification.h"
#include "detector_study/figures.h"
#include "detector_study/names.h"

namespace brandiron::experiments {
namespace {

/// Clean scores of the clips of a label, by a member of theirs.
std::map<std::string, std::vector<double>> scores_by(const StudyTables& tables,
                                                     const HeardTable& heard,
                                                     const std::string& label,
                                                     const std::string DetectorClip::*member) {
  std::map<std::string, std::vector<double>> found;
  const auto row = heard.score.find(kCleanRow);
  if (row == heard.score.end()) return found;
  const auto& clips = tables.clips();
  for (std::size_t i = 0; i < clips.size(); ++i) {
    if (clips[i].label == label && row->second[i]) {
      found[clips[i].*member].push_back(*row->second[i]);
    }
  }
  return found;
}

std::vector<double> all_but(const std::map<std::string, std::vector<double>>& sources,
                            const std::string& left_out) {
  std::vector<double> values;
  for (const auto& [source, scores] : sources) {
    if (source != left_out) values.insert(values.end(), scores.begin(), scores.end());
  }
  return values;
}

std::size_t recordings_of(const StudyTables& tables, const HeardTable& heard,
                          const std::string& source) {
  std::set<std::string> found;
  const auto& row = heard.score.at(kCleanRow);
  for (std::size_t i = 0; i < tables.clips().size(); ++i) {
    const DetectorClip& clip = tables.clips()[i];
    if (clip.label == "human" && clip.source == source && row[i]) found.insert(clip.recording);
  }
  return found.size();
}

/// Mean over the nested thresholds of the share of `scores` above, each weighted by the humans that
/// it was kept from.
double nested_share(const std::vector<SourceFigures>& sources, const std::vector<double>& scores) {
  double sum = 0, n = 0;
  for (const SourceFigures& source : sources) {
    sum += static_cast<double>(source.n) * share_above(scores, source.threshold);
    n += static_cast<double>(source.n);
  }
  return n > 0 ? sum / n : 0;
}

}  // namespace

void add_nested(const StudyTables& tables, const HeardTable& heard, double prevalence,
                DetectorFigures& figures) {
  const auto sources = scores_by(tables, heard, "human", &DetectorClip::source);
  figures.nested = sources.size() >= 2;
  if (!figures.nested) return;
  std::size_t flagged = 0, n = 0;
  for (const auto& [name, scores] : sources) {
    SourceFigures source;
    source.source = name;
    source.n = scores.size();
    source.recordings = recordings_of(tables, heard, name);
    source.threshold = threshold_at(all_but(sources, name), kOnePercent);
    source.fpr = share_above(scores, source.threshold);
    for (const double s : scores) source.flagged += s > source.threshold ? 1U : 0U;
    std::tie(source.low, source.high) =
        wilson_95(static_cast<double>(source.flagged), static_cast<double>(source.n));
    flagged += source.flagged;
    n += source.n;
    figures.sources.push_back(source);
  }
  figures.nested_fpr = static_cast<double>(flagged) / static_cast<double>(n);
  std::tie(figures.nested_low, figures.nested_high) =
      wilson_95(static_cast<double>(flagged), static_cast<double>(n));
  figures.nested_tpr = nested_share(figures.sources, tables.scores(heard, kCleanRow, "ai"));
  figures.precision = precision_at(figures.nested_tpr, figures.nested_fpr, prevalence);
  figures.precision_low = precision_at(figures.nested_tpr, figures.nested_high, prevalence);
}

void add_groups(const StudyTables& tables, const HeardTable& heard, DetectorFigures& figures) {
  const auto groups = scores_by(tables, heard, "ai", &DetectorClip::group);
  const auto sources = scores_by(tables, heard, "human", &DetectorClip::source);
  const auto row = heard.score.find(kCleanRow);
  for (const auto& [name, scores] : groups) {
    GroupFigures group;
    group.group = name;
    group.n = scores.size();
    std::vector<Ranked::Item> items;
    std::set<std::string> recordings, own_sources;
    for (std::size_t i = 0; i < tables.clips().size(); ++i) {
      const DetectorClip& clip = tables.clips()[i];
      const bool ai = clip.label == "ai" && clip.group == name;
      if ((!ai && clip.label != "human") || !row->second[i]) continue;
      items.push_back({*row->second[i], i, ai});
      if (ai) recordings.insert(clip.recording);
      if (ai) own_sources.insert(clip.source);
    }
    const Ranked ranked(std::move(items));
    group.auc = figure_of(
        tables, [&](auto w) { return ranked.auc(w); },
        std::min(recordings.size(), figures.human_recordings),
        std::min(own_sources.size(), figures.human_sources));
    group.nested_tpr = nested_share(figures.sources, scores);
    const auto n = static_cast<double>(group.n);
    std::tie(group.low, group.high) = wilson_95(group.nested_tpr * n, n);
    group.supported = rate_supported(kOnePercent, figures.human_recordings);
    for (const auto& [source, human] : sources)
      group.auc_by_source[source] = roc_auc(scores, human);
    figures.groups.push_back(std::move(group));
  }
}

void add_labels(const StudyTables& tables, const HeardTable& heard, DetectorFigures& figures) {
  std::set<std::string> labels;
  for (const DetectorClip& clip : tables.clips()) labels.insert(clip.label);
  const std::vector<double> human = tables.scores(heard, kCleanRow, "human");
  const double threshold = threshold_at(human, kOnePercent);
  for (const std::string& label : labels) {
    if (is_judged(label)) continue;
    const std::vector<double> scores = tables.scores(heard, kCleanRow, label);
    if (scores.empty()) continue;
    LabelFigures found;
    found.label = label;
    found.n = scores.size();
    for (const double s : scores) found.flagged += s > threshold ? 1U : 0U;
    std::tie(found.low, found.high) =
        wilson_95(static_cast<double>(found.flagged), static_cast<double>(found.n));
    const std::vector<double> ps = tables.probabilities(heard, kCleanRow, label);
    for (const double p : ps) found.mean_p += p / static_cast<double>(ps.size());
    found.auc_over_human = roc_auc(scores, human);
    figures.labels.push_back(found);
  }
}

}  // namespace brandiron::experiments
