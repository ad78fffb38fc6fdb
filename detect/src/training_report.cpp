#include "training_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/version.h"

namespace brandiron::detect {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<const ScoreRow*>;

constexpr int kBootstraps = 400;

double rounded(double x) { return std::round(x * 1e4) / 1e4; }

std::vector<double> llrs(const Rows& rows) {
  std::vector<double> values;
  for (const ScoreRow* row : rows) values.push_back(row->llr);
  return values;
}

/// Scores by title: the unit that is drawn again in a cluster bootstrap, and that n counts.
std::vector<std::vector<double>> by_title(const Rows& rows, const std::vector<Track>& tracks) {
  std::map<std::string, std::vector<double>> groups;
  for (const ScoreRow* row : rows) {
    const Track& t = tracks[row->track];
    groups[t.source + "\n" + t.title].push_back(row->llr);
  }
  std::vector<std::vector<double>> list;
  for (auto& [title, values] : groups) list.push_back(std::move(values));
  return list;
}

/// 95 % interval of the AUC, titles drawn with replacement.
std::pair<double, double> auc_interval(const std::vector<std::vector<double>>& ai,
                                       const std::vector<std::vector<double>>& human) {
  if (ai.empty() || human.empty()) return {0, 1};
  Rng rng(1, "bootstrap");
  const auto redraw = [&](const std::vector<std::vector<double>>& groups) {
    std::vector<double> values;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const auto& group = groups[rng.below(static_cast<std::uint32_t>(groups.size()))];
      values.insert(values.end(), group.begin(), group.end());
    }
    return values;
  };
  std::vector<double> aucs;
  for (int i = 0; i < kBootstraps; ++i) {
    const auto positives = redraw(ai);
    aucs.push_back(auc(positives, redraw(human)));
  }
  std::sort(aucs.begin(), aucs.end());
  return {aucs[kBootstraps * 25 / 1000], aucs[kBootstraps * 975 / 1000]};
}

struct Counts {
  int n = 0, ai = 0, human = 0, undecided = 0;
};

Counts count_verdicts(const Rows& rows) {
  Counts c;
  for (const ScoreRow* row : rows) {
    ++c.n;
    c.ai += row->verdict == "ai" ? 1 : 0;
    c.human += row->verdict == "human" ? 1 : 0;
    c.undecided += row->verdict == "undecided" ? 1 : 0;
  }
  return c;
}

/// The results with the questions one asks of them.
class Tables {
 public:
  explicit Tables(const TrainingResults& results) : r_(results) {}

  Rows select(const std::vector<ScoreRow>& rows,
              const std::function<bool(const Track&, const ScoreRow&)>& wanted) const {
    Rows chosen;
    for (const ScoreRow& row : rows) {
      if (wanted(r_.tracks[row.track], row)) chosen.push_back(&row);
    }
    return chosen;
  }

  Rows fold_rows(bool ai) const {
    return select(r_.folds, [&](const Track& t, const ScoreRow&) { return t.is_ai() == ai; });
  }

  /// Test rows of one chain: our own songs, other systems, or human recordings.
  Rows test_rows(const std::string& chain, const std::string& kind) const {
    return select(r_.test, [&](const Track& t, const ScoreRow& row) {
      const bool own = t.source.starts_with("brandiron:");
      return row.copy == chain && (kind == "human" ? !t.is_ai()
                                   : kind == "own" ? t.is_ai() && own
                                                   : t.is_ai() && !own);
    });
  }

  Json auc_json(const Rows& ai, const Rows& human) const {
    const auto ai_titles = by_title(ai, r_.tracks), human_titles = by_title(human, r_.tracks);
    if (ai.empty() || human.empty()) return {{"auc", nullptr}};
    const auto [low, high] = auc_interval(ai_titles, human_titles);
    return {{"auc", rounded(auc(llrs(ai), llrs(human)))},
            {"auc_95_low", rounded(low)},
            {"auc_95_high", rounded(high)},
            {"eer", rounded(equal_error_rate(llrs(ai), llrs(human)))},
            {"ai_titles", ai_titles.size()},
            {"human_titles", human_titles.size()}};
  }

  /// One object a source: how its copies were judged.
  Json by_source(const std::vector<ScoreRow>& rows, const std::string& only_copy) const {
    std::map<std::pair<std::string, std::string>, Rows> groups;
    for (const ScoreRow& row : rows) {
      const Track& t = r_.tracks[row.track];
      if (only_copy.empty() || row.copy == only_copy) groups[{t.label, t.source}].push_back(&row);
    }
    Json list = Json::array();
    for (const auto& [key, group] : groups) {
      const Counts c = count_verdicts(group);
      const auto [low, high] = wilson_interval(c.ai, c.n);
      list.push_back({{"label", key.first},
                      {"source", key.second},
                      {"titles", by_title(group, r_.tracks).size()},
                      {"copies", c.n},
                      {"said_ai", c.ai},
                      {"said_human", c.human},
                      {"undecided", c.undecided},
                      {"ai_rate", rounded(static_cast<double>(c.ai) / c.n)},
                      {"ai_rate_95", {rounded(low), rounded(high)}},
                      {"mean_llr", rounded(mean(llrs(group)))}});
    }
    return list;
  }

  Json chain_rows() const {
    Json list = Json::array();
    for (const EvaluationChain& chain : r_.plan.chains) {
      const Rows own = test_rows(chain.name, "own"), foreign = test_rows(chain.name, "foreign"),
                 human = test_rows(chain.name, "human");
      const Counts o = count_verdicts(own), f = count_verdicts(foreign), h = count_verdicts(human);
      list.push_back({{"name", chain.name},
                      {"ai_chain", chain.ai},
                      {"human_chain", chain.human},
                      {"marked", chain.mark},
                      {"own", {{"n", o.n}, {"said_ai", o.ai}, {"undecided", o.undecided}}},
                      {"foreign", {{"n", f.n}, {"said_ai", f.ai}, {"undecided", f.undecided}}},
                      {"human", {{"n", h.n}, {"said_ai", h.ai}, {"undecided", h.undecided}}},
                      {"own_vs_human", auc_json(own, human)},
                      {"foreign_vs_human", auc_json(foreign, human)}});
    }
    return list;
  }

  /// Does a mark move the score? Within each class, marked against unmarked copies.
  Json mark_probe() const {
    Json probe;
    for (const bool ai : {true, false}) {
      const auto side = [&](bool marked) {
        return llrs(select(r_.folds, [&](const Track& t, const ScoreRow& row) {
          return t.is_ai() == ai && row.marked == marked;
        }));
      };
      const auto marked = side(true), plain = side(false);
      probe[ai ? "ai" : "human"] = {{"auc", rounded(auc(marked, plain))},
                                    {"marked", marked.size()},
                                    {"unmarked", plain.size()}};
    }
    probe["twins"] = twin_shift();
    return probe;
  }

 private:
  /// The same test recording with and without a mark, nothing else changed.
  Json twin_shift() const {
    std::map<std::size_t, double> plain;
    for (const ScoreRow& row : r_.test) {
      if (row.copy == r_.plan.chains.front().name) plain[row.track] = row.llr;
    }
    std::vector<double> shift, absolute, with, without;
    for (const EvaluationChain& chain : r_.plan.chains) {
      if (!chain.mark || !chain.ai.empty()) continue;
      for (const ScoreRow& row : r_.test) {
        if (row.copy != chain.name || !row.marked) continue;
        shift.push_back(row.llr - plain[row.track]);
        absolute.push_back(std::abs(shift.back()));
        with.push_back(row.llr);
        without.push_back(plain[row.track]);
      }
    }
    return {{"n", shift.size()},
            {"mean_llr_shift", rounded(mean(shift))},
            {"mean_absolute_llr_shift", rounded(mean(absolute))},
            {"auc", rounded(auc(with, without))}};
  }

  const TrainingResults& r_;
};

Json boundary_json(const Boundary& b) {
  return {{"llr", rounded(b.llr)},
          {"p_ai_at_prior_half", rounded(sigmoid(b.llr))},
          {"errors", b.errors},
          {"n", b.n},
          {"claimed_rate", rounded(b.rate)}};
}

Json data_json(const std::vector<Track>& tracks) {
  std::map<std::tuple<std::string, std::string, std::string>, std::set<std::string>> titles;
  std::map<std::tuple<std::string, std::string, std::string>, int> recordings, fold;
  for (const Track& t : tracks) {
    const auto key = std::tuple(t.split, t.label, t.source);
    titles[key].insert(t.title);
    ++recordings[key];
    fold[key] = t.fold;
  }
  Json list = Json::array();
  for (const auto& [key, count] : recordings) {
    list.push_back({{"split", std::get<0>(key)},
                    {"label", std::get<1>(key)},
                    {"source", std::get<2>(key)},
                    {"titles", titles[key].size()},
                    {"recordings", count},
                    {"fold", fold[key]}});
  }
  return list;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string percent(const Json& counts) {
  const int n = counts["n"].get<int>(), k = counts["said_ai"].get<int>();
  return n == 0 ? "-" : fmt::format("{}/{}", k, n);
}

std::string auc_text(const Json& block) {
  if (block["auc"].is_null()) return "-";
  return fmt::format("{:.3f} ({:.3f}-{:.3f})", block["auc"].get<double>(),
                     block["auc_95_low"].get<double>(), block["auc_95_high"].get<double>());
}

std::string source_table(const Json& rows) {
  std::string text =
      "| label | source | titles | copies | said ai | undecided | said human | ai rate (95 %) |\n"
      "|---|---|---|---|---|---|---|---|\n";
  for (const Json& row : rows) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {:.3f} ({:.3f}-{:.3f}) |\n",
                        row["label"].get<std::string>(), row["source"].get<std::string>(),
                        row["titles"].get<int>(), row["copies"].get<int>(),
                        row["said_ai"].get<int>(), row["undecided"].get<int>(),
                        row["said_human"].get<int>(), row["ai_rate"].get<double>(),
                        row["ai_rate_95"][0].get<double>(), row["ai_rate_95"][1].get<double>());
  }
  return text;
}

std::string chain_table(const Json& rows) {
  std::string text =
      "| treatment | our unseen songs: said ai | other systems: said ai | human: said ai | AUC "
      "ours "
      "vs human (95 %) | AUC others vs human (95 %) |\n|---|---|---|---|---|---|\n";
  for (const Json& row : rows) {
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", row["name"].get<std::string>(),
                        percent(row["own"]), percent(row["foreign"]), percent(row["human"]),
                        auc_text(row["own_vs_human"]), auc_text(row["foreign_vs_human"]));
  }
  return text;
}

std::string data_table(const Json& rows) {
  std::string text = "| split | label | source | titles | recordings |\n|---|---|---|---|---|\n";
  for (const Json& row : rows) {
    text += fmt::format("| {} | {} | {} | {} | {} |\n", row["split"].get<std::string>(),
                        row["label"].get<std::string>(), row["source"].get<std::string>(),
                        row["titles"].get<int>(), row["recordings"].get<int>());
  }
  return text;
}

Json all_metrics(const TrainingResults& r) {
  const Tables tables(r);
  const Rows ai = tables.fold_rows(true), human = tables.fold_rows(false);
  Json validation = tables.auc_json(ai, human);
  validation["expected_calibration_error"] =
      rounded(expected_calibration_error(llrs(ai), llrs(human)));
  validation["folds"] = r.plan.folds;
  validation["by_source"] = tables.by_source(r.folds, "");
  for (const bool own : {true, false}) {
    const Rows some = tables.select(r.folds, [&](const Track& t, const ScoreRow&) {
      return t.is_ai() && t.source.starts_with("brandiron:") == own;
    });
    validation[own ? "own_unseen_personas" : "other_systems_unseen"] = tables.auc_json(some, human);
  }
  Json shortcuts = {{"marked_half", r.marked_half}};
  for (const auto& [name, value] : r.content_free_auc) {
    shortcuts["content_free_auc_" + name] = rounded(value);
  }
  shortcuts["watermark"] = tables.mark_probe();
  Json seconds;
  for (const auto& [stage, value] : r.seconds) seconds[stage] = std::round(value * 10) / 10;
  return {
      {"schema", "brandiron.detector-metrics/1"},
      {"version", version()},
      {"git_commit", git_commit()},
      {"machine", machine_name()},
      {"seed", r.plan.seed},
      {"config_sha256", r.config_sha256},
      {"weights",
       {{"sha256", r.weights_sha256},
        {"bytes", r.weights_bytes},
        {"parameters", r.num_parameters}}},
      {"boundaries",
       {{"ai", boundary_json(r.calibration.ai)}, {"human", boundary_json(r.calibration.human)}}},
      {"cross_validation", validation},
      {"shortcuts", shortcuts},
      {"test",
       {{"chains", tables.chain_rows()},
        {"by_source_as_is", tables.by_source(r.test, r.plan.chains.front().name)}}},
      {"data", data_json(r.tracks)},
      {"seconds", seconds}};
}

}  // namespace

std::string metrics_json(const TrainingResults& results) {
  return all_metrics(results).dump(1) + "\n";
}

std::string scores_csv(const TrainingResults& r) {
  std::string text = "split,fold,label,source,title,id,copy,chain,marked,logit,llr,verdict\n";
  for (const auto* rows : {&r.folds, &r.test}) {
    for (const ScoreRow& row : *rows) {
      const Track& t = r.tracks[row.track];
      text += fmt::format("{},{},{},{},{},{},{},{},{},{:.5f},{:.5f},{}\n", t.split, t.fold, t.label,
                          csv_cell(t.source), csv_cell(t.title), csv_cell(t.id), row.copy,
                          csv_cell(row.chain), row.marked ? 1 : 0, row.logit, row.llr, row.verdict);
    }
  }
  return text;
}

std::string model_card(const TrainingResults& r, const std::string& card_template) {
  const Json m = all_metrics(r);
  const Json& cv = m["cross_validation"];
  const Json& shortcuts = m["shortcuts"];
  const auto number = [](const Json& x) { return fmt::format("{:.3f}", x.get<double>()); };
  const auto boundary = [](const Boundary& b, const char* whose) {
    return fmt::format(
        "p {:.3f} (log likelihood ratio {:.2f}): {} of {} held-out {} on the wrong "
        "side, so the rate it claims is {:.1f} %",
        sigmoid(b.llr), b.llr, b.errors, b.n, whose, 100 * b.rate);
  };
  const Json& mark = shortcuts["watermark"];
  const std::map<std::string, std::string> values = {
      {"name", r.plan.name},
      {"version", version()},
      {"scope", r.plan.scope},
      {"weights_sha256", r.weights_sha256},
      {"weights_bytes", std::to_string(r.weights_bytes)},
      {"parameters", std::to_string(r.num_parameters)},
      {"config_sha256", r.config_sha256},
      {"seed", std::to_string(r.plan.seed)},
      {"folds", std::to_string(r.plan.folds)},
      {"copies", std::to_string(r.plan.copies)},
      {"cv_auc", auc_text(cv)},
      {"cv_own", auc_text(cv["own_unseen_personas"])},
      {"cv_others", auc_text(cv["other_systems_unseen"])},
      {"cv_eer", number(cv["eer"])},
      {"cv_ece", number(cv["expected_calibration_error"])},
      {"ai_boundary", boundary(r.calibration.ai, "human titles")},
      {"human_boundary", boundary(r.calibration.human, "synthetic titles")},
      {"cv_sources", source_table(cv["by_source"])},
      {"test_sources", source_table(m["test"]["by_source_as_is"])},
      {"test_chains", chain_table(m["test"]["chains"])},
      {"content_free_raw", number(shortcuts["content_free_auc_raw"])},
      {"content_free_treated", number(shortcuts["content_free_auc_treated"])},
      {"content_free_canonical", number(shortcuts["content_free_auc_canonical"])},
      {"mark_ai", number(mark["ai"]["auc"])},
      {"mark_human", number(mark["human"]["auc"])},
      {"mark_twins",
       fmt::format(
           "{} twins: mean shift of the log likelihood ratio {:+.3f}, mean absolute {:.3f}, "
           "AUC {:.3f}",
           mark["twins"]["n"].get<int>(), mark["twins"]["mean_llr_shift"].get<double>(),
           mark["twins"]["mean_absolute_llr_shift"].get<double>(),
           mark["twins"]["auc"].get<double>())},
      {"data", data_table(m["data"])}};
  std::string card;
  std::size_t at = 0;
  while (at < card_template.size()) {
    const std::size_t open = card_template.find("{{", at);
    card += card_template.substr(at, open - at);
    if (open == std::string::npos) break;
    const std::size_t close = card_template.find("}}", open);
    const std::string name =
        close == std::string::npos ? "" : card_template.substr(open + 2, close - open - 2);
    const auto found = values.find(name);
    if (found == values.end()) {
      throw Error(ErrorCode::kFormat, fmt::format("model card template: '{}' is not known", name));
    }
    card += found->second;
    at = close + 2;
  }
  return card;
}

std::string summary_text(const TrainingResults& r) {
  const Json m = all_metrics(r);
  const Json& as_is = m["test"]["chains"][0];
  return fmt::format(
      "held-out sources: AUC {}, EER {:.3f}; \"ai\" from p {:.3f} (claims {:.1f} % false alarms, n "
      "{})\ntest, as it is: our unseen songs {} said ai, other systems {}, human {}\ncontent-free "
      "baseline AUC: raw {:.2f}, treated {:.2f}, canonical {:.2f}; marked against unmarked: ai "
      "{:.2f}, "
      "human {:.2f}",
      auc_text(m["cross_validation"]), m["cross_validation"]["eer"].get<double>(),
      sigmoid(r.calibration.ai.llr), 100 * r.calibration.ai.rate, r.calibration.ai.n,
      percent(as_is["own"]), percent(as_is["foreign"]), percent(as_is["human"]),
      r.content_free_auc.at("raw"), r.content_free_auc.at("treated"),
      r.content_free_auc.at("canonical"), m["shortcuts"]["watermark"]["ai"]["auc"].get<double>(),
      m["shortcuts"]["watermark"]["human"]["auc"].get<double>());
}

}  // namespace brandiron::detect
