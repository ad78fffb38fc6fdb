#include "song_options.h"

#include <map>
#include <mutex>

#include "brandiron/core/error.h"

namespace brandiron::experiments {
namespace {

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

}  // namespace

gen::GenerateOptions song_options(const Item& item) {
  gen::GenerateOptions options;
  options.spec.title = item.title;
  options.spec.theme = item.theme;
  options.spec.form = item.form;
  options.spec.key = item.key;
  options.spec.groove = item.groove;
  options.spec.tempo_bpm = item.tempo_bpm;
  options.spec.duration_s = item.duration_s;
  options.spec.seed = item.seed;
  options.persona = persona_of(item.persona, item.persona_sha256);
  if (!item.composer.empty()) options.composer = persona_of(item.composer, item.composer_sha256);
  options.mix.producedness = item.producedness;
  options.mix.target_lufs = item.target_lufs;
  options.mix.true_peak_dbtp = item.true_peak_dbtp;
  options.mix.vocal_over_band_db = item.vocal_over_band_db;
  options.mix.keep_stems = false;
  options.preset = item.preset;
  options.decoder = {item.decoder, item.decoder_scope, item.decoder_kbps};
  options.singer = item.singer;
  options.rate_hz = item.rate_hz;
  return options;
}

std::string item_payload(const Item& item) {
  return item.marked ? gen::song_id(song_options(item)).substr(0, 16) : "";
}

}  // namespace brandiron::experiments
