#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "brandiron/experiments/corpus.h"
#include "brandiron/experiments/human_tune.h"
#include "brandiron/experiments/recording_pool.h"

namespace brandiron::experiments {

/// What the folders of [controls] hold, each thing with the split that it belongs to.
struct ControlPool {
  template <typename Thing>
  struct Entry {
    Thing thing;
    std::string split;
  };
  std::vector<Entry<HumanTune>> tunes;
  std::vector<Entry<Recording>> voices, recordings;
  std::vector<RefusedRecording> refused_voices, refused_recordings;
  std::vector<std::string> warnings;  ///< of folders that are not there
  std::string sha256;                 ///< of what was found

  /// @throws Error(kConfig) when the pool has none of that name.
  const HumanTune& tune(const std::string& id) const;
  const Recording& voice(const std::string& name) const;
  const Recording& recording(const std::string& name) const;
};

/// Reads the folders. One that is not there leaves its controls out and warns. Tunes of one title
/// and recordings of one maker are in one split; the splits get their shares as near as that
/// allows.
/// @throws Error(kFormat) for what is there and cannot be read.
std::shared_ptr<const ControlPool> load_control_pool(const CorpusControls& controls,
                                                     const CorpusSplits& splits,
                                                     std::uint64_t seed);

/// The controls that belong to a song, without their places among its items.
std::vector<Item> control_items(const CorpusRecipe& recipe, const Item& original);

/// The song that a human-tune item sings. Cached, thread safe.
TuneVerdict tune_of_item(const Item& item);

/// How many tunes a persona can sing in songs of about a duration, and why not the others: reason
/// to count, "usable, own words" and "usable, words of ours" among them.
std::map<std::string, std::size_t> survey_tunes(const ControlPool& pool, const std::string& persona,
                                                double duration_s);

/// What was found and what was not, for a plan: a line each; none without controls.
std::vector<std::string> control_notes(const CorpusRecipe& recipe);

}  // namespace brandiron::experiments
