#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "brandiron/core/error.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/control_draws.h"
#include "brandiron/experiments/control_pool.h"
#include "brandiron/experiments/corpus.h"
#include "brandiron/gen/twins.h"

// Every draw has a stream of its own, named after what is drawn: a recipe that gains a section
// draws the rest as before.

namespace brandiron::experiments {
namespace {

constexpr int kSeedBits = 32;
constexpr std::size_t kSongsAFolder = 1000;

double rounded(double x, double step) { return std::round(x / step) * step; }

std::string pick(const std::vector<CorpusChoice>& choices, Rng rng) {
  if (choices.empty()) return "";
  std::vector<double> weights;
  for (const CorpusChoice& choice : choices) weights.push_back(choice.weight);
  return choices[rng.pick(weights)].name;
}

/// One of `sources` that `take` likes; null without any.
template <typename Take>
const CorpusSource* pick_source(const std::vector<CorpusSource>& sources, Rng rng, Take take) {
  std::vector<double> weights;
  double sum = 0.0;
  for (const CorpusSource& source : sources) {
    weights.push_back(take(source) ? source.weight : 0.0);
    sum += weights.back();
  }
  return sum > 0 ? &sources[rng.pick(weights)] : nullptr;
}

bool is_open_to(const CorpusSource& source, const std::string& split) {
  return source.split.empty() || source.split == split;
}

double draw(const CorpusRange& range, Rng rng, double step) {
  if (range.low == range.high) return range.low;
  return rounded(rng.uniform(range.low, range.high), step);
}

std::string split_of(const CorpusRecipe& recipe, std::size_t song) {
  Rng rng = Rng(recipe.seed, "corpus").child("block", song / recipe.splits.seed_block);
  return kCorpusSplits[rng.pick(recipe.splits.shares)];
}

/// The versions of one song, in the making.
class Versions {
 public:
  Versions(const CorpusRecipe& recipe, std::size_t song)
      : recipe_(recipe), root_(Rng(recipe.seed, "corpus").child("song", song)) {
    items_.push_back(original(song));
  }

  std::vector<Item> all() {
    decoder_twins();
    persona_twin();
    mix_twin();
    unmarked_twin();
    for (const CorpusCodec& codec : recipe_.codecs) coded(codec);
    for (const CorpusAttack& attack : recipe_.attacks) attacked(attack);
    for (Item& control : control_items(recipe_, items_.front())) add(std::move(control));
    return std::move(items_);
  }

 private:
  Item original(std::size_t song) const {
    Item item;
    item.song = song;
    item.id = fmt::format("s{:05}", song);
    item.twin = "original";
    item.split = split_of(recipe_, song);
    item.licence = recipe_.licence;
    item.seed = (recipe_.seed << kSeedBits) + song;
    item.rate_hz = recipe_.rate_hz;
    item.format = recipe_.format;
    const CorpusSource* persona =
        pick_source(recipe_.personas, root_.child("persona"),
                    [&](const CorpusSource& p) { return is_open_to(p, item.split); });
    if (persona == nullptr) {
      throw Error(ErrorCode::kConfig, "splits: no persona is left for " + item.split);
    }
    sung_by(item, *persona);
    item.preset = pick(recipe_.presets, root_.child("preset"));
    item.form = pick(recipe_.forms, root_.child("form"));
    item.theme = pick(recipe_.themes, root_.child("theme"));
    item.groove = pick(recipe_.grooves, root_.child("groove"));
    item.tempo_bpm = draw(recipe_.tempo_bpm, root_.child("tempo"), 1.0);
    item.duration_s = draw(recipe_.duration_s, root_.child("duration"), 1.0);
    item.producedness = draw(recipe_.producedness, root_.child("producedness"), 0.01);
    item.target_lufs = draw(recipe_.target_lufs, root_.child("lufs"), 0.1);
    item.vocal_over_band_db = draw(recipe_.vocal_over_band_db, root_.child("vocal"), 0.1);
    item.true_peak_dbtp = recipe_.true_peak_dbtp;
    decode(item);
    item.marked = recipe_.controls.even_marks ? is_marked_half(recipe_.seed, "song", song)
                                              : root_.child("marked").chance(recipe_.marked_share);
    item.mark_strength = recipe_.mark_strength;
    return item;
  }

  static void sung_by(Item& item, const CorpusSource& persona) {
    item.persona = persona.name;
    item.persona_sha256 = persona.sha256;
    item.source = "brandiron:" + persona.name;
  }

  bool is_family(const CorpusSource& source, const std::string& split) const {
    return source.name != "none" && is_open_to(source, split);
  }

  /// Which decoder a song goes through, if any: `vocal` and `full` always do.
  void decode(Item& item) const {
    const bool must = item.preset == "vocal" || item.preset == "full";
    const CorpusSource* family =
        pick_source(recipe_.decoders, root_.child("decoder"), [&](const CorpusSource& d) {
          return must ? is_family(d, item.split) : is_open_to(d, item.split);
        });
    if (family == nullptr || family->name == "none") return;
    item.decoder = family->name;
    item.decoder_scope = scope_of(item);
  }

  std::string scope_of(const Item& item) const {
    if (item.preset == "vocal") return "voice";
    if (item.preset == "full") return "both";
    return pick(recipe_.decoder_scopes, root_.child("scope"));
  }

  bool wanted(const std::string& what, double share) const {
    return root_.child("wanted/" + what).chance(share);
  }

  Item version(const std::string& suffix, const std::string& kind) const {
    Item item = items_.front();
    item.id += "-" + suffix;
    item.kind = kind;
    item.parent_id = items_.front().id;
    item.twin.clear();
    return item;
  }

  void add(Item item) {
    item.index = items_.size();
    items_.push_back(std::move(item));
  }

  void decoder_twin(const std::string& family) {
    Item item = version(family, "twin");
    item.twin = "decoder-" + family;
    item.decoder = family;
    if (item.decoder_scope.empty()) item.decoder_scope = scope_of(item);
    add(std::move(item));
  }

  void decoder_twins() {
    if (!wanted("decoder", recipe_.twins.decoder)) return;
    const Item& song = items_.front();
    const std::string own = song.decoder, split = song.split;
    const auto other = [&](const CorpusSource& d) { return is_family(d, split) && d.name != own; };
    if (!recipe_.twins.all_families) {
      const CorpusSource* family =
          pick_source(recipe_.twin_decoders, root_.child("twin/decoder"), other);
      if (family != nullptr) decoder_twin(family->name);
      return;
    }
    for (const CorpusSource& family : recipe_.twin_decoders) {
      if (other(family)) decoder_twin(family.name);
    }
  }

  void persona_twin() {
    if (!wanted("persona", recipe_.twins.persona)) return;
    Item item = version("persona", "twin");
    const CorpusSource* singer = pick_source(
        recipe_.personas, root_.child("twin/persona"),
        [&](const CorpusSource& p) { return is_open_to(p, item.split) && p.name != item.persona; });
    if (singer == nullptr) return;
    item.twin = "persona";
    item.composer = item.persona;
    item.composer_sha256 = item.persona_sha256;
    sung_by(item, *singer);
    add(std::move(item));
  }

  void mix_twin() {
    if (!wanted("mix", recipe_.twins.mix)) return;
    Item item = version("mix", "twin");
    item.twin = "mix";
    const gen::MixOptions mix = gen::other_mix({});
    item.producedness = mix.producedness;
    item.target_lufs = mix.target_lufs;
    item.vocal_over_band_db = mix.vocal_over_band_db;
    add(std::move(item));
  }

  void unmarked_twin() {
    if (!items_.front().marked || !wanted("unmarked", recipe_.twins.unmarked)) return;
    Item item = version("unmarked", "twin");
    item.twin = "unmarked";
    item.marked = false;
    add(std::move(item));
  }

  void coded(const CorpusCodec& codec) {
    if (!wanted("codec/" + codec.name(), codec.share)) return;
    Item item = version(codec.name(), "codec");
    item.codec = codec.format;
    item.codec_kbps = codec.kbps;
    add(std::move(item));
  }

  void attacked(const CorpusAttack& attack) {
    if (!wanted("attack/" + attack.name, attack.share)) return;
    Item item = version("attack-" + attack.name, "attack");
    item.attack = attack.chain;
    // 53 bits: exact where JSON numbers are doubles.
    item.attack_seed = root_.child("attack/" + attack.name).next_u64() >> 11U;
    add(std::move(item));
  }

  const CorpusRecipe& recipe_;
  Rng root_;
  std::vector<Item> items_;
};

}  // namespace

std::vector<Item> items_of_song(const CorpusRecipe& recipe, std::size_t song) {
  if (song >= recipe.songs) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("corpus {}: song {}, expected less than {}", recipe.name, song, recipe.songs));
  }
  return Versions(recipe, song).all();
}

std::string item_file(const Item& item) {
  return fmt::format("audio/{:05}/{}.{}", item.song / kSongsAFolder, item.id,
                     item.codec.empty() ? item.format : item.codec);
}

}  // namespace brandiron::experiments
