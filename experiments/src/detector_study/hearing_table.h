#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brandiron/experiments/detector_study.h"
#include "detector_study/ranked.h"

namespace brandiron::experiments {

/// What one detector said of each clip in each row: [row][clip], none where it said nothing.
struct HeardTable {
  std::string name;
  std::map<std::string, std::vector<std::optional<double>>> score, p;
  std::map<std::string, std::size_t> errors;  ///< of each row
  bool has_p = false;
};

/// The study as tables, and the draws that all figures share.
class StudyTables {
 public:
  StudyTables(const DetectorStudyOptions& options, const DetectorResults& results);

  const std::vector<DetectorClip>& clips() const { return clips_; }
  const std::vector<HeardTable>& heard() const { return heard_; }
  const HeardTable* find(const std::string& detector) const;
  const Draws& by_recording() const { return *by_recording_; }
  const Draws& by_source() const { return *by_source_; }

  /// Scores of a row's ai and human clips. A row that only one class goes through borrows the other
  /// from the clean row.
  Ranked ranked(const HeardTable& heard, const std::string& row) const;
  /// Of clips with this label that have a score in the row.
  std::vector<double> scores(const HeardTable& heard, const std::string& row,
                             const std::string& label) const;
  std::vector<double> probabilities(const HeardTable& heard, const std::string& row,
                                    const std::string& label) const;
  /// Distinct recordings, or sources, of a label with a score in the clean row.
  std::size_t count_recordings(const HeardTable& heard, const std::string& label) const;
  std::size_t count_sources(const HeardTable& heard, const std::string& label) const;

 private:
  void fill(const DetectorResults& results);
  void claim_probabilities();

  std::vector<DetectorClip> clips_;  ///< without voices
  std::map<std::string, std::size_t> index_;
  std::vector<HeardTable> heard_;
  std::unique_ptr<Draws> by_recording_, by_source_;
};

}  // namespace brandiron::experiments
