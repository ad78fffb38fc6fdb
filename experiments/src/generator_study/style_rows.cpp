#include <algorithm>
#include <cmath>

#include "generator_study/chord_measures.h"
#include "generator_study/estimate.h"
#include "generator_study/rows.h"

namespace brandiron::experiments {
namespace {

constexpr const char* kNoChords = "no chord_stats.json given";
constexpr const char* kAdjacent = "human: the country-adjacent songs of the same source";

GeneratorRow divergence_row(const char* id, const char* what, const char* counted, double most,
                            const std::vector<Counts>& songs, const Counts* reference,
                            const Counts* adjacent) {
  GeneratorRow row{id, "harmony and form", what, counted};
  row.most = most;
  if (reference == nullptr) {
    row.remark = kNoChords;
    return row;
  }
  row.ours = divergence_figure(songs, *reference);
  if (adjacent != nullptr) {
    const double bits = divergence_bits(*adjacent, *reference);
    row.human = Figure{bits, bits, bits, 0};
    for (const auto& [name, n] : *adjacent) row.human->n += static_cast<std::size_t>(n);
    row.remark = kAdjacent;
  }
  return row;
}

// Divergences of the four kinds of sections, weighted by how often the reference has each.
Figure section_divergence(const std::vector<SongChords>& songs, const ChordCounts& reference) {
  Figure all;
  double weights = 0;
  for (const char* label : {"verse", "chorus", "bridge", "intro"}) {
    const auto known = reference.section_bars.find(label);
    if (known == reference.section_bars.end()) continue;
    std::vector<Counts> lengths;
    for (const SongChords& song : songs) {
      const auto found = song.section_bars.find(label);
      lengths.push_back(found == song.section_bars.end() ? Counts{} : found->second);
    }
    double weight = 0;
    for (const auto& [bars, n] : known->second) weight += n;
    const Figure one = divergence_figure(lengths, known->second);
    all.value += weight * one.value;
    all.low += weight * one.low;
    all.high += weight * one.high;
    all.n += one.n;
    weights += weight;
  }
  if (weights > 0) all.value /= weights, all.low /= weights, all.high /= weights;
  return all;
}

void add_harmony(const StudyMaterial& material, GeneratorSummary& summary) {
  std::vector<SongChords> songs;
  std::vector<Counts> unigrams, bigrams;
  for (const gen::Score& score : material.scores) {
    songs.push_back(measure_chords(score));
    unigrams.push_back(songs.back().unigram);
    bigrams.push_back(songs.back().bigram);
  }
  const ChordCounts* known = material.country ? &*material.country : nullptr;
  const ChordCounts* beside = material.country_adjacent ? &*material.country_adjacent : nullptr;
  summary.rows.push_back(divergence_row(
      "harmony.chords", "chords by degree against country songs, bits", "chords", 0.05, unigrams,
      known ? &known->unigram : nullptr, beside ? &beside->unigram : nullptr));
  summary.rows.push_back(divergence_row(
      "harmony.chord-pairs", "chord changes against country songs, bits", "changes", 0.10, bigrams,
      known ? &known->bigram : nullptr, beside ? &beside->bigram : nullptr));
  GeneratorRow sections{"form.section-bars", "harmony and form",
                        "section lengths against country songs, bits", "sections"};
  sections.most = 0.10;
  if (known == nullptr) {
    sections.remark = kNoChords;
  } else {
    sections.ours = section_divergence(songs, *known);
    if (beside != nullptr) {
      SongChords other;
      other.section_bars = beside->section_bars;
      sections.human = section_divergence({other}, *known);
      sections.remark = kAdjacent;
    }
  }
  summary.rows.push_back(sections);
  GeneratorCurve bars{"verse-bars", "Length of a verse", "bars", {}, {}, {}};
  std::vector<double> ours(33), human(33);
  for (int n = 0; n <= 32; ++n) bars.x.push_back(n);
  const auto fill = [](const Counts& counts, std::vector<double>& to) {
    for (const auto& [name, n] : counts) {
      to[static_cast<std::size_t>(std::min(32, std::stoi(name)))] += n;
    }
  };
  for (SongChords& song : songs) fill(song.section_bars["verse"], ours);
  bars.ours = as_shares(ours);
  if (known != nullptr && known->section_bars.contains("verse")) {
    fill(known->section_bars.at("verse"), human);
    bars.human = as_shares(human);
  }
  summary.curves.push_back(bars);
}

/// Songs of a groove whose tempo lies in its range.
GeneratorRow tempo_row(const StudyMaterial& material, const std::string& groove, double low,
                       double high) {
  GeneratorRow row{"style.tempo-" + groove, "style",
                   groove + " songs of " + std::to_string(static_cast<int>(low)) + " to " +
                       std::to_string(static_cast<int>(high)) + " bpm",
                   "songs", true};
  row.least = 1;
  double k = 0, n = 0;
  for (const gen::Score& score : material.scores) {
    if (score.groove != groove) continue;
    n += 1;
    if (score.tempo_bpm >= low && score.tempo_bpm <= high) {
      k += 1;
    } else if (row.offenders.size() < 5) {
      row.offenders.push_back("seed " + std::to_string(score.seed) + ": " +
                              std::to_string(static_cast<int>(score.tempo_bpm)) + " bpm");
    }
  }
  if (n > 0) {
    row.ours = share_figure(k, n);
  } else {
    row.remark = "no " + groove + " song was written";
  }
  return row;
}

GeneratorRow share_row(const StudyMaterial& material, const char* id, const char* what,
                       const std::function<bool(const gen::Score&)>& holds) {
  GeneratorRow row{id, "style", what, "songs", true};
  const auto k = std::count_if(material.scores.begin(), material.scores.end(), holds);
  row.ours = share_figure(static_cast<double>(k), static_cast<double>(material.scores.size()));
  return row;
}

}  // namespace

std::vector<double> as_shares(std::vector<double> counts) {
  double sum = 0;
  for (const double n : counts) sum += n;
  for (double& n : counts) n = sum > 0 ? n / sum : 0;
  return counts;
}

void add_style_rows(const StudyMaterial& material, GeneratorSummary& summary) {
  add_harmony(material, summary);
  // The style file gives the stomp's range; the train beat lies 24 to 28 bpm above it.
  const double low = material.style.tempo_low_bpm, high = material.style.tempo_high_bpm;
  summary.rows.push_back(tempo_row(material, "stomp", low, high));
  summary.rows.push_back(tempo_row(material, "train", low + 24, high + 28));
  GeneratorRow triple =
      share_row(material, "style.waltz-or-12/8", "songs in 3/4 or 12/8",
                [](const gen::Score& s) { return s.beats_per_bar == 3 || s.compound; });
  const auto& grooves = material.style.grooves;
  const auto has = [&](const char* name) {
    return std::find(grooves.begin(), grooves.end(), name) != grooves.end();
  };
  if (has("stomp") && has("train") && has("waltz") && has("ballad")) {
    triple.least = triple.most = 0.15;
    triple.within_error = true;
  }
  summary.rows.push_back(triple);
  summary.rows.push_back(share_row(material, "style.stomp", "songs with the stomp groove",
                                   [](const gen::Score& s) { return s.groove == "stomp"; }));
  summary.rows.push_back(share_row(material, "style.train", "songs with the train groove",
                                   [](const gen::Score& s) { return s.groove == "train"; }));
  summary.rows.push_back(share_row(material, "style.minor", "songs in minor",
                                   [](const gen::Score& s) { return s.minor; }));
  summary.rows.push_back(
      share_row(material, "style.length", "songs of 2:20 to 3:10", [](const gen::Score& s) {
        const double bar_s = s.time_s(s.beats_per_bar), length = s.time_s(s.num_beats());
        return length >= 140 - bar_s && length <= 190 + bar_s;
      }));
}

}  // namespace brandiron::experiments
