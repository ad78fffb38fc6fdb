#include <algorithm>

#include "generator_study/copying.h"
#include "generator_study/rows.h"
#include "generator_study/tune_measures.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kFlaggedRun = 12, kRefusedRun = 16;
constexpr const char* kNoTunes = "no tunes (melodies.jsonl) given";

struct Side {
  std::vector<TuneParts> parts;
  Figure ratio(Part TuneParts::*member) const {
    std::vector<Part> picked;
    for (const TuneParts& tune : parts) picked.push_back(tune.*member);
    return ratio_figure(picked);
  }
  std::vector<double> ranges() const {
    std::vector<double> all;
    for (const TuneParts& tune : parts) all.push_back(tune.range);
    return all;
  }
  std::vector<double> sum(std::vector<double> TuneParts::*member) const {
    std::vector<double> all;
    for (const TuneParts& tune : parts) {
      all.resize((tune.*member).size());
      for (std::size_t i = 0; i < all.size(); ++i) all[i] += (tune.*member)[i];
    }
    return as_shares(all);
  }
};

Side measure(const std::vector<Tune>& tunes) {
  Side side;
  for (const Tune& tune : tunes) side.parts.push_back(measure_tune(tune));
  return side;
}

struct RatioRow {
  const char *id, *what, *counted;
  Part TuneParts::*member;
  std::optional<double> least, most;
  bool human = true;
};

GeneratorRow notes_row(const StudyMaterial& material) {
  GeneratorRow row{"melody.syllables-are-notes", "melody", "songs with one note onset a syllable",
                   "songs", true};
  row.least = 1;
  double good = 0;
  for (const gen::Score& score : material.scores) {
    int next = 0;
    bool whole = true;
    for (const gen::VocalNote& note : score.vocal) {
      whole &= note.syllable == (note.melisma ? next - 1 : next);
      next += note.melisma ? 0 : 1;
    }
    good += whole && next == static_cast<int>(score.syllables.size()) ? 1 : 0;
  }
  row.ours = share_figure(good, static_cast<double>(material.scores.size()));
  return row;
}

void add_range(const Side& ours, const Side& human, GeneratorSummary& summary) {
  GeneratorRow median{"melody.range", "melody", "range of a song, semitones (median)", "songs"};
  median.least = 10;
  median.most = 15;
  GeneratorRow inside{"melody.range-10-15", "melody", "songs with a range of 10 to 15 semitones",
                      "songs", true};
  inside.least = 0.95;
  const auto share = [](const Side& side) {
    double k = 0;
    for (const double range : side.ranges()) k += range >= 10 && range <= 15 ? 1 : 0;
    return share_figure(k, static_cast<double>(side.parts.size()));
  };
  GeneratorCurve curve{"range", "Range of a song", "semitones", {}, {}, {}};
  const auto histogram = [](const Side& side) {
    std::vector<double> counts(25);
    for (const double r : side.ranges()) counts[static_cast<std::size_t>(std::min(r, 24.0))] += 1;
    return as_shares(counts);
  };
  for (int n = 0; n <= 24; ++n) curve.x.push_back(n);
  median.ours = quantile_figure(ours.ranges(), 0.5);
  inside.ours = share(ours);
  curve.ours = histogram(ours);
  if (!human.parts.empty()) {
    median.human = quantile_figure(human.ranges(), 0.5);
    inside.human = share(human);
    curve.human = histogram(human);
  }
  summary.rows.push_back(median);
  summary.rows.push_back(inside);
  summary.curves.push_back(curve);
}

void add_curves(const Side& ours, const Side& human, GeneratorSummary& summary) {
  GeneratorCurve intervals{"intervals", "Size of an interval", "semitones (12: or more)", {}, {},
                           {}};
  GeneratorCurve degrees{"degrees", "Degrees of the scale", "semitones above the tonic", {}, {},
                         {}};
  for (int n = 0; n <= 12; ++n) intervals.x.push_back(n);
  for (int n = 0; n < 12; ++n) degrees.x.push_back(n);
  intervals.ours = ours.sum(&TuneParts::intervals);
  degrees.ours = ours.sum(&TuneParts::degrees);
  if (!human.parts.empty()) {
    intervals.human = human.sum(&TuneParts::intervals);
    degrees.human = human.sum(&TuneParts::degrees);
  }
  summary.curves.push_back(intervals);
  summary.curves.push_back(degrees);
}

std::vector<double> shared_runs(const std::vector<Tune>& tunes, const MelodyIndex& index) {
  std::vector<double> runs;
  for (const Tune& tune : tunes) {
    runs.push_back(static_cast<double>(index.longest_shared_run(melody_tokens(tune))));
  }
  return runs;
}

Figure at_least(const std::vector<double>& runs, std::size_t length) {
  const auto k = std::count_if(runs.begin(), runs.end(),
                               [&](double run) { return run >= static_cast<double>(length); });
  return share_figure(static_cast<double>(k), static_cast<double>(runs.size()));
}

std::vector<double> run_histogram(const std::vector<double>& runs) {
  std::vector<double> counts(21);
  for (const double run : runs) counts[static_cast<std::size_t>(std::min(run, 20.0))] += 1;
  return as_shares(counts);
}

void add_copying(const std::vector<Tune>& ours, const HumanTunes& human,
                 GeneratorSummary& summary) {
  GeneratorRow median{"copying.run", "copying",
                      "longest run shared with a training tune, notes (median)", "songs"};
  GeneratorRow flagged{"copying.run-12", "copying", "songs that share a run of 12 notes or more",
                       "songs", true};
  flagged.most = 0.02;
  GeneratorRow refused{"copying.run-16", "copying", "songs that share a run of 16 notes or more",
                       "songs", true};
  refused.most = 0;
  if (human.train.empty()) {
    median.remark = flagged.remark = refused.remark = kNoTunes;
  } else {
    std::vector<MelodyTokens> training;
    for (const Tune& tune : human.train) training.push_back(melody_tokens(tune));
    const MelodyIndex index(training);
    const std::vector<double> runs = shared_runs(ours, index);
    const std::vector<double> held_out = shared_runs(human.held_out, index);
    median.ours = quantile_figure(runs, 0.5);
    median.human = quantile_figure(held_out, 0.5);
    flagged.ours = at_least(runs, kFlaggedRun);
    flagged.human = at_least(held_out, kFlaggedRun);
    refused.ours = at_least(runs, kRefusedRun);
    refused.human = at_least(held_out, kRefusedRun);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (runs[i] < static_cast<double>(kRefusedRun) || refused.offenders.size() == 5) continue;
      refused.offenders.push_back("seed " + ours[i].id + ": " +
                                  std::to_string(static_cast<int>(runs[i])) + " notes");
    }
    GeneratorCurve curve{"copying",
                         "Longest run shared with training",
                         "notes (20: or more)",
                         {},
                         run_histogram(runs),
                         run_histogram(held_out)};
    for (int n = 0; n <= 20; ++n) curve.x.push_back(n);
    summary.curves.push_back(curve);
  }
  summary.rows.push_back(median);
  summary.rows.push_back(flagged);
  summary.rows.push_back(refused);
}

}  // namespace

void add_tune_rows(const StudyMaterial& material, GeneratorSummary& summary) {
  std::vector<Tune> tunes;
  for (const gen::Score& score : material.scores) tunes.push_back(tune_of(score));
  const Side ours = measure(tunes), human = measure(material.tunes.held_out);
  summary.rows.push_back(notes_row(material));
  const RatioRow kRows[] = {
      {"melody.stress",
       "stressed syllables on a weight at least their unstressed neighbours'",
       "syllables",
       &TuneParts::stress,
       0.92,
       {}},
      {"melody.stress-all",
       "the same against every neighbour, stressed ones too",
       "syllables",
       &TuneParts::stress_all,
       {},
       {}},
      {"melody.diatonic", "diatonic notes", "notes", &TuneParts::diatonic, 0.95, {}},
      {"melody.strong-chord-tones", "chord tones of the notes on strong beats", "notes",
       &TuneParts::strong_chord, 0.78, 0.90},
      {"melody.final-tonic", "songs that end on the tonic", "songs", &TuneParts::final_tonic, 0.85,
       0.93},
      {"melody.steps", "steps or repeats (at most 2 semitones)", "intervals", &TuneParts::steps,
       0.60, 0.72},
      {"melody.long-line-ends",
       "line ends at least 1.4 x as long as the line's mean",
       "lines",
       &TuneParts::long_line_ends,
       0.70,
       {},
       false},
  };
  for (const RatioRow& spec : kRows) {
    GeneratorRow row{spec.id, "melody", spec.what, spec.counted, true};
    row.least = spec.least;
    row.most = spec.most;
    row.ours = ours.ratio(spec.member);
    if (!human.parts.empty() && spec.human) {
      row.human = human.ratio(spec.member);
    } else {
      row.remark = human.parts.empty() ? kNoTunes : "human tunes do not say where lines end";
    }
    summary.rows.push_back(row);
  }
  add_range(ours, human, summary);
  add_copying(tunes, material.tunes, summary);
  add_curves(ours, human, summary);
}

}  // namespace brandiron::experiments
