#include "training_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/core/table.h"
#include "brandiron/core/version.h"

namespace brandiron::detect {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<const ScoreRow*>;

constexpr int kBootstraps = 200;

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

using Statistic = std::function<double(std::span<const double>, std::span<const double>)>;

/// 95 % interval of a statistic, titles drawn with replacement.
std::pair<double, double> interval(const std::vector<std::vector<double>>& ai,
                                   const std::vector<std::vector<double>>& human,
                                   const Statistic& statistic) {
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
  std::vector<double> found;
  for (int i = 0; i < kBootstraps; ++i) {
    const auto positives = redraw(ai);
    found.push_back(statistic(positives, redraw(human)));
  }
  std::sort(found.begin(), found.end());
  return {found[kBootstraps * 25 / 1000], found[kBootstraps * 975 / 1000]};
}

double rate_at_one_percent(std::span<const double> ai, std::span<const double> human) {
  return true_positive_rate(ai, human, 0.01);
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

  Rows with_label(const std::vector<ScoreRow>& rows, const std::string& label) const {
    return select(rows, [&](const Track& t, const ScoreRow&) { return t.label == label; });
  }

  /// Test rows of one chain: our own songs, other systems, human or re-synthesised recordings.
  Rows test_rows(const std::string& chain, const std::string& kind) const {
    return select(r_.test, [&](const Track& t, const ScoreRow& row) {
      if (row.copy != chain) return false;
      return kind == "own"       ? t.is_ai() && t.is_own()
             : kind == "foreign" ? t.is_ai() && !t.is_own()
                                 : t.label == kind;
    });
  }

  Json auc_json(const Rows& ai, const Rows& human) const {
    const auto ai_titles = by_title(ai, r_.tracks), human_titles = by_title(human, r_.tracks);
    if (ai.empty() || human.empty()) return {{"auc", nullptr}};
    const auto [low, high] = interval(ai_titles, human_titles, roc_auc);
    const auto [rate_low, rate_high] = interval(ai_titles, human_titles, rate_at_one_percent);
    const auto above = std::count_if(ai.begin(), ai.end(), [](const auto* r) { return r->above; });
    const auto alarms =
        std::count_if(human.begin(), human.end(), [](const auto* r) { return r->above; });
    return {
        {"auc", rounded(roc_auc(llrs(ai), llrs(human)))},
        {"auc_95_low", rounded(low)},
        {"auc_95_high", rounded(high)},
        {"eer", rounded(roc_equal_error_rate(llrs(ai), llrs(human)))},
        {"tpr_at_1_fpr", rounded(rate_at_one_percent(llrs(ai), llrs(human)))},
        {"tpr_at_1_fpr_95_low", rounded(rate_low)},
        {"tpr_at_1_fpr_95_high", rounded(rate_high)},
        {"above_boundary", rounded(static_cast<double>(above) / static_cast<double>(ai.size()))},
        {"human_above_boundary",
         rounded(static_cast<double>(alarms) / static_cast<double>(human.size()))},
        {"ai_titles", ai_titles.size()},
        {"human_titles", human_titles.size()}};
  }

  /// AUC of each branch alone and of the fusion without the comb.
  Json branches_json(const Rows& ai, const Rows& human) const {
    const auto of = [&](const std::function<double(const ScoreRow&)>& value) {
      std::vector<double> positives, negatives;
      for (const ScoreRow* row : ai) positives.push_back(value(*row));
      for (const ScoreRow* row : human) negatives.push_back(value(*row));
      return rounded(roc_auc(positives, negatives));
    };
    return {{"network", of([](const ScoreRow& r) { return r.branches.scores.network; })},
            {"texture", of([](const ScoreRow& r) { return r.branches.scores.texture; })},
            {"comb", of([](const ScoreRow& r) { return r.branches.scores.comb; })},
            {"lines", of([](const ScoreRow& r) { return r.branches.scores.lines; })},
            {"novelty", of([](const ScoreRow& r) { return r.branches.scores.novelty; })},
            {"all", of([](const ScoreRow& r) { return r.llr; })},
            {"all_without_comb", of([](const ScoreRow& r) { return r.llr_without_comb; })}};
  }

  Json counts_json(const Rows& rows) const {
    const Counts c = count_verdicts(rows);
    return {{"n", c.n}, {"said_ai", c.ai}, {"undecided", c.undecided}, {"said_human", c.human}};
  }

  /// Each decoder family by the network that does not know it, against human sources that it does
  /// not know either.
  Json families_json() const {
    Json list = Json::array();
    for (std::size_t k = 0; k < r_.plan.held_out_families.size(); ++k) {
      const auto fold = static_cast<int>(k);
      const auto in_fold = [&](const Track&, const ScoreRow& row) { return row.fold == fold; };
      const Rows rows = select(r_.families, in_fold);
      const Rows human = select(r_.folds, [&](const Track& t, const ScoreRow& row) {
        return row.fold == fold && t.is_human();
      });
      Json item = auc_json(rows, human);
      item["family"] = r_.plan.held_out_families[k];
      item["copies"] = rows.size();
      if (!rows.empty()) item["branches"] = branches_json(rows, human);
      // Against all unseen human recordings, each judged by its own fold.
      item["pooled"] = auc_json(rows, with_label(r_.folds, "human"));
      list.push_back(item);
    }
    return list;
  }

  /// Systems that are not this one, each left out with its source.
  Json systems_json() const {
    Json list = Json::array();
    std::set<std::string> sources;
    for (const ScoreRow& row : r_.folds) {
      const Track& t = r_.tracks[row.track];
      if (t.is_ai() && !t.is_own()) sources.insert(t.source);
    }
    for (const std::string& source : sources) {
      const Rows rows =
          select(r_.folds, [&](const Track& t, const ScoreRow&) { return t.source == source; });
      const Rows human = with_label(r_.folds, "human");
      Json item = auc_json(rows, human);
      item["source"] = source;
      item["branches"] = branches_json(rows, human);
      list.push_back(item);
    }
    return list;
  }

  /// How often the decoder family of a synthetic recording of ours is named right.
  Json naming_json() const {
    int right = 0, n = 0;
    Json said = Json::object();  // of each family how often each name was given
    for (const ScoreRow& row : r_.folds) {
      const Track& t = r_.tracks[row.track];
      const auto found = std::find(kFamilies.begin(), kFamilies.end(), t.decoder);
      if ((!t.is_ai() && !t.is_resynthesised()) || t.decoder == "none") continue;
      const auto& held_out = r_.plan.held_out_families;
      const auto fold = static_cast<std::size_t>(row.fold);
      if (found == kFamilies.end() || (fold < held_out.size() && held_out[fold] == t.decoder)) {
        continue;  // this network could not know it
      }
      const std::vector<double>& shares = row.branches.scores.families;
      const auto best = std::max_element(shares.begin(), shares.end());
      const std::string& name = kFamilies[static_cast<std::size_t>(best - shares.begin())];
      Json& count = said[t.decoder][name];
      count = count.is_null() ? 1 : count.get<int>() + 1;
      right += name == t.decoder ? 1 : 0;
      ++n;
    }
    return {{"right", right}, {"n", n}, {"said", said}};
  }

  /// AUC of the questions about voice and accompaniment, over all that is known.
  Json parts_json() const {
    std::vector<double> values[2][2];
    for (const ScoreRow& row : r_.folds) {
      const Track& t = r_.tracks[row.track];
      if (!t.vocals.empty()) values[0][t.vocals == "ai" ? 1 : 0].push_back(row.p_vocals_ai);
      if (!t.instrumental.empty()) {
        values[1][t.instrumental == "ai" ? 1 : 0].push_back(row.p_instrumental_ai);
      }
    }
    return {{"vocals_auc", rounded(roc_auc(values[0][1], values[0][0]))},
            {"instrumental_auc", rounded(roc_auc(values[1][1], values[1][0]))}};
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
      const auto [low, high] = wilson_95(c.ai, c.n);
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
                 human = test_rows(chain.name, "human"),
                 again = test_rows(chain.name, "resynthesised");
      list.push_back({{"name", chain.name},
                      {"ai_chain", chain.ai},
                      {"human_chain", chain.human},
                      {"marked", chain.mark},
                      {"own", counts_json(own)},
                      {"foreign", counts_json(foreign)},
                      {"human", counts_json(human)},
                      {"resynthesised", counts_json(again)},
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
          return (ai ? t.is_ai() : t.is_human()) && row.marked == marked;
        }));
      };
      const auto marked = side(true), plain = side(false);
      probe[ai ? "ai" : "human"] = {{"auc", rounded(roc_auc(marked, plain))},
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
            {"auc", rounded(roc_auc(with, without))}};
  }

  const TrainingResults& r_;
};

/// Seconds between each true boundary and the nearest found one; a boundary that nothing answers
/// counts as the length of the recording.
void boundary_errors(const PlaceRow& row, std::vector<double>& errors) {
  std::vector<double> found;
  for (const SyntheticSpan& span : row.spans) {
    found.push_back(span.start_s);
    found.push_back(span.end_s);
  }
  for (std::size_t i = 1; i < row.truth.size(); ++i) {
    const double true_s = row.truth[i].start_s;
    if (row.truth[i].is_ai == row.truth[i - 1].is_ai || true_s >= row.duration_s) continue;
    double nearest = row.duration_s;
    for (const double f : found) nearest = std::min(nearest, std::abs(f - true_s));
    errors.push_back(nearest);
  }
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// People's voice over our band or the reverse, where no cut gives a border away.
bool is_layered(const Track& track) {
  return track.vocals != "none" && (track.vocals == "human") != (track.instrumental == "human");
}

/// How well the synthetic stretches of hybrids were found.
Json places_of(const std::vector<const PlaceRow*>& rows) {
  std::vector<std::vector<double>> ai, human;
  std::vector<double> all_ai, all_human, errors;
  for (const PlaceRow* row : rows) {
    std::vector<double> positives, negatives;
    for (const DetectSegment& second : row->curve) {
      const double centre = (second.start_s + second.end_s) / 2;
      for (const SourceSpan& span : row->truth) {
        if (centre < span.start_s || centre >= span.end_s) continue;
        (span.is_ai ? positives : negatives).push_back(second.p_ai);
      }
    }
    all_ai.insert(all_ai.end(), positives.begin(), positives.end());
    all_human.insert(all_human.end(), negatives.begin(), negatives.end());
    ai.push_back(positives);
    human.push_back(negatives);
    boundary_errors(*row, errors);
  }
  const auto [low, high] = interval(ai, human, roc_auc);
  return {
      {"recordings", rows.size()},          {"segment_auc", rounded(roc_auc(all_ai, all_human))},
      {"segment_auc_95_low", rounded(low)}, {"segment_auc_95_high", rounded(high)},
      {"boundaries", errors.size()},        {"boundary_error_median_s", rounded(median(errors))}};
}

Json places_json(const std::vector<PlaceRow>& rows, const std::vector<Track>& tracks) {
  std::vector<const PlaceRow*> all, splices, layers;
  for (const PlaceRow& row : rows) {
    all.push_back(&row);
    (is_layered(tracks[row.track]) ? layers : splices).push_back(&row);
  }
  Json places = places_of(all);
  places["splices"] = places_of(splices);
  places["layers"] = places_of(layers);
  return places;
}

std::string kind_text(const Json& kind) {
  return fmt::format("AUC {:.3f}, {:.2f} s", kind["segment_auc"].get<double>(),
                     kind["boundary_error_median_s"].get<double>());
}

std::string places_text(const Json& places) {
  return fmt::format(
      "{} spliced recordings: AUC of seconds {:.3f} ({:.3f}-{:.3f}), {} boundaries, median error "
      "{:.2f} s (splices {}; one of voice and band synthetic {})",
      places["recordings"].get<int>(), places["segment_auc"].get<double>(),
      places["segment_auc_95_low"].get<double>(), places["segment_auc_95_high"].get<double>(),
      places["boundaries"].get<int>(), places["boundary_error_median_s"].get<double>(),
      kind_text(places["splices"]), kind_text(places["layers"]));
}

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

std::string percent(const Json& counts) {
  const int n = counts["n"].get<int>(), k = counts["said_ai"].get<int>();
  return n == 0 ? "-" : fmt::format("{}/{}", k, n);
}

std::string auc_text(const Json& block) {
  if (block["auc"].is_null()) return "-";
  return fmt::format("{:.3f} ({:.3f}-{:.3f})", block["auc"].get<double>(),
                     block["auc_95_low"].get<double>(), block["auc_95_high"].get<double>());
}

std::string rate_text(const Json& block) {
  if (block["auc"].is_null()) return "-";
  return fmt::format("{:.2f} ({:.2f}-{:.2f})", block["tpr_at_1_fpr"].get<double>(),
                     block["tpr_at_1_fpr_95_low"].get<double>(),
                     block["tpr_at_1_fpr_95_high"].get<double>());
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
      "| treatment | our unseen songs: said ai | other systems: said ai | human: said ai | "
      "re-synthesised: said ai | AUC ours vs human (95 %) | found at 1 % false alarms | AUC others "
      "vs human (95 %) |\n|---|---|---|---|---|---|---|---|\n";
  for (const Json& row : rows) {
    text +=
        fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", row["name"].get<std::string>(),
                    percent(row["own"]), percent(row["foreign"]), percent(row["human"]),
                    percent(row["resynthesised"]), auc_text(row["own_vs_human"]),
                    rate_text(row["own_vs_human"]), auc_text(row["foreign_vs_human"]));
  }
  return text;
}

/// Rows of decoder families or systems that were left out.
std::string left_out_table(const Json& rows, const std::string& what) {
  std::string text = fmt::format(
      "| {} left out | titles | AUC (95 %) | found at 1 % false alarms (95 %) | AUC of network, "
      "texture, comb, lines alone |\n|---|---|---|---|---|\n",
      what);
  for (const Json& row : rows) {
    if (row["auc"].is_null()) continue;
    const Json& b = row["branches"];
    const Json& shown = row.contains("pooled") ? row["pooled"] : row;
    text += fmt::format("| {} | {} | {} | {} | {:.3f}, {:.3f}, {:.3f}, {:.3f} |\n",
                        row[what == "family" ? "family" : "source"].get<std::string>(),
                        shown["ai_titles"].get<int>(), auc_text(shown), rate_text(shown),
                        b["network"].get<double>(), b["texture"].get<double>(),
                        b["comb"].get<double>(), b["lines"].get<double>());
  }
  return text;
}

/// What each source of training music allows.
std::string licence_table(const std::vector<Track>& tracks) {
  std::map<std::pair<std::string, std::string>, int> counts;
  for (const Track& t : tracks) ++counts[{t.source, t.licence}];
  std::string text = "| source | licence as stated there | recordings |\n|---|---|---|\n";
  for (const auto& [key, n] : counts) {
    text += fmt::format("| {} | {} | {} |\n", key.first, key.second, n);
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

/// The same results with the copies of one kind alone.
TrainingResults copies_of(const TrainingResults& r, const std::string& kind) {
  TrainingResults some;
  some.plan = r.plan;
  some.tracks = r.tracks;
  const auto wanted = [&](const auto& row) { return row.copy.starts_with(kind); };
  std::copy_if(r.folds.begin(), r.folds.end(), std::back_inserter(some.folds), wanted);
  std::copy_if(r.families.begin(), r.families.end(), std::back_inserter(some.families), wanted);
  std::copy_if(r.held_out_places.begin(), r.held_out_places.end(),
               std::back_inserter(some.held_out_places), wanted);
  return some;
}

Json validation_json(const TrainingResults& r) {
  const Tables tables(r);
  const Rows ai = tables.with_label(r.folds, "ai"), human = tables.with_label(r.folds, "human"),
             again = tables.with_label(r.folds, "resynthesised");
  Json validation = tables.auc_json(ai, human);
  validation["expected_calibration_error"] =
      rounded(expected_calibration_error(llrs(ai), llrs(human)));
  validation["folds"] = r.plan.folds;
  validation["branches"] = tables.branches_json(ai, human);
  for (const bool own : {true, false}) {
    const Rows some = tables.select(
        r.folds, [&](const Track& t, const ScoreRow&) { return t.is_ai() && t.is_own() == own; });
    validation[own ? "own_unseen_personas" : "other_systems_unseen"] = tables.auc_json(some, human);
  }
  validation["resynthesised"] = tables.counts_json(again);
  validation["resynthesised_vs_human"] = tables.auc_json(again, human);
  validation["systems"] = tables.systems_json();
  validation["leave_one_family_out"] = tables.families_json();
  validation["family_named"] = tables.naming_json();
  validation["parts"] = tables.parts_json();
  validation["places"] = places_json(r.held_out_places, r.tracks);
  validation["by_source"] = tables.by_source(r.folds, "");
  return validation;
}

/// How far the AUC of our songs moves when the classes go through each other's codecs.
Json codec_swap_json(const Json& chains) {
  Json swap;
  for (const Json& chain : chains) {
    const std::string name = chain["name"].get<std::string>();
    if (chain["ai_chain"] == chain["human_chain"]) continue;
    swap[name] = chain["own_vs_human"]["auc"];
  }
  return swap;
}

}  // namespace

Json training_metrics(const TrainingResults& r) {
  const Tables tables(r);
  Json validation = validation_json(copies_of(r, kTreatedCopy));
  if (r.plan.plain_copies > 0) validation["plain"] = validation_json(copies_of(r, kPlainCopy));
  const Json chains = tables.chain_rows();
  Json shortcuts = {{"marked_half", r.marked_half}};
  for (const auto& [name, value] : r.content_free_auc) {
    shortcuts["content_free_auc_" + name] = rounded(value);
  }
  shortcuts["watermark"] = tables.mark_probe();
  shortcuts["permuted_source_auc_mean"] = rounded(mean(r.permuted_aucs));
  shortcuts["codec_swap_auc"] = codec_swap_json(chains);
  Json seconds;
  for (const auto& [stage, value] : r.seconds) seconds[stage] = std::round(value * 10) / 10;
  return {{"schema", "brandiron.detector-metrics/1"},
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
           {{"ai", boundary_json(r.calibration.ai)},
            {"human", boundary_json(r.calibration.human)},
            {"resynthesised", boundary_json(r.calibration.resynthesised)},
            {"novelty", boundary_json(r.calibration.novelty)}}},
          {"cross_validation", validation},
          {"shortcuts", shortcuts},
          {"test",
           {{"chains", chains},
            {"places", places_json(r.places, r.tracks)},
            {"by_source_as_is", tables.by_source(r.test, r.plan.chains.front().name)}}},
          {"data", data_json(r.tracks)},
          {"seconds", seconds}};
}

std::string scores_csv(const TrainingResults& r) {
  std::string text =
      "set,split,fold,label,source,title,id,decoder,copy,chain,marked,network,texture,comb,lines,"
      "novelty,resynthesised,llr,verdict\n";
  const std::vector<std::pair<std::string, const std::vector<ScoreRow>*>> sets = {
      {"held_out_source", &r.folds}, {"held_out_family", &r.families}, {"test", &r.test}};
  for (const auto& [set, rows] : sets) {
    for (const ScoreRow& row : *rows) {
      const Track& t = r.tracks[row.track];
      const BranchScores& b = row.branches.scores;
      text += fmt::format(
          "{},{},{},{},{},{},{},{},{},{},{},{:.5f},{:.5f},{:.5f},{:.5f},{:.5f},{:.5f},{:.5f},{}\n",
          set, t.split, row.fold, t.label, csv_cell(t.source), csv_cell(t.title), csv_cell(t.id),
          t.decoder, row.copy, csv_cell(row.chain), row.marked ? 1 : 0, b.network, b.texture,
          b.comb, b.lines, b.novelty, row.resynthesised, row.llr, row.verdict);
    }
  }
  return text;
}

/// The held-out sources under random codecs alone, where copies were made so.
std::string plain_text(const Json& cv) {
  if (!cv.contains("plain")) return "not measured";
  const Json& plain = cv["plain"];
  return fmt::format("AUC {}, found at 1 % false alarms {}; expected calibration error {:.3f}",
                     auc_text(plain["own_unseen_personas"]),
                     rate_text(plain["own_unseen_personas"]),
                     plain["expected_calibration_error"].get<double>());
}

std::string model_card(const TrainingResults& r, const Json& m, const std::string& card_template) {
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
      {"copies", std::to_string(r.plan.copies + r.plan.plain_copies)},
      {"cv_auc", auc_text(cv)},
      {"cv_own", auc_text(cv["own_unseen_personas"])},
      {"cv_plain", plain_text(cv)},
      {"cv_plain_systems",
       cv.contains("plain") ? left_out_table(cv["plain"]["systems"], "system") : ""},
      {"cv_own_rate", rate_text(cv["own_unseen_personas"])},
      {"cv_families", left_out_table(cv["leave_one_family_out"], "family")},
      {"cv_systems", left_out_table(cv["systems"], "system")},
      {"cv_resynthesised",
       fmt::format("{} of {} said ai, {} undecided, {} said human",
                   cv["resynthesised"]["said_ai"].get<int>(), cv["resynthesised"]["n"].get<int>(),
                   cv["resynthesised"]["undecided"].get<int>(),
                   cv["resynthesised"]["said_human"].get<int>())},
      {"cv_named", fmt::format("{} of {}", cv["family_named"]["right"].get<int>(),
                               cv["family_named"]["n"].get<int>())},
      {"cv_parts", fmt::format("{:.3f} and {:.3f}", cv["parts"]["vocals_auc"].get<double>(),
                               cv["parts"]["instrumental_auc"].get<double>())},
      {"places", places_text(m["test"]["places"])},
      {"cv_places", places_text(cv["places"])},
      {"permuted", number(shortcuts["permuted_source_auc_mean"])},
      {"licences", licence_table(r.tracks)},
      {"resynthesised_boundary",
       fmt::format("{} of {} such titles that would otherwise be called ai slip through",
                   r.calibration.resynthesised.errors, r.calibration.resynthesised.n)},
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

std::string summary_text(const TrainingResults& r, const Json& m) {
  const Json& as_is = m["test"]["chains"][0];
  return fmt::format(
      "held-out sources: AUC {} (our songs {}, found at 1 % false alarms {}), EER {:.3f}; \"ai\" "
      "from p {:.3f} (claims {:.1f} % false alarms, n "
      "{})\ntest, as it is: our unseen songs {} said ai, other systems {}, human {}\ncontent-free "
      "baseline AUC: raw {:.2f}, treated {:.2f}, canonical {:.2f}; marked against unmarked: ai "
      "{:.2f}, "
      "human {:.2f}",
      auc_text(m["cross_validation"]), auc_text(m["cross_validation"]["own_unseen_personas"]),
      rate_text(m["cross_validation"]["own_unseen_personas"]),
      m["cross_validation"]["eer"].get<double>(), sigmoid(r.calibration.ai.llr),
      100 * r.calibration.ai.rate, r.calibration.ai.n, percent(as_is["own"]),
      percent(as_is["foreign"]), percent(as_is["human"]), r.content_free_auc.at("raw"),
      r.content_free_auc.at("treated"), r.content_free_auc.at("canonical"),
      m["shortcuts"]["watermark"]["ai"]["auc"].get<double>(),
      m["shortcuts"]["watermark"]["human"]["auc"].get<double>());
}

}  // namespace brandiron::detect
