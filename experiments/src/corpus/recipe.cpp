#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/control_pool.h"
#include "brandiron/experiments/corpus.h"
#include "brandiron/gen/decoder_model.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::experiments {
namespace {

constexpr std::size_t kMostSongs = 10'000'000;
constexpr std::uint64_t kMostSeed = (std::uint64_t{1} << 20) - 1;

[[noreturn]] void fail(const Config& config, const std::string& key, const std::string& what) {
  const std::string where = config.origin(key);
  throw Error(ErrorCode::kConfig, (where.empty() ? "" : where + ": ") + key + ": " + what);
}

std::string list_text(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

void check_known(const Config& config, const std::string& key, const std::string& name,
                 const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    fail(config, key, "\"" + name + "\" is not known; expected " + list_text(known));
  }
}

/// A table NAME = weight, in the order of names, less what has weight 0.
std::vector<CorpusChoice> weights(const Config& config, const std::string& table,
                                  const std::vector<std::string>& known) {
  std::vector<CorpusChoice> choices;
  for (const std::string& name : config.children(table)) {
    const std::string key = table + "." + name;
    check_known(config, key, name, known);
    const double weight = config.get_double_in(key, 1.0, 0.0, 1e9);
    if (weight > 0) choices.push_back({name, weight});
  }
  return choices;
}

/// [[forms]]: texts that are no keys, each with a weight.
std::vector<CorpusChoice> weighted_texts(const Config& config, const std::string& list,
                                         const std::string& field) {
  std::vector<CorpusChoice> choices;
  for (std::size_t i = 0; i < config.array_size(list); ++i) {
    const std::string at = list + "." + std::to_string(i) + ".";
    choices.push_back(
        {config.get_string(at + field), config.get_double_in(at + "weight", 1.0, 0.0, 1e9)});
  }
  return choices;
}

CorpusRange range(const Config& config, const std::string& key, CorpusRange fallback, double low,
                  double high) {
  const std::vector<double> ends = config.get_doubles(key, {fallback.low, fallback.high});
  if (ends.size() > 2 || ends.empty()) {
    fail(config, key, fmt::format("found {} numbers, expected one, or [low, high]", ends.size()));
  }
  const CorpusRange out{ends.front(), ends.back()};
  if (!config.has(key)) return out;
  if (!(out.low >= low && out.high <= high && out.low <= out.high)) {
    fail(config, key,
         fmt::format("found [{}, {}], expected low <= high within {} to {}", out.low, out.high, low,
                     high));
  }
  return out;
}

double share(const Config& config, const std::string& key, double fallback) {
  return config.get_double_in(key, fallback, 0.0, 1.0);
}

std::vector<CorpusSource> personas_of(const Config& config) {
  const std::vector<std::string> known = gen::list_personas();
  std::vector<CorpusChoice> choices = weights(config, "personas", known);
  if (choices.empty() && config.children("personas").empty()) {
    for (const std::string& name : known) choices.push_back({name, 1.0});
  }
  if (choices.empty()) throw Error(ErrorCode::kConfig, "personas: every weight is 0; name one");
  std::vector<CorpusSource> personas;
  for (const CorpusChoice& choice : choices) {
    const std::string key = "persona_sha256." + choice.name;
    const std::string is = gen::load_persona(choice.name).sha256;
    const std::string expected = config.get_string(key, is);
    if (expected != is) {
      fail(config, key,
           "persona " + choice.name + " is " + is.substr(0, 8) + " here, the corpus " +
               "was made with " + expected.substr(0, 8) +
               "; use the version of Brandiron that made it");
    }
    personas.push_back({choice.name, choice.weight, "", is});
  }
  config.mark_used("persona_sha256");
  return personas;
}

std::vector<CorpusSource> decoders_of(const Config& config) {
  std::vector<std::string> known = gen::decoder_family_names();
  known.emplace_back("none");
  std::vector<CorpusSource> decoders;
  for (const CorpusChoice& choice : weights(config, "decoders", known)) {
    decoders.push_back({choice.name, choice.weight, "", ""});
  }
  if (decoders.empty()) decoders.push_back({"none", 1.0, "", ""});
  return decoders;
}

/// Those that are named, else those that originals go through.
std::vector<CorpusSource> twin_decoders_of(const Config& config,
                                           const std::vector<CorpusSource>& decoders) {
  std::vector<CorpusSource> twins;
  for (const CorpusChoice& c : weights(config, "twin_decoders", gen::decoder_family_names())) {
    twins.push_back({c.name, c.weight, "", ""});
  }
  if (!twins.empty()) return twins;
  for (const CorpusSource& decoder : decoders) {
    if (decoder.name != "none") twins.push_back(decoder);
  }
  return twins;
}

CorpusCodec codec_of(const Config& config, const std::string& name) {
  const std::string key = "codecs." + name;
  const auto dash = name.find('-');
  const std::string format = name.substr(0, dash);
  const std::string digits = dash == std::string::npos ? "" : name.substr(dash + 1);
  const bool numeric = !digits.empty() && digits.size() < 4 &&
                       std::all_of(digits.begin(), digits.end(),
                                   [](unsigned char c) { return std::isdigit(c) != 0; });
  if ((format != "mp3" && format != "ogg" && format != "opus") || !numeric) {
    fail(config, key, "found \"" + name + "\", expected mp3, ogg or opus and kbit/s, as mp3-128");
  }
  const int kbps = std::stoi(digits);
  if (kbps < 32 || kbps > 500) {
    fail(config, key, fmt::format("found {} kbit/s, expected 32 to 500", kbps));
  }
  return {format, kbps, share(config, key, 0.0)};
}

std::vector<CorpusCodec> codecs_of(const Config& config) {
  std::vector<CorpusCodec> codecs;
  for (const std::string& name : config.children("codecs")) {
    const CorpusCodec codec = codec_of(config, name);
    if (codec.share > 0) codecs.push_back(codec);
  }
  return codecs;
}

bool is_file_safe(const std::string& name) {
  return !name.empty() && name.size() <= 32 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isdigit(c) != 0 || (std::isalpha(c) != 0 && std::islower(c) != 0) ||
                  c == '-';
         });
}

std::vector<CorpusAttack> attacks_of(const Config& config) {
  std::vector<CorpusAttack> attacks;
  std::set<std::string> names;
  for (std::size_t i = 0; i < config.array_size("attacks"); ++i) {
    const std::string at = "attacks." + std::to_string(i) + ".";
    CorpusAttack attack{config.get_string(at + "name"), config.get_string(at + "chain"),
                        share(config, at + "share", 1.0)};
    if (!is_file_safe(attack.name) || !names.insert(attack.name).second) {
      fail(config, at + "name",
           "found \"" + attack.name + "\", expected a name of its own out of a-z, 0-9 and -");
    }
    try {
      attack.chain = EffectChain::parse(attack.chain).to_string();
    } catch (const Error& error) {
      fail(config, at + "chain", error.what());
    }
    if (attack.share > 0) attacks.push_back(attack);
  }
  return attacks;
}

// Splits
// -----------------------------------------------------------------------------------------

CorpusSplits splits_of(const Config& config) {
  CorpusSplits splits;
  splits.by = config.get_strings("splits.by");
  for (const std::string& by : splits.by) {
    check_known(config, "splits.by", by, {"persona", "seed_block", "decoder"});
  }
  double sum = 0.0;
  for (std::size_t i = 0; i < kCorpusSplits.size(); ++i) {
    splits.shares[i] = share(config, std::string("splits.") + kCorpusSplits[i], splits.shares[i]);
    sum += splits.shares[i];
  }
  if (std::fabs(sum - 1.0) > 1e-6) {
    throw Error(ErrorCode::kConfig,
                fmt::format("splits: train, validation and test sum to {}, expected 1", sum));
  }
  const std::int64_t block =
      config.get_int("splits.seed_block", splits.has("seed_block") ? 100 : 1);
  if (block < 1 || block > static_cast<std::int64_t>(kMostSongs)) {
    fail(config, "splits.seed_block", fmt::format("found {}, expected 1 or more songs", block));
  }
  splits.seed_block = static_cast<std::size_t>(block);
  return splits;
}

/// What the recipe says itself about who is in which split.
void take_lists(const Config& config, const std::string& what, std::vector<CorpusSource>& sources) {
  for (const char* split : kCorpusSplits) {
    const std::string key = "splits." + what + "." + split;
    for (const std::string& name : config.get_strings(key)) {
      const auto found = std::find_if(sources.begin(), sources.end(),
                                      [&](const CorpusSource& s) { return s.name == name; });
      if (found == sources.end()) {
        fail(config, key, "\"" + name + "\" is not among the " + what + " of this recipe");
      }
      if (!found->split.empty() && found->split != split) {
        fail(config, key,
             name + " is in " + found->split + " already; " +
                 "what splits keep apart can be in one of them only");
      }
      found->split = split;
    }
  }
}

/// Deals what is left to the splits by their shares: every split gets `least`, train the rest.
void deal(const CorpusRecipe& recipe, const std::string& what, std::size_t least,
          std::vector<CorpusSource*> sources) {
  std::array<std::size_t, 3> has{}, wants{};
  std::vector<CorpusSource*> left;
  for (CorpusSource* source : sources) {
    const auto at = std::find(kCorpusSplits.begin(), kCorpusSplits.end(), source->split);
    if (at == kCorpusSplits.end()) {
      left.push_back(source);
    } else {
      ++has[static_cast<std::size_t>(at - kCorpusSplits.begin())];
    }
  }
  const auto total = static_cast<double>(sources.size());
  for (std::size_t i = 0; i < 3; ++i) {
    const double share = recipe.splits.shares[i];
    if (share > 0) wants[i] = std::max(least, static_cast<std::size_t>(share * total + 0.5));
  }
  std::vector<std::uint32_t> order(left.size());
  Rng(recipe.seed, "corpus").child("split/" + what).shuffle(order);
  std::size_t next = 0;
  for (const std::size_t split : {std::size_t{2}, std::size_t{1}}) {
    while (has[split] < wants[split] && next < order.size()) {
      left[order[next++]]->split = kCorpusSplits[split];
      ++has[split];
    }
  }
  const std::size_t rest = recipe.splits.shares[0] > 0 ? 0 : recipe.splits.shares[1] > 0 ? 1 : 2;
  for (; next < order.size(); ++next) {
    left[order[next]]->split = kCorpusSplits[rest];
    ++has[rest];
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (recipe.splits.shares[i] > 0 && has[i] < least) {
      throw Error(ErrorCode::kConfig,
                  fmt::format("splits.by: {}: {} of them leave {} to {}, expected {} or more; name "
                              "more {}, or take a split away",
                              what, sources.size(), has[i], kCorpusSplits[i], least, what));
    }
  }
}

/// Families are dealt once, whether originals or twins go through them.
void assign_decoders(const Config& config, CorpusRecipe& recipe) {
  std::vector<CorpusSource> families = recipe.families();
  take_lists(config, "decoders", families);
  if (!recipe.splits.has("decoder") || families.empty()) return;
  std::vector<CorpusSource*> all;
  for (CorpusSource& family : families) all.push_back(&family);
  deal(recipe, "decoders", 1, all);
  for (auto* list : {&recipe.decoders, &recipe.twin_decoders}) {
    for (CorpusSource& source : *list) {
      for (const CorpusSource& family : families) {
        if (source.name == family.name) source.split = family.split;
      }
    }
  }
}

void assign_splits(const Config& config, CorpusRecipe& recipe) {
  take_lists(config, "personas", recipe.personas);
  if (recipe.splits.has("persona")) {
    std::vector<CorpusSource*> all;
    for (CorpusSource& persona : recipe.personas) all.push_back(&persona);
    // A persona twin needs somebody else of the same split.
    deal(recipe, "personas", recipe.twins.persona > 0 ? 2 : 1, all);
  } else {
    // A list that nobody keeps would be a promise that is not.
    for (CorpusSource& persona : recipe.personas) persona.split.clear();
  }
  assign_decoders(config, recipe);
}

// Recipe
// -----------------------------------------------------------------------------------------

void check_presets(const Config& config, const CorpusRecipe& recipe) {
  const bool families = std::any_of(recipe.decoders.begin(), recipe.decoders.end(),
                                    [](const CorpusSource& d) { return d.name != "none"; });
  for (const CorpusChoice& preset : recipe.presets) {
    if (!families && (preset.name == "vocal" || preset.name == "full")) {
      fail(config, "presets." + preset.name,
           "needs a neural decoder; give [decoders] a family with a weight");
    }
  }
  if (recipe.twin_decoders.empty() && recipe.twins.decoder > 0) {
    fail(config, "twins.decoder",
         "needs a neural decoder; give [twin_decoders] a family with a weight");
  }
  if (recipe.twins.persona > 0 && recipe.personas.size() < 2) {
    fail(config, "twins.persona", "needs a second persona");
  }
}

void read_songs(const Config& config, CorpusRecipe& recipe) {
  recipe.presets = weights(config, "presets", {"lean", "vocal", "full", "debug"});
  if (recipe.presets.empty()) recipe.presets = {{"lean", 1.0}};
  recipe.forms = weighted_texts(config, "forms", "form");
  if (config.has_table("themes")) {  // the bank of words takes a moment to read
    recipe.themes = weights(config, "themes", gen::song_themes());
  }
  recipe.grooves = weights(config, "grooves", {"stomp", "train", "waltz", "ballad"});
  recipe.tempo_bpm = range(config, "tempo_bpm", {}, 40, 220);
  recipe.duration_s = range(config, "duration_s", {}, 15, 900);
  recipe.producedness = range(config, "mix.producedness", recipe.producedness, 0, 1.5);
  recipe.target_lufs = range(config, "mix.target_lufs", recipe.target_lufs, -30, -6);
  recipe.vocal_over_band_db =
      range(config, "mix.vocal_over_band_db", recipe.vocal_over_band_db, -12, 12);
  recipe.true_peak_dbtp =
      config.get_double_in("mix.true_peak_dbtp", recipe.true_peak_dbtp, -12, -0.5);
  recipe.personas = personas_of(config);
  recipe.decoders = decoders_of(config);
  recipe.twin_decoders = twin_decoders_of(config, recipe.decoders);
  recipe.decoder_scopes = weights(config, "decoder_scopes", {"voice", "mix", "both"});
  if (recipe.decoder_scopes.empty()) recipe.decoder_scopes = {{"mix", 1.0}};
}

void read_versions(const Config& config, CorpusRecipe& recipe) {
  recipe.marked_share = share(config, "marks.share", 1.0);
  recipe.mark_strength = config.get_double_in("marks.strength", 1.0, 0.1, 4.0);
  recipe.twins.decoder = share(config, "twins.decoder", 0.0);
  recipe.twins.persona = share(config, "twins.persona", 0.0);
  recipe.twins.mix = share(config, "twins.mix", 0.0);
  recipe.twins.unmarked = share(config, "twins.unmarked", 0.0);
  recipe.twins.all_families = config.get_bool("twins.all_families", false);
  recipe.codecs = codecs_of(config);
  recipe.attacks = attacks_of(config);
}

void read_controls(const Config& config, CorpusRecipe& recipe) {
  CorpusControls& controls = recipe.controls;
  controls.tunes = config.get_string("controls.tunes", "");
  controls.tune_tiers = config.get_strings("controls.tune_tiers", controls.tune_tiers);
  for (const std::string& tier : controls.tune_tiers) {
    check_known(config, "controls.tune_tiers", tier, {"A", "A-US", "B", "B-SA"});
  }
  controls.voices = config.get_string("controls.voices", "");
  controls.recordings = config.get_string("controls.recordings", "");
  controls.human_tune = share(config, "controls.human_tune", 0.0);
  controls.human_voice = share(config, "controls.human_voice", 0.0);
  controls.human = share(config, "controls.human", 0.0);
  controls.re_decoded = share(config, "controls.re_decoded", 0.0);
  controls.even_marks = config.get_bool("controls.even_marks", false);
  const std::string expected = config.get_string("controls.pool_sha256", "");
  if (!controls.any()) return;
  if (controls.re_decoded > 0 && recipe.twin_decoders.empty()) {
    fail(config, "controls.re_decoded",
         "needs a neural decoder; give [twin_decoders] a family with a weight");
  }
  controls.pool = load_control_pool(controls, recipe.splits, recipe.seed);
  if (expected.empty() || expected == controls.pool->sha256) return;
  fail(config, "controls.pool_sha256",
       "the folders hold other tunes and recordings (" + controls.pool->sha256.substr(0, 8) +
           ") than the corpus was made with (" + expected.substr(0, 8) + "); give it those");
}

void read_head(const Config& config, const std::string& name, CorpusRecipe& recipe) {
  recipe.name = config.get_string("name", name);
  recipe.description = config.get_string("description", "");
  const std::int64_t songs = config.get_int("songs");
  if (songs < 1 || songs > static_cast<std::int64_t>(kMostSongs)) {
    fail(config, "songs", fmt::format("found {}, expected 1 to {}", songs, kMostSongs));
  }
  recipe.songs = static_cast<std::size_t>(songs);
  const std::int64_t seed = config.get_int("seed", 1);
  if (seed < 0 || static_cast<std::uint64_t>(seed) > kMostSeed) {
    fail(config, "seed", fmt::format("found {}, expected 0 to {}", seed, kMostSeed));
  }
  recipe.seed = static_cast<std::uint64_t>(seed);
  recipe.format = config.get_string("format", recipe.format);
  check_known(config, "format", recipe.format, {"flac", "wav"});
  recipe.labels = config.get_string("labels", recipe.labels);
  check_known(config, "labels", recipe.labels, {"line", "files"});
  recipe.licence = config.get_string("licence", recipe.licence);
  recipe.rate_hz = static_cast<int>(config.get_int("rate_hz", recipe.rate_hz));
  if (recipe.rate_hz != 44100 && recipe.rate_hz != 48000) {
    fail(config, "rate_hz", fmt::format("found {}, expected 44100 or 48000", recipe.rate_hz));
  }
}

}  // namespace

bool CorpusSplits::has(std::string_view what) const {
  return std::find(by.begin(), by.end(), what) != by.end();
}

std::vector<CorpusSource> CorpusRecipe::families() const {
  std::vector<CorpusSource> all;
  for (const auto* list : {&decoders, &twin_decoders}) {
    for (const CorpusSource& source : *list) {
      const bool is_new = std::none_of(all.begin(), all.end(),
                                       [&](const auto& f) { return f.name == source.name; });
      if (is_new && source.name != "none") all.push_back(source);
    }
  }
  return all;
}

CorpusRecipe parse_corpus_recipe(const Config& config, const std::string& name) {
  CorpusRecipe recipe;
  read_head(config, name, recipe);
  read_songs(config, recipe);
  read_versions(config, recipe);
  recipe.splits = splits_of(config);
  assign_splits(config, recipe);
  read_controls(config, recipe);
  config.check_all_used();
  check_presets(config, recipe);
  return recipe;
}

CorpusRecipe load_corpus_recipe(const std::string& file,
                                const std::vector<std::string>& assignments) {
  namespace fs = std::filesystem;
  fs::path path = file;
  if (!path.has_extension() && !path.has_parent_path()) {
    path = home_folder() / "configs" / "corpus" / (file + ".toml");
  }
  Config config = Config::from_file(path);
  for (const std::string& assignment : assignments) config.set(assignment);
  return parse_corpus_recipe(config, path.stem().string());
}

}  // namespace brandiron::experiments
