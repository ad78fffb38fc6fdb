#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "brandiron/experiments/detector_study.h"

namespace brandiron::experiments {

/// A copy that a detector can be given.
struct MadeCopy {
  std::filesystem::path file;  ///< WAV, 16 bit, without metadata (but for rows of kind tags)
  DetectorCopy record;         ///< with the error, and no file, when it could not be made
};

/// Makes copies: excerpt, channels, treatment, row, middle, rate, container. A function of the
/// recording, the grid and the seed, whatever else is made. Thread safe.
class CopyMaker {
 public:
  /// `scratch`: an existing folder for what is not cached.
  CopyMaker(const DetectorStudyOptions& options, std::filesystem::path scratch);

  /// The clean row first, then those of the grid that can be made.
  const std::vector<DetectorRow>& rows() const { return rows_; }
  /// Whether this clip goes through this row.
  bool wanted(const DetectorClip& clip, const DetectorRow& row) const;
  MadeCopy make(const DetectorClip& clip, const DetectorRow& row);

 private:
  struct Plan;
  Plan plan(const DetectorClip& clip, const DetectorRow& row);
  const DetectorClip* draw_other(const DetectorClip& clip, const std::string& label, Rng rng) const;
  std::string filled(const std::string& chain, const DetectorClip& clip, const Rng& rng,
                     std::string& others);
  std::string hash_of(const DetectorClip& clip);
  std::filesystem::path other_wav(const DetectorClip& clip);
  void render(const DetectorClip& clip, const DetectorRow& row, const Plan& plan, MadeCopy& made);

  const DetectorStudyOptions& options_;
  std::filesystem::path scratch_;
  std::vector<DetectorRow> rows_;
  std::map<std::string, std::vector<const DetectorClip*>> by_label_;
  std::mutex mutex_;
  std::map<std::string, std::string> hashes_;
};

}  // namespace brandiron::experiments
