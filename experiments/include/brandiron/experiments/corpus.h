#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/core/config.h"

/// Corpora: a recipe says what to draw from, and every song of it with all its versions is a pure
/// function of (recipe, song index, version). docs/corpora.md.
namespace brandiron::experiments {

// The recipe
// -----------------------------------------------------------------------------------------

/// One thing of several to draw, with a weight (any scale; 0 leaves it out).
struct CorpusChoice {
  std::string name;
  double weight = 1.0;
};

/// A number drawn evenly between two; both 0 where nothing is drawn.
struct CorpusRange {
  double low = 0.0, high = 0.0;
  bool given() const { return low != 0.0 || high != 0.0; }
};

/// Something that splits may keep apart: a persona, a decoder family.
struct CorpusSource {
  std::string name;
  double weight = 1.0;
  std::string split;   ///< "train", "validation", "test"; "" = all of them
  std::string sha256;  ///< of a persona's configuration; "" for others
};

/// Shares (0..1) of songs that have a twin, a version with one thing different.
struct CorpusTwins {
  double decoder = 0.0;       ///< through a neural decoder
  double persona = 0.0;       ///< sung by another persona
  double mix = 0.0;           ///< in another mix
  double unmarked = 0.0;      ///< without the mark
  bool all_families = false;  ///< a decoder twin of each family rather than of one that is drawn
};

/// The published file again in a lossy format.
struct CorpusCodec {
  std::string format;  ///< mp3 ogg opus
  int kbps = 0;
  double share = 0.0;  ///< of songs, 0..1
  std::string name() const { return format + "-" + std::to_string(kbps); }
};

/// The published file through a chain of effects (core/audio/effects.h).
struct CorpusAttack {
  std::string name, chain;
  double share = 0.0;  ///< of songs, 0..1
};

struct ControlPool;  // control_pool.h

/// What keeps a detector honest: items with people in them that pass the same desk
/// (docs/controls.md).
struct CorpusControls {
  std::string tunes, voices, recordings;  ///< folders as the recipe names them; "" = none
  std::vector<std::string> tune_tiers = {"A"};
  /// Shares (0..1) of songs that have a control of a kind beside them.
  double human_tune = 0.0, human_voice = 0.0, human = 0.0, re_decoded = 0.0;
  /// Half of the originals and half of each kind of control are marked, each to within one.
  bool even_marks = false;
  std::shared_ptr<const ControlPool> pool;  ///< what the folders hold; null without controls
  bool any() const { return human_tune + human_voice + human + re_decoded > 0; }
};

inline constexpr std::array<const char*, 3> kCorpusSplits = {"train", "validation", "test"};

struct CorpusSplits {
  /// What is in one split only, beside a song with all its versions: "persona", "seed_block",
  /// "decoder".
  std::vector<std::string> by;
  std::array<double, 3> shares = {1.0, 0.0, 0.0};  ///< of songs, as kCorpusSplits; they sum to 1
  std::size_t seed_block = 1;  ///< so many songs with consecutive seeds are in one split
  bool has(std::string_view what) const;
};

/// All that a corpus is made from, resolved: nothing is looked up later.
struct CorpusRecipe {
  std::string name, description;
  std::size_t songs = 0;
  std::uint64_t seed = 1;  ///< below 2^20: song s has seed `seed` * 2^32 + s, exact in a double
  std::string format = "flac";  ///< of songs and twins: flac, wav
  std::string labels = "line";  ///< "line": in the manifest; "files": ID.json beside the audio
  std::string licence = "CC0-1.0";
  int rate_hz = 44100;
  std::vector<CorpusSource> personas;
  std::vector<CorpusChoice> presets;
  std::vector<CorpusChoice> forms, themes, grooves;  ///< "" or none: the songwriter chooses
  CorpusRange tempo_bpm, duration_s;                 ///< not given: persona and form decide
  CorpusRange producedness{1.0, 1.0}, target_lufs{-9.5, -9.5}, vocal_over_band_db{3.0, 3.0};
  double true_peak_dbtp = -1.5;
  std::vector<CorpusSource> decoders;        ///< of originals: families, and "none"
  std::vector<CorpusSource> twin_decoders;   ///< families of decoder twins
  std::vector<CorpusChoice> decoder_scopes;  ///< of presets that have no scope of their own
  double marked_share = 1.0, mark_strength = 1.0;
  CorpusTwins twins;
  std::vector<CorpusCodec> codecs;
  std::vector<CorpusAttack> attacks;
  CorpusControls controls;
  CorpusSplits splits;
  /// Families of originals and of twins, each once.
  std::vector<CorpusSource> families() const;
};

/// Reads a resolved configuration; personas are loaded for their hashes. `name` where the file has
/// none. @throws Error(kConfig) with file:line, what was found and what was expected.
CorpusRecipe parse_corpus_recipe(const Config& config, const std::string& name);
/// A file (configs/corpus/NAME.toml by its name alone) with `--set` assignments.
CorpusRecipe load_corpus_recipe(const std::string& file,
                                const std::vector<std::string>& assignments = {});
/// Canonical text: every key written out. Read back it gives the same recipe and the same text.
std::string corpus_recipe_toml(const CorpusRecipe& recipe);
/// SHA-256 of the canonical text.
std::string corpus_recipe_sha256(const CorpusRecipe& recipe);

// Items
// -----------------------------------------------------------------------------------------

/// Who made what, "ai" or "human".
struct CorpusParts {
  std::string vocals = "ai", instruments = "ai", composition = "ai", lyrics = "ai";
};

/// One file of a corpus as it is planned: all that is needed to make it. What is "" or 0 is the
/// songwriter's to choose.
struct Item {
  std::size_t song = 0;   ///< index
  std::size_t index = 0;  ///< within the song; 0 is the original
  std::string id;         ///< "s00017", "s00017-dac": unique, file-name safe
  /// song twin codec attack, human-tune human-voice human re-decoded (docs/formats.md has the rest)
  std::string kind = "song";
  std::string label = "ai";
  CorpusParts parts;
  std::string twin;  ///< original, decoder-FAMILY, persona, mix, unmarked; "" for codec, attack
  std::string parent_id;  ///< "" for an original
  std::string split = "train", licence, source;

  // The song, the same in its codec and attack versions.
  std::string persona, persona_sha256;
  std::string composer, composer_sha256;  ///< the persona it is written for, where another sings
  std::string preset = "lean", title, theme, form, key, groove, singer;
  double tempo_bpm = 0.0, duration_s = 0.0;
  std::uint64_t seed = 1;
  double producedness = 1.0, target_lufs = -9.5, true_peak_dbtp = -1.5, vocal_over_band_db = 3.0;
  std::string decoder = "none", decoder_scope;  ///< family and "voice", "mix", "both"
  double decoder_kbps = 0.0;                    ///< 0: the family's
  int rate_hz = 44100;
  bool marked = true;
  double mark_strength = 1.0;
  std::string payload_hex;      ///< of the mark: the first 16 digits of the song's id; "" unmarked
  std::string format = "flac";  ///< of the file

  // What becomes of the published file.
  std::string codec;  ///< mp3, ogg, opus; "" none
  int codec_kbps = 0;
  std::string attack;  ///< chain text; "" none
  std::uint64_t attack_seed = 0;
  bool is_reencoded() const { return !codec.empty() || !attack.empty(); }

  // Of a control: what people made.
  std::string material;                     ///< id of the tune, name of the recording
  double material_start_s = 0.0;            ///< where the excerpt of a recording begins
  std::shared_ptr<const ControlPool> pool;  ///< that has it; null where a line was read
  /// A recording from beginning to end: no song of ours, so no song.json.
  bool is_recording() const { return kind == "human" || kind == "re-decoded"; }
};

/// The song `song` with all its versions, the original first. Pure: the same whatever else was
/// asked for, in any order, on any thread. Payloads are left open (`item_payload`).
/// @throws Error(kInvalidArgument) for an index outside the recipe.
std::vector<Item> items_of_song(const CorpusRecipe& recipe, std::size_t song);

/// Payload of a marked item's song, 16 hex digits; "" for an unmarked one. Thread safe.
std::string item_payload(const Item& item);

/// "audio/00001/s01017-mp3-64.mp3", relative to the corpus folder.
std::string item_file(const Item& item);

// Leakage
// -----------------------------------------------------------------------------------------

/// Finds what is in two splits: feed it all items, songs in any order. Memory: a byte a song.
class LeakageCheck {
 public:
  /// Songs are always kept whole; `by` adds "persona", "decoder", "seed_block".
  LeakageCheck(std::vector<std::string> by, std::size_t seed_block);
  ~LeakageCheck();
  LeakageCheck(const LeakageCheck&) = delete;
  LeakageCheck& operator=(const LeakageCheck&) = delete;
  /// A sentence that names the breach, or none. A breach is told once a thing.
  std::optional<std::string> add(const Item& item);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Plan
// -----------------------------------------------------------------------------------------

struct CorpusTally {
  std::size_t songs = 0, items = 0;
  double hours = 0.0, bytes = 0.0, cpu_hours = 0.0;
};

/// A row of a table of the plan.
struct CorpusRow {
  std::string name;
  CorpusTally tally;
};

struct CorpusPlan {
  CorpusTally all;
  std::vector<CorpusRow> splits, kinds, personas, decoders, presets, codecs, attacks;
  std::vector<std::string> leaks;     ///< one sentence each; empty: none
  std::vector<std::string> controls;  ///< what their folders hold, a line each
};

/// Draws every item and counts; hours, bytes and CPU time are estimates from the rates of
/// `corpus_rates_text`. Memory does not grow with the corpus but by a byte a song.
CorpusPlan plan_corpus(const CorpusRecipe& recipe);
std::string corpus_plan_text(const CorpusRecipe& recipe, const CorpusPlan& plan);
std::string corpus_plan_json(const CorpusRecipe& recipe,
                             const CorpusPlan& plan);  ///< brandiron.corpus-plan/1
/// Error(kConfig) that names it.
[[noreturn]] void throw_leakage(const CorpusRecipe& recipe, const std::string& breach);
/// @throws Error(kConfig) naming the first breach, for a plan that leaks.
void check_leakage(const CorpusRecipe& recipe, const CorpusPlan& plan);

}  // namespace brandiron::experiments
