#include <algorithm>
#include <map>

#include "detector_study/figures.h"
#include "detector_study/names.h"

namespace brandiron::experiments {
namespace {

/// One recording without and with a mark.
struct Pair {
  std::size_t clip;
  double plain, marked, change;
};

MarkFigures figures_of(const StudyTables& tables, const std::string& what,
                       const std::vector<Pair>& pairs) {
  MarkFigures figures;
  figures.what = what;
  figures.pairs = pairs.size();
  std::vector<Ranked::Item> items;
  for (const Pair& pair : pairs) {
    items.push_back({pair.marked, pair.clip, true});
    items.push_back({pair.plain, pair.clip, false});
    figures.mean_change += pair.change / static_cast<double>(pairs.size());
  }
  const Ranked ranked(std::move(items));
  figures.auc = figure_of(
      tables, [&](auto w) { return ranked.auc(w); }, pairs.size(), pairs.size());
  return figures;
}

/// Both ways of hearing a clip, when there are both.
void add_pair(const HeardTable& heard, const std::string& marked_row, std::size_t plain,
              std::size_t marked, std::vector<Pair>& pairs) {
  const auto& now = heard.score.at(marked_row)[marked];
  const auto& before = heard.score.at(kCleanRow)[plain];
  if (!now || !before) return;
  const auto& table = heard.has_p ? heard.p : heard.score;
  const double change = *table.at(marked_row)[marked] - *table.at(kCleanRow)[plain];
  pairs.push_back({plain, *before, *now, change});
}

std::vector<Pair> row_pairs(const StudyTables& tables, const HeardTable& heard,
                            const std::string& row, const std::string& label) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < tables.clips().size(); ++i) {
    if (label.empty() || tables.clips()[i].label == label) add_pair(heard, row, i, i, pairs);
  }
  return pairs;
}

/// Twins of the manifest that differ in the mark and in nothing else.
std::vector<Pair> twin_pairs(const StudyTables& tables, const HeardTable& heard) {
  const auto& clips = tables.clips();
  std::map<std::string, std::size_t> index;
  for (std::size_t i = 0; i < clips.size(); ++i) index[clips[i].id] = i;
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const auto parent = index.find(clips[i].parent_id);
    if (parent == index.end()) continue;
    const DetectorClip &a = clips[i], &b = clips[parent->second];
    if (a.marked == b.marked || a.label != b.label || a.persona != b.persona ||
        a.decoder != b.decoder || a.preset != b.preset) {
      continue;
    }
    const std::size_t plain = a.marked ? parent->second : i, marked = a.marked ? i : parent->second;
    add_pair(heard, kCleanRow, plain, marked, pairs);
  }
  return pairs;
}

}  // namespace

void add_marks(const StudyTables& tables, const HeardTable& heard,
               const std::vector<DetectorRow>& rows, DetectorFigures& figures) {
  if (!heard.score.contains(kCleanRow)) return;
  for (const DetectorRow& row : rows) {
    if (row.kind != "mark" || !heard.score.contains(row.id)) continue;
    for (const char* label : {"", "ai", "human"}) {
      const auto pairs = row_pairs(tables, heard, row.id, label);
      const std::string what = *label == 0 ? "all" : label;
      if (!pairs.empty()) figures.marks.push_back(figures_of(tables, what, pairs));
    }
  }
  const auto twins = twin_pairs(tables, heard);
  if (!twins.empty()) figures.marks.push_back(figures_of(tables, "twins of the manifest", twins));
}

}  // namespace brandiron::experiments
