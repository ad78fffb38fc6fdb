#include <fmt/format.h>

#include <algorithm>

#include "brandiron/core/classification.h"
#include "detector_study/figures.h"
#include "detector_study/names.h"
#include "detector_study/references.h"

namespace brandiron::experiments {
namespace {

void add_clean(const StudyTables& tables, const HeardTable& heard, DetectorFigures& figures) {
  figures.num_ai = tables.scores(heard, kCleanRow, "ai").size();
  figures.num_human = tables.scores(heard, kCleanRow, "human").size();
  figures.ai_recordings = tables.count_recordings(heard, "ai");
  figures.human_recordings = tables.count_recordings(heard, "human");
  figures.ai_sources = tables.count_sources(heard, "ai");
  figures.human_sources = tables.count_sources(heard, "human");
  for (const auto& [row, count] : heard.errors) figures.errors += count;
  const Ranked ranked = tables.ranked(heard, kCleanRow);
  const std::size_t recordings = std::min(figures.ai_recordings, figures.human_recordings);
  const std::size_t sources = std::min(figures.ai_sources, figures.human_sources);
  figures.auc = figure_of(
      tables, [&](auto w) { return ranked.auc(w); }, recordings, sources);
  figures.eer = figure_of(
      tables, [&](auto w) { return ranked.equal_error_rate(w); }, recordings, sources);
  for (const double fpr : {kOnePercent, kOnePerMille}) {
    figures.rates.push_back(
        {fpr,
         figure_of(
             tables, [&](auto w) { return ranked.tpr_at(fpr, w); }, recordings, sources),
         rate_supported(fpr, figures.human_recordings)});
  }
  if (!heard.has_p) return;
  const auto ai = tables.probabilities(heard, kCleanRow, "ai");
  const auto human = tables.probabilities(heard, kCleanRow, "human");
  figures.ece = balanced_calibration_error(ai, human);
  figures.brier = balanced_brier_score(ai, human);
}

void add_speed(const DetectorResults& results, DetectorFigures& figures) {
  double audio_s = 0, wall_s = 0, cpu_s = 0;
  for (const DetectorBatch& batch : results.batches) {
    if (batch.detector != figures.name) continue;
    figures.failure = batch.failure;
    if (!batch.failure.empty()) continue;
    audio_s += batch.audio_s;
    wall_s += batch.wall_s;
    cpu_s += batch.cpu_s;
  }
  figures.realtime_wall = wall_s > 0 ? audio_s / wall_s : 0;
  figures.realtime_cpu = cpu_s > 0 ? audio_s / cpu_s : 0;
}

void add_left_out(const std::vector<ReferenceExample>& examples, const ReferenceKind& kind,
                  DetectorFigures& figures) {
  const FoldPlan plan = plan_folds(examples, kind.folds);
  const auto found = leave_groups_out(examples, plan, kind.standardise, kind.jobs);
  for (GroupFigures& group : figures.groups) {
    const auto left_out = found.find(group.group);
    if (left_out == found.end()) continue;
    group.left_out_auc = left_out->second.auc;
    group.left_out_tpr = left_out->second.tpr;
  }
}

/// What is taught here can be taught again: with labels dealt anew, and without a group.
void add_taught_again(const DetectorStudyOptions& options, const DetectorResults& results,
                      DetectorFigures& figures) {
  const bool fourier = figures.name == kFourierReference,
             raw = figures.name == kContentFreeRawProbe;
  if (!fourier && !raw && figures.name != kContentFreeProbe) return;
  const auto examples =
      fourier ? fourier_examples(options, results) : content_free_examples(options, results, raw);
  const ReferenceKind kind{!fourier, options.grid.folds, options.jobs};
  figures.taught_anew = taught_permutation(examples, kind, options.seed);
  if (fourier) add_left_out(examples, kind, figures);
}

}  // namespace

DetectorSummary summarise_detectors(const DetectorStudyOptions& options,
                                    const DetectorResults& results) {
  const StudyTables tables(options, results);
  const std::vector<DetectorRow> rows = rows_of(options.grid);
  DetectorSummary summary;
  summary.header_json = results.header_json;
  summary.prevalence = options.grid.prevalence;
  for (const HeardTable& heard : tables.heard()) {
    DetectorFigures figures;
    figures.name = heard.name;
    add_clean(tables, heard, figures);
    add_speed(results, figures);
    add_rows(tables, heard, rows, figures);
    if (heard.score.contains(kCleanRow)) {
      add_nested(tables, heard, summary.prevalence, figures);
      add_groups(tables, heard, figures);
      add_labels(tables, heard, figures);
      add_marks(tables, heard, rows, figures);
    }
    figures.segments = segment_figures(tables.clips(), results, heard.name);
    figures.permuted = permutation_figures(tables, heard, options.seed);
    add_taught_again(options, results, figures);
    summary.detectors.push_back(std::move(figures));
  }
  // A detector that never gave a score still has a line that says why.
  for (const DetectorBatch& batch : results.batches) {
    if (tables.find(batch.detector) != nullptr) continue;
    const bool known =
        std::any_of(summary.detectors.begin(), summary.detectors.end(),
                    [&](const DetectorFigures& d) { return d.name == batch.detector; });
    if (known) continue;
    DetectorFigures figures;
    figures.name = batch.detector;
    figures.failure = batch.failure;
    summary.detectors.push_back(std::move(figures));
  }
  return summary;
}

}  // namespace brandiron::experiments
