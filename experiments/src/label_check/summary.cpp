#include <algorithm>

#include "brandiron/core/error.h"
#include "brandiron/experiments/label_check.h"
#include "watermark_study/statistics.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kWorst = 5;

void add(LabelRow& row, const std::string& song, const LabelFinding& finding) {
  ++row.songs;
  row.agreed_songs += finding.agrees ? 1 : 0;
  row.events += finding.events;
  row.agreed_events += finding.agreed;
  if (!finding.agrees) row.worst.emplace_back(song, finding);
}

void finish(LabelRow& row, double least_agreement) {
  const auto n = static_cast<double>(row.songs), k = static_cast<double>(row.agreed_songs);
  const Interval interval = wilson(k, n);
  row.low = interval.low;
  row.high = interval.high;
  row.reached = !row.rule.asked || k >= (row.rule.exact ? 1.0 : least_agreement) * n;
  std::stable_sort(row.worst.begin(), row.worst.end(), [](const auto& a, const auto& b) {
    return a.second.distance > b.second.distance;
  });
  if (row.worst.size() > kWorst) row.worst.resize(kWorst);
}

}  // namespace

bool LabelReport::passed() const {
  return songs > 0 && errors.empty() &&
         std::all_of(rows.begin(), rows.end(), [](const LabelRow& row) { return row.reached; });
}

LabelReport summarise_labels(const std::vector<SongFindings>& songs, double least_agreement) {
  if (!(least_agreement > 0 && least_agreement <= 1)) {
    throw Error(ErrorCode::kInvalidArgument, "least agreement: found " +
                                                 std::to_string(least_agreement) +
                                                 ", expected a share above 0 and at most 1");
  }
  LabelReport report;
  report.songs = songs.size();
  report.least_agreement = least_agreement;
  for (const SongFindings& song : songs) {
    if (!song.error.empty()) report.errors.emplace_back(song.id, song.error);
  }
  for (const LabelRule& rule : label_rules()) {
    LabelRow row;
    row.rule = rule;
    for (const SongFindings& song : songs) {
      for (const LabelFinding& finding : song.labels) {
        if (finding.label == rule.id) add(row, song.id, finding);
      }
    }
    if (row.songs == 0) continue;
    finish(row, least_agreement);
    report.rows.push_back(std::move(row));
  }
  return report;
}

}  // namespace brandiron::experiments
