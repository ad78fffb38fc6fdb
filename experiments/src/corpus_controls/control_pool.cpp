#include "brandiron/experiments/control_pool.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/log.h"
#include "brandiron/core/rng.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

/// Folders are named as one sees them from where the program runs, or from its home.
fs::path resolved(const std::string& folder) {
  std::error_code error;
  if (fs::exists(folder, error) || fs::path(folder).is_absolute()) return folder;
  return home_folder() / folder;
}

/// True when the folder is there; else its controls are left out, and it is told.
bool is_there(ControlPool& pool, const std::string& key, const std::string& folder, double share) {
  if (share <= 0) return false;
  std::error_code error;
  if (!folder.empty() && fs::exists(resolved(folder), error)) return true;
  pool.warnings.push_back(
      folder.empty() ? fmt::format("controls.{} names no folder: no such controls", key)
                     : fmt::format("controls.{}: {} is not there: no such controls", key, folder));
  return false;
}

/// Groups in a drawn order, each to the split that lacks most of its share.
std::map<std::string, std::string> deal_groups(const std::map<std::string, std::size_t>& groups,
                                               const CorpusSplits& splits, Rng rng) {
  std::vector<std::string> names;
  double total = 0;
  for (const auto& [name, size] : groups) {
    names.push_back(name);
    total += static_cast<double>(size);
  }
  std::vector<std::uint32_t> order(names.size());
  rng.shuffle(order);
  std::array<double, 3> lacks{};
  for (std::size_t i = 0; i < 3; ++i) lacks[i] = splits.shares[i] * total;
  std::map<std::string, std::string> split_of;
  for (const std::uint32_t at : order) {
    const auto split =
        static_cast<std::size_t>(std::max_element(lacks.begin(), lacks.end()) - lacks.begin());
    split_of[names[at]] = kCorpusSplits[split];
    lacks[split] -= static_cast<double>(groups.at(names[at]));
  }
  return split_of;
}

template <typename Thing, typename Group>
std::vector<ControlPool::Entry<Thing>> dealt(std::vector<Thing> things, const CorpusSplits& splits,
                                             const Rng& rng, Group group) {
  std::map<std::string, std::size_t> groups;
  for (const Thing& thing : things) ++groups[group(thing)];
  const auto split_of = deal_groups(groups, splits, rng);
  std::vector<ControlPool::Entry<Thing>> entries;
  for (Thing& thing : things) {
    std::string split = split_of.at(group(thing));
    entries.push_back({std::move(thing), std::move(split)});
  }
  return entries;
}

std::string hash_of(const std::vector<ControlPool::Entry<Recording>>& entries) {
  std::string text;
  for (const auto& [recording, split] : entries) {
    std::error_code error;
    text += fmt::format("{}\t{}\t{}\t{}\n", recording.name, recording.licence, recording.duration_s,
                        fs::file_size(recording.file, error));
  }
  return sha256_hex(text);
}

std::string hash_of(const std::vector<ControlPool::Entry<HumanTune>>& entries) {
  std::string text;
  for (const auto& [tune, split] : entries) {
    text += tune.id + "\t" + tune.licence;
    for (const HumanNote& n : tune.notes) {
      text += fmt::format(" {},{},{}", n.start, n.duration, n.pitch);
    }
    for (const auto& verse : tune.verses) text += fmt::format("\t{}", fmt::join(verse, " "));
    text += "\n";
  }
  return sha256_hex(text);
}

template <typename Entries, typename Key>
const auto& find(const Entries& entries, const std::string& wanted, Key key, const char* what) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const auto& entry) { return key(entry.thing) == wanted; });
  if (found == entries.end()) {
    throw Error(ErrorCode::kConfig, fmt::format("{} \"{}\" is not in the folder that the recipe "
                                                "names; give it the one it was made with",
                                                what, wanted));
  }
  return found->thing;
}

std::string name_of(const Recording& recording) { return recording.name; }

}  // namespace

const HumanTune& ControlPool::tune(const std::string& id) const {
  return find(
      tunes, id, [](const HumanTune& t) { return t.id; }, "tune");
}
const Recording& ControlPool::voice(const std::string& name) const {
  return find(voices, name, name_of, "voice");
}
const Recording& ControlPool::recording(const std::string& name) const {
  return find(recordings, name, name_of, "recording");
}

std::shared_ptr<const ControlPool> load_control_pool(const CorpusControls& controls,
                                                     const CorpusSplits& splits,
                                                     std::uint64_t seed) {
  auto pool = std::make_shared<ControlPool>();
  const Rng rng = Rng(seed, "controls").child("splits");
  const auto maker = [](const Recording& recording) { return recording.group(); };
  if (is_there(*pool, "tunes", controls.tunes, controls.human_tune)) {
    pool->tunes = dealt(read_tune_pack(resolved(controls.tunes), controls.tune_tiers), splits,
                        rng.child("tunes"), [](const HumanTune& tune) { return tune.title; });
  }
  if (is_there(*pool, "voices", controls.voices, controls.human_voice)) {
    RecordingPool voices = read_recording_pool(resolved(controls.voices), RecordingKind::kVoice);
    pool->refused_voices = std::move(voices.refused);
    pool->voices = dealt(std::move(voices.usable), splits, rng.child("voices"), maker);
  }
  const double music = controls.human + controls.re_decoded;
  if (is_there(*pool, "recordings", controls.recordings, music)) {
    RecordingPool recordings =
        read_recording_pool(resolved(controls.recordings), RecordingKind::kMusic);
    pool->refused_recordings = std::move(recordings.refused);
    pool->recordings = dealt(std::move(recordings.usable), splits, rng.child("recordings"), maker);
  }
  for (const std::string& warning : pool->warnings) log_warning(warning);
  pool->sha256 =
      sha256_hex(hash_of(pool->tunes) + hash_of(pool->voices) + hash_of(pool->recordings));
  return pool;
}

}  // namespace brandiron::experiments
