#include <algorithm>
#include <cmath>
#include <map>

#include "brandiron/core/classification.h"
#include "detector_study/figures.h"
#include "detector_study/names.h"

namespace brandiron::experiments {
namespace {

bool perfect(const StudyFigure& figure, const std::optional<std::pair<double, double>>& interval) {
  return interval && figure.value == 1 && interval->first == 1;
}

std::vector<double> over_draws(const Draws& draws, const FigureOf& figure) {
  std::vector<double> values;
  if (!draws.usable()) return values;
  for (std::size_t d = 0; d < draws.size(); ++d) values.push_back(figure(draws.weights(d)));
  return values;
}

/// The AUC of a row, and under every draw.
struct RowAuc {
  double value = 0;
  std::vector<double> by_recording, by_source;
};
using RowAucs = std::map<std::string, RowAuc>;

RowAucs aucs_of(const StudyTables& tables, const HeardTable& heard,
                const std::vector<DetectorRow>& rows) {
  RowAucs aucs;
  for (const DetectorRow& row : rows) {
    if (!heard.score.contains(row.id)) continue;
    const Ranked ranked = tables.ranked(heard, row.id);
    const FigureOf auc = [&](auto weights) { return ranked.auc(weights); };
    aucs[row.id] = {ranked.auc({}), over_draws(tables.by_recording(), auc),
                    over_draws(tables.by_source(), auc)};
  }
  return aucs;
}

/// A function of the AUCs of some rows (their own and a rival's).
using Combine =
    std::function<double(const std::vector<double>& own, const std::vector<double>& rival)>;

std::optional<std::pair<double, double>> combined_interval(const std::vector<const RowAuc*>& own,
                                                           const std::vector<const RowAuc*>& rival,
                                                           std::vector<double> RowAuc::*draws,
                                                           const Combine& combine) {
  if (own.empty()) return std::nullopt;
  const auto column = [&](const std::vector<const RowAuc*>& rows, std::size_t draw) {
    std::vector<double> values;
    for (const RowAuc* row : rows) values.push_back((row->*draws)[draw]);
    return values;
  };
  std::vector<double> values;
  for (std::size_t d = 0; d < (own[0]->*draws).size(); ++d) {
    values.push_back(combine(column(own, d), column(rival, d)));
  }
  return middle_95(std::move(values));
}

StudyFigure combined(const RowAucs& own, const RowAucs& rival, const std::vector<std::string>& rows,
                     const Combine& combine) {
  std::vector<const RowAuc*> ours, theirs;
  std::vector<double> values, rivals;
  for (const std::string& row : rows) {
    ours.push_back(&own.at(row));
    theirs.push_back(&rival.at(row));
    values.push_back(ours.back()->value);
    rivals.push_back(theirs.back()->value);
  }
  StudyFigure figure;
  figure.value = combine(values, rivals);
  figure.by_recording = combined_interval(ours, theirs, &RowAuc::by_recording, combine);
  figure.by_source = combined_interval(ours, theirs, &RowAuc::by_source, combine);
  return figure;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

double least_of(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::min_element(values.begin(), values.end());
}

/// Changes of the probability (or the score) of each clip against the clean row.
std::vector<double> changes(const HeardTable& heard, const std::string& row) {
  const auto& table = heard.has_p ? heard.p : heard.score;
  const auto clean = table.find(kCleanRow), now = table.find(row);
  std::vector<double> found;
  if (clean == table.end() || now == table.end()) return found;
  for (std::size_t i = 0; i < now->second.size(); ++i) {
    if (now->second[i] && clean->second[i]) {
      found.push_back(std::abs(*now->second[i] - *clean->second[i]));
    }
  }
  return found;
}

RowFigures row_figures(const StudyTables& tables, const HeardTable& heard, const DetectorRow& row,
                       const DetectorFigures& all) {
  RowFigures figures;
  figures.row = row.id;
  figures.title = row.title;
  figures.kind = row.kind;
  const std::vector<double> ai = tables.scores(heard, row.id, "ai");
  const std::vector<double> human = tables.scores(heard, row.id, "human");
  figures.num_ai = ai.size();
  figures.num_human = human.size();
  const auto errors = heard.errors.find(row.id);
  figures.errors = errors == heard.errors.end() ? 0 : errors->second;
  const Ranked ranked = tables.ranked(heard, row.id);
  const std::size_t recordings = std::min(all.ai_recordings, all.human_recordings);
  const std::size_t sources = std::min(all.ai_sources, all.human_sources);
  figures.auc = figure_of(
      tables, [&](auto w) { return ranked.auc(w); }, recordings, sources);
  for (const double fpr : {kOnePercent, kOnePerMille}) {
    figures.rates.push_back(
        {fpr,
         figure_of(
             tables, [&](auto w) { return ranked.tpr_at(fpr, w); }, recordings, sources),
         rate_supported(fpr, all.human_recordings)});
  }
  const double fixed = threshold_at(tables.scores(heard, kCleanRow, "human"), kOnePercent);
  figures.fixed_tpr = share_above(ai, fixed);
  figures.fixed_fpr = share_above(human, fixed);
  const std::vector<double> drift = changes(heard, row.id);
  figures.drift_mean = mean_of(drift);
  figures.drift_max = drift.empty() ? 0 : *std::max_element(drift.begin(), drift.end());
  return figures;
}

bool in_the_mean(const RowFigures& row) { return row.kind == "attack" || row.kind == "codec"; }

}  // namespace

StudyFigure figure_of(const StudyTables& tables, const FigureOf& figure, std::size_t recordings,
                      std::size_t sources) {
  StudyFigure found;
  found.value = figure({});
  found.by_recording = middle_95(over_draws(tables.by_recording(), figure));
  found.by_source = middle_95(over_draws(tables.by_source(), figure));
  const auto sure = [](std::size_t n) {
    const auto count = static_cast<double>(n);
    return wilson_95(count, count);
  };
  if (perfect(found, found.by_recording)) found.by_recording = sure(recordings);
  if (perfect(found, found.by_source)) found.by_source = sure(sources);
  return found;
}

void add_rows(const StudyTables& tables, const HeardTable& heard,
              const std::vector<DetectorRow>& rows, DetectorFigures& figures) {
  std::vector<std::string> mean_rows;
  for (const DetectorRow& row : rows) {
    if (!heard.score.contains(row.id)) continue;
    figures.rows.push_back(row_figures(tables, heard, row, figures));
    if (in_the_mean(figures.rows.back())) mean_rows.push_back(row.id);
  }
  if (mean_rows.empty()) return;
  const RowAucs own = aucs_of(tables, heard, rows);
  figures.mean_auc =
      combined(own, own, mean_rows, [](const auto& a, const auto&) { return mean_of(a); });
  figures.worst_auc =
      combined(own, own, mean_rows, [](const auto& a, const auto&) { return least_of(a); });
  const HeardTable* fourier = tables.find(kFourierReference);
  if (fourier == nullptr || fourier == &heard) return;
  const RowAucs rival = aucs_of(tables, *fourier, rows);
  std::erase_if(mean_rows, [&](const std::string& row) { return !rival.contains(row); });
  if (mean_rows.empty()) return;
  figures.mean_over_fourier = combined(
      own, rival, mean_rows, [](const auto& a, const auto& b) { return mean_of(a) - mean_of(b); });
  figures.worst_over_fourier = combined(own, rival, mean_rows, [](const auto& a, const auto& b) {
    return least_of(a) - least_of(b);
  });
  for (RowFigures& row : figures.rows) {
    if (!rival.contains(row.row)) continue;
    row.over_fourier =
        combined(own, rival, {row.row}, [](const auto& a, const auto& b) { return a[0] - b[0]; });
  }
}

}  // namespace brandiron::experiments
