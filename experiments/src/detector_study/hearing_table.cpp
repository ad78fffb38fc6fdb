#include "detector_study/hearing_table.h"

#include <algorithm>
#include <set>

#include "detector_study/names.h"

namespace brandiron::experiments {
namespace {

std::unique_ptr<Draws> draws_over(const std::vector<DetectorClip>& clips,
                                  const std::string DetectorClip::*cluster, std::size_t draws,
                                  std::uint64_t seed) {
  std::vector<Draws::Member> members;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    if (!is_judged(clips[i].label)) continue;
    members.push_back({i, clips[i].label == "ai", clips[i].*cluster});
  }
  return std::make_unique<Draws>(members, clips.size(), draws, seed);
}

/// Tested detectors in the order they were named, then what always runs beside.
int place_of(const std::string& name) {
  if (name == kRandomReference) return 2;
  if (name == kFourierReference) return 1;
  return name == kContentFreeProbe ? 3 : name == kContentFreeRawProbe ? 4 : 0;
}

}  // namespace

StudyTables::StudyTables(const DetectorStudyOptions& options, const DetectorResults& results) {
  for (const DetectorClip& clip : options.clips) {
    if (clip.label != "voice") clips_.push_back(clip);
  }
  std::sort(clips_.begin(), clips_.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  for (std::size_t i = 0; i < clips_.size(); ++i) index_[clips_[i].id] = i;
  fill(results);
  claim_probabilities();
  const auto draws = static_cast<std::size_t>(options.grid.resamples);
  by_recording_ = draws_over(clips_, &DetectorClip::recording, draws, options.seed);
  by_source_ = draws_over(clips_, &DetectorClip::source, draws, options.seed);
}

void StudyTables::fill(const DetectorResults& results) {
  std::map<std::string, std::size_t> places;
  for (const DetectorScore& s : results.scores) {
    const auto clip = index_.find(s.clip);
    if (clip == index_.end()) continue;
    const auto [place, fresh] = places.emplace(s.detector, heard_.size());
    if (fresh) {
      heard_.emplace_back();
      heard_.back().name = s.detector;
    }
    HeardTable& table = heard_[place->second];
    auto& scores = table.score[s.row];
    auto& ps = table.p[s.row];
    scores.resize(clips_.size());
    ps.resize(clips_.size());
    if (!s.error.empty()) {
      ++table.errors[s.row];
      continue;
    }
    scores[clip->second] = s.score;
    ps[clip->second] = s.p;
  }
  std::stable_sort(heard_.begin(), heard_.end(), [](const auto& a, const auto& b) {
    return place_of(a.name) < place_of(b.name);
  });
}

// A detector that says no more than numbers in [0, 1] has probabilities in mind.
void StudyTables::claim_probabilities() {
  for (HeardTable& table : heard_) {
    bool all_given = true, none_given = true, all_shares = true;
    for (const auto& [row, scores] : table.score) {
      for (std::size_t i = 0; i < scores.size(); ++i) {
        if (!scores[i]) continue;
        const bool given = table.p[row][i].has_value();
        all_given = all_given && given;
        none_given = none_given && !given;
        all_shares = all_shares && *scores[i] >= 0 && *scores[i] <= 1;
      }
    }
    if (none_given && all_shares) table.p = table.score;
    table.has_p = all_given || (none_given && all_shares);
  }
}

const HeardTable* StudyTables::find(const std::string& detector) const {
  const auto found = std::find_if(heard_.begin(), heard_.end(),
                                  [&](const HeardTable& t) { return t.name == detector; });
  return found == heard_.end() ? nullptr : &*found;
}

Ranked StudyTables::ranked(const HeardTable& heard, const std::string& row) const {
  std::vector<Ranked::Item> items;
  for (const char* label : {"ai", "human"}) {
    const bool lent = scores(heard, row, label).empty();
    const auto found = heard.score.find(lent ? kCleanRow : row);
    if (found == heard.score.end()) continue;
    for (std::size_t i = 0; i < clips_.size(); ++i) {
      if (clips_[i].label == label && found->second[i]) {
        items.push_back({*found->second[i], i, clips_[i].label == "ai"});
      }
    }
  }
  return Ranked(std::move(items));
}

namespace {

std::vector<double> values_of(const std::map<std::string, std::vector<std::optional<double>>>& rows,
                              const std::string& row, const std::vector<DetectorClip>& clips,
                              const std::string& label) {
  std::vector<double> values;
  const auto found = rows.find(row);
  if (found == rows.end()) return values;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    if (clips[i].label == label && found->second[i]) values.push_back(*found->second[i]);
  }
  return values;
}

}  // namespace

std::vector<double> StudyTables::scores(const HeardTable& heard, const std::string& row,
                                        const std::string& label) const {
  return values_of(heard.score, row, clips_, label);
}

std::vector<double> StudyTables::probabilities(const HeardTable& heard, const std::string& row,
                                               const std::string& label) const {
  return values_of(heard.p, row, clips_, label);
}

std::size_t StudyTables::count_recordings(const HeardTable& heard, const std::string& label) const {
  std::set<std::string> found;
  const auto row = heard.score.find(kCleanRow);
  if (row == heard.score.end()) return 0;
  for (std::size_t i = 0; i < clips_.size(); ++i) {
    if (clips_[i].label == label && row->second[i]) found.insert(clips_[i].recording);
  }
  return found.size();
}

std::size_t StudyTables::count_sources(const HeardTable& heard, const std::string& label) const {
  std::set<std::string> found;
  const auto row = heard.score.find(kCleanRow);
  if (row == heard.score.end()) return 0;
  for (std::size_t i = 0; i < clips_.size(); ++i) {
    if (clips_[i].label == label && row->second[i]) found.insert(clips_[i].source);
  }
  return found.size();
}

}  // namespace brandiron::experiments
