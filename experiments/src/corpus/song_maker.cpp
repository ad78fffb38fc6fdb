#include <array>
#include <nlohmann/json.hpp>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/effects.h"
#include "brandiron/core/audio/tags.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/marker.h"
#include "brandiron/core/rng.h"
#include "brandiron/experiments/corpus_build.h"
#include "brandiron/gen/song.h"
#include "corpus_controls/control_maker.h"
#include "making.h"
#include "song_options.h"

// The real ItemMaker: songs leave through the generator's one exit; codec and attack versions are
// made from the published file and keep its tags.

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// What stands in a line of the manifest; the rest of song.json (f0, mix, draws) does with files.
constexpr std::array<const char*, 6> kLabels = {"sections", "beats",  "chords",
                                                "parts",    "lyrics", "techniques"};

std::string form_text(const gen::Score& score) {
  std::string form;
  for (const gen::Section& section : score.sections) {
    form += (form.empty() ? "" : " ") + section.label;
  }
  return form;
}

std::string labels_of(const ordered_json& document) {
  ordered_json labels;
  for (const char* key : kLabels) labels[key] = document.at(key);
  return labels.dump();
}

ItemFacts facts_of(const gen::Song& song, const gen::Published& published, bool labels) {
  const auto document = ordered_json::parse(published.song_json);
  const auto& audio = document.at("audio");
  ItemFacts facts;
  facts.pcm_sha256 = published.pcm_sha256;
  facts.title = song.score.title;
  facts.theme = document.at("theme");
  facts.key = document.at("key");
  facts.meter = document.at("meter");
  facts.groove = document.at("groove");
  facts.form = form_text(song.score);
  facts.singer = song.options.voice ? "human" : song.singer ? "learned" : "bank";
  facts.tempo_bpm = document.at("tempo_bpm");
  if (song.decoder) {
    facts.decoder_strides = song.decoder->strides;
    facts.decoder_kbps = song.decoder->bitrate_kbps;
    facts.decoder_scope = document.at("decoder").at("scope");
  }
  facts.payload_hex = published.mark.payload_hex;
  facts.key_fingerprint = published.mark.key_fingerprint;
  facts.duration_s = audio.at("duration_s");
  facts.rate_hz = audio.at("sample_rate_hz");
  facts.channels = audio.at("channels");
  facts.integrated_lufs = audio.at("integrated_lufs");
  facts.true_peak_dbtp = audio.at("true_peak_dbtp");
  if (labels) facts.labels_json = labels_of(document);
  return facts;
}

class SongMaker final : public ItemMaker {
 public:
  explicit SongMaker(SongTools tools) : tools_(std::move(tools)), networks_(tools_) {}

  ItemFacts make(const Item& item, const ItemTarget& target, const ItemFacts* parent,
                 const fs::path& parent_file) const override {
    if (item.is_reencoded()) return make_version(item, target, parent, parent_file);
    if (item.material.empty()) return make_song(item, target);
    Item control = item;
    if (!control.pool) control.pool = tools_.controls;
    if (!control.pool) {
      throw Error(ErrorCode::kConfig,
                  item.id +
                      ": a control needs the folders of its recipe; render it from the "
                      "folder of its corpus, where recipe.toml names them");
    }
    return item.is_recording() ? make_recording(control, target) : make_song(control, target);
  }

  std::string key_fingerprint() const override { return tools_.key_fingerprint; }

 private:
  static ItemFacts make_version(const Item& item, const ItemTarget& target, const ItemFacts* parent,
                                const fs::path& parent_file) {
    if (parent == nullptr) {
      throw Error(ErrorCode::kInternal, item.id + ": is made from its parent, and there is none");
    }
    return reencode(item, target, *parent, parent_file);
  }

  const Marker& marker_of(const Item& item) const {
    static const NullMarker none;
    return item.marked ? *tools_.marker : none;
  }

  ItemFacts make_recording(const Item& item, const ItemTarget& target) const {
    gen::GenerateOptions options;
    options.decoder = {item.decoder, item.decoder_scope, item.decoder_kbps};
    return make_recording_item(item, target.file, marker_of(item), networks_.of(options).decoder);
  }

  ItemFacts make_song(const Item& item, const ItemTarget& target) const {
    const gen::GenerateOptions options = song_options(item);
    const gen::SongModels models = networks_.of(options);
    gen::Song song = item.kind == "human-voice" ? make_voice_song(item, options, models)
                                                : gen::generate_song(options, models);
    gen::PublishOptions publish = item_publishing(item);
    publish.own_tune = item.kind == "human-tune";
    publish.own_lyrics = item.parts.lyrics == "human";
    if (item.kind == "human-voice") publish.payload_hex = item_payload(item);
    const gen::Published published = gen::publish(song, marker_of(item), target.file, publish);
    if (!target.song_json.empty()) write_file(target.song_json, published.song_json, true);
    return facts_of(song, published, target.labels);
  }

  static ItemFacts reencode(const Item& item, const ItemTarget& target, const ItemFacts& parent,
                            const fs::path& parent_file) {
    AudioBuffer audio = read_audio(parent_file);
    ItemFacts facts = parent;
    facts.labels_json.clear();
    facts.song_json.clear();
    WriteOptions write;
    write.overwrite = true;
    if (!item.attack.empty()) {
      audio = EffectChain::parse(item.attack).apply(audio, Rng(item.attack_seed, "attack"));
      take_audio_facts(audio, facts);
    } else {
      write.bitrate_kbps = item.codec_kbps;
      facts.pcm_sha256 = pcm16_sha256(audio);
    }
    AtomicFile file(target.file, true);
    write_audio(file.path(), audio, write);
    const Tags tags = read_tags(parent_file);
    if (!tags.empty()) write_tags(file.path(), tags);
    facts.rate_hz = probe_audio(file.path()).rate_hz;
    file.commit();
    return facts;
  }

  SongTools tools_;
  mutable Networks networks_;
};

}  // namespace

std::unique_ptr<ItemMaker> make_song_maker(SongTools tools) {
  return std::make_unique<SongMaker>(std::move(tools));
}

}  // namespace brandiron::experiments
