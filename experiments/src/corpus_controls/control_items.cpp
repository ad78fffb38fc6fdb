#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>

#include "brandiron/core/rng.h"
#include "brandiron/experiments/control_draws.h"
#include "brandiron/experiments/control_pool.h"
#include "corpus/song_options.h"

namespace brandiron::experiments {
namespace {

template <typename Thing>
using Entries = std::vector<ControlPool::Entry<Thing>>;

const CorpusParts kPeople = {"human", "human", "human", "human"};

/// The controls of one song.
class Controls {
 public:
  Controls(const CorpusRecipe& recipe, const Item& original)
      : recipe_(recipe), controls_(recipe.controls), original_(original) {}

  std::vector<Item> all() {
    if (!controls_.pool) return {};
    human_tune();
    human_voice();
    human("human", controls_.human);
    human("re-decoded", controls_.re_decoded);
    return std::move(items_);
  }

 private:
  /// The item of a kind, if the song has one; `number` is its place in the kind.
  std::optional<Item> begin(const std::string& kind, double share, std::uint64_t& number) const {
    const auto found = control_number(recipe_.seed, kind, share, original_.song);
    if (!found) return std::nullopt;
    number = *found;
    Item item = original_;
    item.id += "-" + kind;
    item.kind = kind;
    item.parent_id = original_.id;
    item.twin.clear();
    item.label = "mixed";
    item.pool = controls_.pool;
    item.title.clear();
    item.theme.clear();
    item.form.clear();
    if (controls_.even_marks) item.marked = is_marked_half(recipe_.seed, kind, number);
    return item;
  }

  /// Things of the song's split, from one that is drawn on: each comes once before any again.
  template <typename Thing>
  std::vector<const Thing*> in_turn(const Entries<Thing>& entries, const std::string& kind,
                                    std::uint64_t number) const {
    std::vector<const Thing*> own;
    for (const auto& entry : entries) {
      if (entry.split == original_.split) own.push_back(&entry.thing);
    }
    if (own.empty()) return own;
    const std::size_t first = draw_in_turn(recipe_.seed, kind, number, own.size());
    std::rotate(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(first), own.end());
    return own;
  }

  void human_tune() {
    std::uint64_t number = 0;
    auto item = begin("human-tune", controls_.human_tune, number);
    if (!item) return;
    item->parts.composition = "human";
    item->singer = "";
    for (const HumanTune* tune : in_turn(controls_.pool->tunes, item->kind, number)) {
      item->material = tune->id;
      const TuneVerdict verdict = tune_of_item(*item);
      if (!verdict.song) continue;
      item->title = tune->title;
      item->parts.lyrics = verdict.song->human_words ? "human" : "ai";
      item->source = tune->source + ": " + tune->title;
      item->licence = "tune: " + tune->licence + "; performance: " + recipe_.licence;
      items_.push_back(std::move(*item));
      return;
    }
  }

  void human_voice() {
    std::uint64_t number = 0;
    auto item = begin("human-voice", controls_.human_voice, number);
    if (!item) return;
    const auto voices = in_turn(controls_.pool->voices, item->kind, number);
    if (voices.empty()) return;
    take(*item, *voices.front());
    item->parts = {"human", "ai", "ai", "human"};
    // The voice is the recording's: no singer of ours, nothing decoded.
    item->preset = item->preset == "debug" ? "debug" : "lean";
    item->decoder = "none";
    item->decoder_scope.clear();
    item->licence = "voice: " + voices.front()->licence + "; band: " + recipe_.licence;
    items_.push_back(std::move(*item));
  }

  void human(const std::string& kind, double share) {
    std::uint64_t number = 0;
    auto item = begin(kind, share, number);
    if (!item) return;
    const auto recordings = in_turn(controls_.pool->recordings, kind, number);
    if (recordings.empty()) return;
    const Recording& recording = *recordings.front();
    take(*item, recording);
    item->parts = kPeople;
    item->licence = recording.licence;
    item->persona.clear();
    item->persona_sha256.clear();
    item->preset.clear();
    item->key.clear();
    item->groove.clear();
    item->tempo_bpm = 0;
    item->decoder = "none";
    item->decoder_scope.clear();
    if (kind == "human") item->label = "human";
    if (kind == "re-decoded" && !decode(*item, number)) return;
    crop(*item, recording);
    items_.push_back(std::move(*item));
  }

  static void take(Item& item, const Recording& recording) {
    item.material = recording.name;
    item.title = recording.title;
    item.source = recording.source + " (" + recording.author + ")";
  }

  /// A family of the song's split. @return false without any.
  bool decode(Item& item, std::uint64_t number) const {
    std::vector<std::string> families;
    for (const CorpusSource& family : recipe_.twin_decoders) {
      const bool open = family.split.empty() || family.split == original_.split;
      if (open && family.name != "none") families.push_back(family.name);
    }
    if (families.empty()) return false;
    item.decoder =
        families[draw_in_turn(recipe_.seed, "re-decoded/family", number, families.size())];
    item.decoder_scope = "mix";
    return true;
  }

  /// As long as the song, where the recording is that long.
  void crop(Item& item, const Recording& recording) const {
    const double room = recording.duration_s - original_.duration_s;
    if (original_.duration_s <= 0 || room <= 0) {
      item.duration_s = recording.duration_s;
      return;
    }
    Rng rng = Rng(recipe_.seed, "controls").child("excerpt/" + item.kind, original_.song);
    item.material_start_s = std::floor(rng.uniform(0, room) * 1000) / 1000;
  }

  const CorpusRecipe& recipe_;
  const CorpusControls& controls_;
  const Item& original_;
  std::vector<Item> items_;
};

std::string count_text(std::size_t usable, const std::vector<RefusedRecording>& refused,
                       const char* what) {
  std::string text = fmt::format("{} {}", usable, what);
  if (refused.empty()) return text;
  std::map<std::string, std::size_t> reasons;
  for (const RefusedRecording& r : refused) ++reasons[r.why];
  text += fmt::format("; {} refused:", refused.size());
  for (const auto& [why, count] : reasons) text += fmt::format(" {} {};", count, why);
  text.pop_back();
  return text;
}

}  // namespace

std::vector<Item> control_items(const CorpusRecipe& recipe, const Item& original) {
  return Controls(recipe, original).all();
}

TuneVerdict tune_of_item(const Item& item) {
  using Key = std::tuple<std::string, std::string, std::uint64_t, double>;
  // Plans, builds and payloads ask again and again; a few thousand plans are kept.
  constexpr std::size_t kMostKept = 4096;
  static std::mutex mutex;
  static std::map<Key, TuneVerdict> kept;
  const Key key = {item.material, item.persona_sha256, item.seed, item.duration_s};
  {
    const std::lock_guard lock(mutex);
    const auto found = kept.find(key);
    if (found != kept.end()) return found->second;
  }
  TuneRequest request;
  request.seed = item.seed;
  request.duration_s = item.duration_s;
  TuneVerdict verdict = song_of_tune(item.pool->tune(item.material),
                                     persona_of(item.persona, item.persona_sha256), request);
  const std::lock_guard lock(mutex);
  if (kept.size() >= kMostKept) kept.clear();
  return kept.emplace(key, std::move(verdict)).first->second;
}

std::map<std::string, std::size_t> survey_tunes(const ControlPool& pool, const std::string& persona,
                                                double duration_s) {
  std::map<std::string, std::size_t> counts;
  for (const auto& entry : pool.tunes) {
    TuneRequest request;
    request.duration_s = duration_s;
    const TuneVerdict verdict = song_of_tune(entry.thing, persona_of(persona, ""), request);
    const std::string usable =
        verdict.song && verdict.song->human_words ? "usable, own words" : "usable, words of ours";
    ++counts[verdict.song ? usable : verdict.why_not];
  }
  return counts;
}

std::vector<std::string> control_notes(const CorpusRecipe& recipe) {
  const CorpusControls& controls = recipe.controls;
  std::vector<std::string> notes;
  if (!controls.pool) return notes;
  const ControlPool& pool = *controls.pool;
  if (!pool.tunes.empty()) {
    const std::string& persona = recipe.personas.front().name;
    std::string text = fmt::format("controls: {} tunes; for {}:", pool.tunes.size(), persona);
    for (const auto& [what, count] : survey_tunes(pool, persona, recipe.duration_s.low)) {
      text += fmt::format(" {} {};", count, what);
    }
    text.pop_back();
    notes.push_back(text);
  }
  if (!pool.voices.empty() || !pool.refused_voices.empty()) {
    notes.push_back("controls: " + count_text(pool.voices.size(), pool.refused_voices, "voices"));
  }
  if (!pool.recordings.empty() || !pool.refused_recordings.empty()) {
    notes.push_back("controls: " +
                    count_text(pool.recordings.size(), pool.refused_recordings, "recordings"));
  }
  for (const std::string& warning : pool.warnings) notes.push_back("warning: " + warning);
  return notes;
}

}  // namespace brandiron::experiments
