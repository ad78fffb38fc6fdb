#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "brandiron/core/table.h"
#include "brandiron/experiments/detector_study.h"

namespace brandiron::experiments {
namespace {

std::string score_cells(const DetectorScore& s) {
  const std::string score = s.error.empty() ? fmt::format("{:.9g}", s.score) : "";
  const std::string p = s.error.empty() && s.p ? fmt::format("{:.9g}", *s.p) : "";
  return fmt::format("{},{},{}", score, p, csv_cell(s.error));
}

std::string clip_cells(const DetectorClip& c) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{}", csv_cell(c.label), csv_cell(c.group),
                     csv_cell(c.source), csv_cell(c.recording), csv_cell(c.persona),
                     csv_cell(c.decoder), csv_cell(c.preset), csv_cell(c.split), c.marked ? 1 : 0,
                     csv_cell(c.parent_id));
}

template <class T>
void sort_scores(std::vector<const T*>& scores) {
  std::sort(scores.begin(), scores.end(), [](const T* a, const T* b) {
    return std::tie(a->detector, a->row, a->clip) < std::tie(b->detector, b->row, b->clip);
  });
}

}  // namespace

std::string detector_scores_csv(const DetectorStudyOptions& options,
                                const DetectorResults& results) {
  std::map<std::string, const DetectorClip*> clips;
  for (const DetectorClip& clip : options.clips) clips[clip.id] = &clip;
  std::map<std::string, std::string> kinds = {{"none", "clean"}};
  for (const DetectorRow& row : options.grid.rows) kinds[row.id] = row.kind;
  std::map<std::pair<std::string, std::string>, const DetectorCopy*> copies;
  for (const DetectorCopy& copy : results.copies) copies[{copy.clip, copy.row}] = &copy;
  std::vector<const DetectorScore*> scores;
  for (const DetectorScore& s : results.scores) scores.push_back(&s);
  sort_scores(scores);
  std::string csv =
      "detector,clip,row,kind,score,p,error,label,group,source,recording,persona,decoder,preset,"
      "split,marked,parent_id,duration_s,chain\n";
  for (const DetectorScore* s : scores) {
    const auto clip = clips.find(s->clip);
    if (clip == clips.end()) continue;
    const auto copy = copies.find({s->clip, s->row});
    csv += fmt::format("{},{},{},{},{},{},{},{}\n", csv_cell(s->detector), csv_cell(s->clip),
                       csv_cell(s->row), kinds[s->row], score_cells(*s), clip_cells(*clip->second),
                       copy == copies.end() ? "" : fmt::format("{:g}", copy->second->duration_s),
                       copy == copies.end() ? "" : csv_cell(copy->second->chain));
  }
  return csv;
}

std::string detector_segments_csv(const DetectorResults& results) {
  std::vector<const DetectorScore*> scores;
  for (const DetectorScore& s : results.scores) {
    if (!s.segments.empty()) scores.push_back(&s);
  }
  sort_scores(scores);
  std::string csv = "detector,clip,row,start_s,end_s,score\n";
  for (const DetectorScore* s : scores) {
    for (const ScoredStretch& stretch : s->segments) {
      csv += fmt::format("{},{},{},{:g},{:g},{:.9g}\n", csv_cell(s->detector), csv_cell(s->clip),
                         csv_cell(s->row), stretch.start_s, stretch.end_s, stretch.score);
    }
  }
  return csv;
}

}  // namespace brandiron::experiments
