#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "brandiron/experiments/security_study.h"

namespace brandiron::experiments {
namespace {

bool same(const SecurityRow& row, const SecurityTrial& trial) {
  return row.attack == trial.attack && row.setting == trial.setting;
}

SecurityRow row_of(const std::vector<const SecurityTrial*>& trials) {
  SecurityRow row{trials.front()->attack, trials.front()->setting};
  std::vector<double> p;
  double agreement = 0;
  row.sdr_min_db = trials.front()->sdr_db;
  for (const SecurityTrial* trial : trials) {
    row.present += trial->present;
    row.first += trial->read == 0;
    row.other += trial->read > 0;
    row.wrong += trial->read == SecurityTrial::kWrong;
    p.push_back(trial->p);
    row.sdr_mean_db += trial->sdr_db;
    row.sdr_min_db = std::min(row.sdr_min_db, trial->sdr_db);
    agreement += trial->agreement;
    row.queries_mean += trial->queries;
  }
  row.n = trials.size();
  const auto n = static_cast<double>(row.n);
  row.sdr_mean_db /= n;
  row.agreement_mean = agreement / n;
  row.queries_mean /= n;
  std::sort(p.begin(), p.end());
  row.p_min = p.front();
  row.p_median = p[p.size() / 2];
  row.p_max = p.back();
  return row;
}

}  // namespace

std::vector<SecurityRow> summarise_security(const std::vector<SecurityTrial>& trials) {
  std::vector<SecurityRow> rows;
  for (const SecurityTrial& trial : trials) {
    if (std::any_of(rows.begin(), rows.end(), [&](const auto& r) { return same(r, trial); })) {
      continue;
    }
    std::vector<const SecurityTrial*> alike;
    for (const SecurityTrial& t : trials) {
      if (t.attack == trial.attack && t.setting == trial.setting) alike.push_back(&t);
    }
    rows.push_back(row_of(alike));
  }
  return rows;
}

std::string security_text(const std::vector<SecurityRow>& rows) {
  std::string text, attack;
  for (const SecurityRow& row : rows) {
    if (row.attack != attack) {
      attack = row.attack;
      text += fmt::format("{:<58} {:>3} {:>7} {:>7} {:>5} {:>5} {:>8} {:>8} {:>6} {:>6} {:>7}\n",
                          attack, "n", "present", "payload", "other", "wrong", "p median", "p max",
                          "SDR dB", "agree", "queries");
    }
    text +=
        fmt::format("  {:<56} {:>3} {:>7} {:>7} {:>5} {:>5} {:>8.1g} {:>8.1g} {:>6} {:>6} {:>7}\n",
                    row.setting, row.n, row.present, row.first, row.other, row.wrong, row.p_median,
                    row.p_max, row.sdr_mean_db != 0 ? fmt::format("{:.1f}", row.sdr_mean_db) : "-",
                    row.agreement_mean >= 0 ? fmt::format("{:.3f}", row.agreement_mean) : "-",
                    row.queries_mean > 0 ? fmt::format("{:.0f}", row.queries_mean) : "-");
  }
  return text;
}

std::string security_json(const std::vector<SecurityRow>& rows) {
  nlohmann::ordered_json json;
  json["schema"] = "brandiron.security-study/1";
  json["rows"] = nlohmann::ordered_json::array();
  for (const SecurityRow& row : rows) {
    nlohmann::ordered_json line{
        {"attack", row.attack},       {"setting", row.setting}, {"n", row.n},
        {"present", row.present},     {"payload", row.first},   {"other_payload", row.other},
        {"wrong_payload", row.wrong}, {"p_min", row.p_min},     {"p_median", row.p_median},
        {"p_max", row.p_max}};
    if (row.sdr_mean_db != 0) {
      line["sdr_mean_db"] = row.sdr_mean_db;
      line["sdr_min_db"] = row.sdr_min_db;
    }
    if (row.agreement_mean >= 0) line["agreement"] = row.agreement_mean;
    if (row.queries_mean > 0) line["queries"] = row.queries_mean;
    json["rows"].push_back(line);
  }
  return json.dump(2);
}

}  // namespace brandiron::experiments
