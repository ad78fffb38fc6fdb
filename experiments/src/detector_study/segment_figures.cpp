#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "brandiron/core/classification.h"
#include "detector_study/figures.h"
#include "detector_study/names.h"

namespace brandiron::experiments {
namespace {

constexpr double kMostly = 0.8;  // a stretch with less of one kind is neither

/// Share of [start, end) that is ai; none when the spans do not cover it.
std::optional<double> ai_share(const std::vector<LabelSpan>& spans, double start, double end) {
  double ai = 0, covered = 0;
  for (const LabelSpan& span : spans) {
    const double both = std::min(end, span.end_s) - std::max(start, span.start_s);
    if (both <= 0) continue;
    covered += both;
    if (span.ai) ai += both;
  }
  if (covered < kMostly * (end - start)) return std::nullopt;
  return ai / covered;
}

/// Where ai and human meet within what was heard.
std::vector<double> true_boundaries(std::vector<LabelSpan> spans, double start, double end) {
  std::sort(spans.begin(), spans.end(),
            [](const LabelSpan& a, const LabelSpan& b) { return a.start_s < b.start_s; });
  std::vector<double> found;
  for (std::size_t i = 1; i < spans.size(); ++i) {
    const double at = spans[i].start_s;
    if (spans[i].ai != spans[i - 1].ai && at > start && at < end) found.push_back(at - start);
  }
  return found;
}

/// Where the scores of stretches cross `level`, between their centres.
std::vector<double> seen_boundaries(std::vector<ScoredStretch> stretches, double level) {
  std::sort(stretches.begin(), stretches.end(),
            [](const auto& a, const auto& b) { return a.start_s < b.start_s; });
  std::vector<double> found;
  for (std::size_t i = 1; i < stretches.size(); ++i) {
    const double a = stretches[i - 1].score - level, b = stretches[i].score - level;
    if ((a > 0) == (b > 0)) continue;
    const double from = 0.5 * (stretches[i - 1].start_s + stretches[i - 1].end_s);
    const double to = 0.5 * (stretches[i].start_s + stretches[i].end_s);
    found.push_back(from + (to - from) * a / (a - b));
  }
  return found;
}

double nearest(const std::vector<double>& seen, double boundary) {
  double least = std::numeric_limits<double>::infinity();
  for (const double s : seen) least = std::min(least, std::abs(s - boundary));
  return least;
}

/// Half for probabilities, nought for other scores.
double level_of(const std::vector<const DetectorScore*>& scores) {
  for (const DetectorScore* s : scores) {
    for (const ScoredStretch& stretch : s->segments) {
      if (stretch.score < 0 || stretch.score > 1) return 0;
    }
  }
  return 0.5;
}

}  // namespace

std::optional<SegmentFigures> segment_figures(const std::vector<DetectorClip>& clips,
                                              const DetectorResults& results,
                                              const std::string& detector) {
  std::map<std::string, const DetectorClip*> hybrid;
  for (const DetectorClip& clip : clips) {
    if (!clip.spans.empty()) hybrid[clip.id] = &clip;
  }
  std::map<std::string, const DetectorCopy*> copies;
  for (const DetectorCopy& copy : results.copies) {
    if (copy.row == kCleanRow && hybrid.contains(copy.clip)) copies[copy.clip] = &copy;
  }
  std::vector<const DetectorScore*> scores;
  for (const DetectorScore& s : results.scores) {
    if (s.detector == detector && s.row == kCleanRow && !s.segments.empty() &&
        copies.contains(s.clip)) {
      scores.push_back(&s);
    }
  }
  if (scores.empty()) return std::nullopt;
  SegmentFigures figures;
  const double level = level_of(scores);
  std::vector<double> ai, human, errors;
  for (const DetectorScore* s : scores) {
    const DetectorClip& clip = *hybrid.at(s->clip);
    const DetectorCopy& copy = *copies.at(s->clip);
    for (const ScoredStretch& stretch : s->segments) {
      const auto share =
          ai_share(clip.spans, copy.start_s + stretch.start_s, copy.start_s + stretch.end_s);
      if (share && *share >= kMostly) ai.push_back(stretch.score);
      if (share && *share <= 1 - kMostly) human.push_back(stretch.score);
    }
    const std::vector<double> seen = seen_boundaries(s->segments, level);
    for (const double at :
         true_boundaries(clip.spans, copy.start_s, copy.start_s + copy.duration_s)) {
      errors.push_back(nearest(seen, at));
    }
  }
  figures.tracks = scores.size();
  figures.segments = ai.size() + human.size();
  figures.auc = roc_auc(ai, human);
  figures.boundaries = errors.size();
  figures.missed = static_cast<std::size_t>(
      std::count_if(errors.begin(), errors.end(), [](double e) { return !std::isfinite(e); }));
  std::sort(errors.begin(), errors.end());
  if (!errors.empty() && std::isfinite(errors[errors.size() / 2])) {
    figures.boundary_error_s = errors[errors.size() / 2];
  }
  return figures;
}

}  // namespace brandiron::experiments
