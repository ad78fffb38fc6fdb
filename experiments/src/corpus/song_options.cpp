#include "song_options.h"

#include <map>
#include <mutex>

#include "brandiron/core/error.h"
#include "brandiron/core/hash.h"
#include "brandiron/experiments/control_pool.h"

namespace brandiron::experiments {

const gen::Persona& persona_of(const std::string& name, const std::string& sha256) {
  static std::mutex mutex;
  static std::map<std::string, gen::Persona> shelf;
  const std::lock_guard lock(mutex);
  auto found = shelf.find(name);
  if (found == shelf.end()) found = shelf.emplace(name, gen::load_persona(name)).first;
  if (!sha256.empty() && found->second.sha256 != sha256) {
    throw Error(ErrorCode::kModel, "persona " + name + " is " + found->second.sha256.substr(0, 8) +
                                       " here, the item was planned with " + sha256.substr(0, 8) +
                                       "; use the version of Brandiron that planned it");
  }
  return found->second;
}

namespace {

gen::SongSpec spec_of_tune(const Item& item) {
  const TuneVerdict verdict = tune_of_item(item);
  if (!verdict.song) {
    throw Error(ErrorCode::kModel, item.id + ": the tune " + item.material + " cannot be sung: " +
                                       verdict.why_not + "; use the pack that planned it");
  }
  return verdict.song->spec;
}

}  // namespace

gen::GenerateOptions mix_of(const Item& item) {
  gen::GenerateOptions options;
  options.mix.producedness = item.producedness;
  options.mix.target_lufs = item.target_lufs;
  options.mix.true_peak_dbtp = item.true_peak_dbtp;
  options.mix.vocal_over_band_db = item.vocal_over_band_db;
  options.mix.keep_stems = false;
  options.rate_hz = item.rate_hz;
  return options;
}

gen::GenerateOptions song_options(const Item& item) {
  gen::GenerateOptions options = mix_of(item);
  options.spec.title = item.title;
  options.spec.theme = item.theme;
  options.spec.form = item.form;
  options.spec.key = item.key;
  options.spec.groove = item.groove;
  options.spec.tempo_bpm = item.tempo_bpm;
  options.spec.duration_s = item.duration_s;
  options.spec.seed = item.seed;
  if (item.kind == "human-tune") options.spec = spec_of_tune(item);
  options.persona = persona_of(item.persona, item.persona_sha256);
  if (!item.composer.empty()) options.composer = persona_of(item.composer, item.composer_sha256);
  options.preset = item.preset;
  options.decoder = {item.decoder, item.decoder_scope, item.decoder_kbps};
  options.singer = item.singer;
  return options;
}

std::string item_payload(const Item& item) {
  if (!item.marked) return "";
  // A recording is no part of a plan.
  if (item.is_recording() || item.kind == "human-voice") {
    return sha256_hex("brandiron.control/1 " + item.material + " " + std::to_string(item.seed) +
                      " " + item.kind)
        .substr(0, 16);
  }
  return gen::song_id(song_options(item)).substr(0, 16);
}

}  // namespace brandiron::experiments
