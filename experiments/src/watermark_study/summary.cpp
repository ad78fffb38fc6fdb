#include <algorithm>
#include <cmath>
#include <tuple>

#include "brandiron/experiments/watermark_study.h"

namespace brandiron::experiments {
namespace {

using ByFile = std::map<std::string, std::vector<double>>;

constexpr double kNullPoints[] = {0.1, 0.01, 1e-3, 1e-6, 1e-9};

struct RowData {
  ByFile exact, present, ber;
  std::size_t wrong = 0, errors = 0, n = 0;
  double z_sum = 0, z_min = 1e9, p_max = 0, cpu_s = 0, audio_s = 0;
};

void add(RowData& data, const TrialResult& trial) {
  if (!trial.error.empty()) {
    ++data.errors;
    return;
  }
  data.exact[trial.file].push_back(trial.exact ? 1 : 0);
  data.present[trial.file].push_back(trial.present ? 1 : 0);
  if (trial.wrong) ++data.wrong;
  ++data.n;
  if (trial.exact) data.ber[trial.file].push_back(trial.ber);
  data.z_sum += trial.z;
  data.z_min = std::min(data.z_min, trial.z);
  data.p_max = std::max(data.p_max, trial.p);
  data.cpu_s += trial.cpu_s;
  data.audio_s += trial.duration_s;
}

RowSummary summarise(const std::string& tool, double strength, const AttackRow& row,
                     const RowData& data) {
  RowSummary s;
  s.tool = tool;
  s.strength = strength;
  s.row = row.id;
  s.title = row.title;
  s.family = row.family;
  s.unit = row.unit;
  s.level = row.level;
  s.p_threshold = row.p_threshold;
  s.target_exact = row.target_exact;
  s.target_present = row.target_present;
  s.exact = clustered_estimate(data.exact, true);
  s.present = clustered_estimate(data.present, true);
  s.wrong = data.wrong;
  s.errors = data.errors;
  if (data.n > 0) {
    s.z_mean = data.z_sum / static_cast<double>(data.n);
    s.z_min = data.z_min;
  }
  s.p_max = data.p_max;
  s.ber = clustered_estimate(data.ber, false);
  s.cpu_s = data.cpu_s;
  s.audio_s = data.audio_s;
  // A share counts as reached when it is there; the interval says what n is worth.
  s.reached = data.n > 0 && (!row.target_exact || s.exact.value >= *row.target_exact) &&
              (!row.target_present || s.present.value >= *row.target_present);
  return s;
}

using Setting = std::pair<std::string, double>;

std::vector<FidelitySummary> summarise_fidelity(const std::vector<EmbedResult>& embeds) {
  std::map<Setting, std::vector<const EmbedResult*>> groups;
  for (const EmbedResult& e : embeds) groups[{e.tool, e.strength}].push_back(&e);
  std::vector<FidelitySummary> summaries;
  for (const auto& [setting, group] : groups) {
    FidelitySummary s;
    std::tie(s.tool, s.strength) = setting;
    s.n = group.size();
    s.sdr_min_db = 1e9;
    s.nmr_max_db = -1e9;
    ByFile sdr, nmr, above;
    double cpu_s = 0, audio_s = 0;
    for (const EmbedResult* e : group) {
      sdr[e->file].push_back(e->sdr_db);
      nmr[e->file].push_back(e->nmr_db);
      above[e->file].push_back(e->nmr_above);
      s.sdr_min_db = std::min(s.sdr_min_db, e->sdr_db);
      s.nmr_max_db = std::max(s.nmr_max_db, e->nmr_db);
      s.nmr_above_max = std::max(s.nmr_above_max, e->nmr_above);
      s.loudness_change_max_lu =
          std::max(s.loudness_change_max_lu, std::abs(e->loudness_change_lu));
      (e->original_over > 0 ? s.clipped_in_over : s.clipped) += e->clipped;
      cpu_s += e->cpu_s;
      audio_s += e->duration_s;
    }
    s.files = sdr.size();
    s.sdr_db = clustered_estimate(sdr, false);
    s.nmr_db = clustered_estimate(nmr, false);
    s.nmr_above = clustered_estimate(above, false);
    s.embed_x = cpu_s > 0 ? audio_s / cpu_s : 0;
    summaries.push_back(s);
  }
  return summaries;
}

std::vector<NegativeSummary> summarise_negatives(const std::vector<TrialResult>& trials) {
  std::map<std::pair<std::string, std::string>, NegativeSummary> groups;
  for (const TrialResult& t : trials) {
    if (t.negative.empty() || !t.error.empty()) continue;
    NegativeSummary& s = groups[{t.tool, t.negative}];
    s.tool = t.tool;
    s.kind = t.negative;
    ++s.n;
    if (t.present) ++s.present;
    if (t.wrong) ++s.payloads;
    s.p_min = std::min(s.p_min, t.p);
    for (const double a : kNullPoints) {
      s.below[a] += t.p <= a ? 1U : 0U;
    }
  }
  std::vector<NegativeSummary> summaries;
  for (const auto& [key, s] : groups) summaries.push_back(s);
  return summaries;
}

}  // namespace

StudySummary summarise_study(const StudyResults& results, const AttackGrid& grid) {
  std::map<Setting, std::map<std::string, RowData>> data;
  for (const TrialResult& trial : results.trials) {
    if (trial.negative.empty()) add(data[{trial.tool, trial.strength}][trial.row], trial);
  }
  StudySummary summary;
  summary.header_json = results.header_json;
  summary.fidelity = summarise_fidelity(results.embeds);
  for (const auto& [setting, rows] : data) {
    for (const AttackRow& row : grid.rows) {  // in the grid's order
      const auto found = rows.find(row.id);
      if (found == rows.end()) continue;
      summary.rows.push_back(summarise(setting.first, setting.second, row, found->second));
    }
  }
  summary.negatives = summarise_negatives(results.trials);
  return summary;
}

}  // namespace brandiron::experiments
