#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/hash.h"
#include "brandiron/experiments/control_pool.h"
#include "brandiron/experiments/corpus.h"

// The recipe as canonical TOML: what stands in the corpus folder, and what is hashed.

namespace brandiron::experiments {
namespace {

// A JSON string is a TOML basic string, a JSON number a TOML number.
std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }
std::string number(double x) { return nlohmann::json(x).dump(); }

std::string quoted_list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + quoted(name);
  return "[" + text + "]";
}

class Text {
 public:
  void table(const std::string& name) { text_ += "\n[" + name + "]\n"; }
  void element(const std::string& list) { text_ += "\n[[" + list + "]]\n"; }
  void put(const std::string& key, const std::string& value) {
    text_ += key + " = " + value + "\n";
  }
  void put(const std::string& key, const CorpusRange& r) {
    put(key, "[" + number(r.low) + ", " + number(r.high) + "]");
  }
  void weights(const std::string& name, const std::vector<CorpusChoice>& choices) {
    if (choices.empty()) return;
    table(name);
    for (const CorpusChoice& c : choices) put(c.name, number(c.weight));
  }
  void weights(const std::string& name, const std::vector<CorpusSource>& sources) {
    table(name);
    for (const CorpusSource& s : sources) put(s.name, number(s.weight));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void put_songs(Text& text, const CorpusRecipe& r) {
  text.table("mix");
  text.put("producedness", r.producedness);
  text.put("target_lufs", r.target_lufs);
  text.put("vocal_over_band_db", r.vocal_over_band_db);
  text.put("true_peak_dbtp", number(r.true_peak_dbtp));
  text.weights("personas", r.personas);
  text.table("persona_sha256");
  for (const CorpusSource& persona : r.personas) text.put(persona.name, quoted(persona.sha256));
  text.weights("presets", r.presets);
  text.weights("themes", r.themes);
  text.weights("grooves", r.grooves);
  text.weights("decoders", r.decoders);
  if (!r.twin_decoders.empty()) text.weights("twin_decoders", r.twin_decoders);
  text.weights("decoder_scopes", r.decoder_scopes);
  for (const CorpusChoice& form : r.forms) {
    text.element("forms");
    text.put("form", quoted(form.name));
    text.put("weight", number(form.weight));
  }
}

void put_versions(Text& text, const CorpusRecipe& r) {
  text.table("marks");
  text.put("share", number(r.marked_share));
  text.put("strength", number(r.mark_strength));
  text.table("twins");
  text.put("decoder", number(r.twins.decoder));
  text.put("persona", number(r.twins.persona));
  text.put("mix", number(r.twins.mix));
  text.put("unmarked", number(r.twins.unmarked));
  text.put("all_families", r.twins.all_families ? "true" : "false");
  if (!r.codecs.empty()) text.table("codecs");
  for (const CorpusCodec& codec : r.codecs) text.put(codec.name(), number(codec.share));
  for (const CorpusAttack& attack : r.attacks) {
    text.element("attacks");
    text.put("name", quoted(attack.name));
    text.put("chain", quoted(attack.chain));
    text.put("share", number(attack.share));
  }
}

void put_controls(Text& text, const CorpusControls& controls) {
  if (!controls.any() && !controls.even_marks) return;
  text.table("controls");
  text.put("tunes", quoted(controls.tunes));
  text.put("tune_tiers", quoted_list(controls.tune_tiers));
  text.put("voices", quoted(controls.voices));
  text.put("recordings", quoted(controls.recordings));
  text.put("human_tune", number(controls.human_tune));
  text.put("human_voice", number(controls.human_voice));
  text.put("human", number(controls.human));
  text.put("re_decoded", number(controls.re_decoded));
  text.put("even_marks", controls.even_marks ? "true" : "false");
  if (controls.pool) text.put("pool_sha256", quoted(controls.pool->sha256));
}

void put_sources(Text& text, const std::string& what, const std::vector<CorpusSource>& sources) {
  bool begun = false;
  for (const char* split : kCorpusSplits) {
    std::vector<std::string> names;
    for (const CorpusSource& source : sources) {
      if (source.split == split) names.push_back(source.name);
    }
    if (names.empty()) continue;
    if (!begun) text.table("splits." + what);
    begun = true;
    text.put(split, quoted_list(names));
  }
}

}  // namespace

std::string corpus_recipe_toml(const CorpusRecipe& r) {
  Text text;
  text.put("name", quoted(r.name));
  text.put("description", quoted(r.description));
  text.put("songs", std::to_string(r.songs));
  text.put("seed", std::to_string(r.seed));
  text.put("format", quoted(r.format));
  text.put("labels", quoted(r.labels));
  text.put("licence", quoted(r.licence));
  text.put("rate_hz", std::to_string(r.rate_hz));
  if (r.tempo_bpm.given()) text.put("tempo_bpm", r.tempo_bpm);
  if (r.duration_s.given()) text.put("duration_s", r.duration_s);
  put_songs(text, r);
  put_versions(text, r);
  put_controls(text, r.controls);
  text.table("splits");
  text.put("by", quoted_list(r.splits.by));
  for (std::size_t i = 0; i < kCorpusSplits.size(); ++i) {
    text.put(kCorpusSplits[i], number(r.splits.shares[i]));
  }
  text.put("seed_block", std::to_string(r.splits.seed_block));
  put_sources(text, "personas", r.personas);
  put_sources(text, "decoders", r.families());
  return text.take();
}

std::string corpus_recipe_sha256(const CorpusRecipe& recipe) {
  return sha256_hex(corpus_recipe_toml(recipe));
}

}  // namespace brandiron::experiments
