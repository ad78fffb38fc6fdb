#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/version.h"
#include "brandiron/experiments/corpus_manifest.h"

// One line of a manifest, written and read (docs/formats.md).

namespace brandiron::experiments {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t kMostSongs = 100'000'000;
const std::string kLabelsKey = ",\"labels\":";

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json() : ordered_json(text);
}
ordered_json number_or_null(double x) { return x == 0.0 ? ordered_json() : ordered_json(x); }

/// All that is needed to make the item again.
ordered_json spec_json(const Item& i) {
  ordered_json spec = {{"title", i.title},
                       {"theme", i.theme},
                       {"form", i.form},
                       {"key", i.key},
                       {"groove", i.groove},
                       {"tempo_bpm", i.tempo_bpm},
                       {"duration_s", i.duration_s},
                       {"seed", i.seed},
                       {"persona", i.persona},
                       {"persona_sha256", i.persona_sha256},
                       {"preset", i.preset},
                       {"rate_hz", i.rate_hz},
                       {"target_lufs", i.target_lufs},
                       {"true_peak_dbtp", i.true_peak_dbtp},
                       {"vocal_over_band_db", i.vocal_over_band_db},
                       {"producedness", i.producedness},
                       {"decoder", i.decoder},
                       {"decoder_scope", i.decoder_scope},
                       {"decoder_kbps", i.decoder_kbps},
                       {"marked", i.marked},
                       {"mark_strength", i.mark_strength},
                       {"format", i.format}};
  if (!i.composer.empty()) {
    spec["composer"] = i.composer;
    spec["composer_sha256"] = i.composer_sha256;
  }
  if (!i.singer.empty()) spec["singer"] = i.singer;
  if (!i.codec.empty()) {
    spec["codec"] = i.codec;
    spec["codec_kbps"] = i.codec_kbps;
  }
  if (!i.attack.empty()) {
    spec["attack"] = i.attack;
    spec["attack_seed"] = i.attack_seed;
  }
  if (!i.material.empty()) {
    spec["material"] = i.material;
    spec["material_start_s"] = i.material_start_s;
  }
  return spec;
}

void read_spec(const json& spec, Item& i) {
  i.title = spec.value("title", "");
  i.theme = spec.value("theme", "");
  i.form = spec.value("form", "");
  i.key = spec.value("key", "");
  i.groove = spec.value("groove", "");
  i.tempo_bpm = spec.value("tempo_bpm", 0.0);
  i.duration_s = spec.value("duration_s", 0.0);
  i.seed = spec.value("seed", i.seed);
  i.persona = spec.value("persona", i.persona);
  i.persona_sha256 = spec.value("persona_sha256", "");
  i.composer = spec.value("composer", "");
  i.composer_sha256 = spec.value("composer_sha256", "");
  i.preset = spec.value("preset", i.preset);
  i.singer = spec.value("singer", "");
  i.rate_hz = spec.value("rate_hz", i.rate_hz);
  i.target_lufs = spec.value("target_lufs", i.target_lufs);
  i.true_peak_dbtp = spec.value("true_peak_dbtp", i.true_peak_dbtp);
  i.vocal_over_band_db = spec.value("vocal_over_band_db", i.vocal_over_band_db);
  i.producedness = spec.value("producedness", i.producedness);
  i.decoder = spec.value("decoder", "none");
  i.decoder_scope = spec.value("decoder_scope", "");
  i.decoder_kbps = spec.value("decoder_kbps", 0.0);
  i.marked = spec.value("marked", i.marked);
  i.mark_strength = spec.value("mark_strength", 1.0);
  i.format = spec.value("format", "flac");
  i.codec = spec.value("codec", "");
  i.codec_kbps = spec.value("codec_kbps", 0);
  i.attack = spec.value("attack", "");
  i.attack_seed = spec.value("attack_seed", std::uint64_t{0});
  i.material = spec.value("material", "");
  i.material_start_s = spec.value("material_start_s", 0.0);
}

ordered_json decoder_json(const Item& item, const ItemFacts* facts) {
  if (item.decoder == "none" || item.decoder.empty()) return nullptr;
  ordered_json out = {{"family", item.decoder},
                      {"scope", text_or_null(item.decoder_scope)},
                      {"strides", nullptr},
                      {"bitrate_kbps", nullptr}};
  if (facts != nullptr) {
    out["strides"] = facts->decoder_strides;
    out["bitrate_kbps"] = facts->decoder_kbps;
  }
  return out;
}

std::string singer_of(const Item& item, const ItemFacts* facts) {
  if (facts != nullptr) return facts->singer;
  if (!item.singer.empty()) return item.singer;
  if (item.parts.vocals == "human") return "human";
  return item.preset == "lean" || item.preset == "debug" ? "bank" : "";
}

std::string codec_text(const Item& item) {
  return item.codec.empty() ? "" : fmt::format("{} {} kbit/s", item.codec, item.codec_kbps);
}

/// Text of a key, "" for null or nothing there.
std::string text_at(const json& line, const char* key) {
  const auto found = line.find(key);
  return found == line.end() || found->is_null() ? "" : found->get<std::string>();
}
template <typename Number>
Number number_at(const json& line, const char* key) {
  const auto found = line.find(key);
  return found == line.end() || found->is_null() ? Number{} : found->get<Number>();
}

ItemFacts read_facts(const json& line) {
  ItemFacts f;
  f.file = text_at(line, "file");
  f.sha256 = text_at(line, "sha256");
  f.pcm_sha256 = text_at(line, "pcm_sha256");
  f.title = text_at(line, "title");
  f.theme = text_at(line, "theme");
  f.key = text_at(line, "key");
  f.meter = text_at(line, "meter");
  f.groove = text_at(line, "groove");
  f.form = text_at(line, "form");
  f.singer = text_at(line, "singer");
  f.tempo_bpm = number_at<double>(line, "tempo_bpm");
  if (const auto d = line.find("decoder"); d != line.end() && d->is_object()) {
    if (const auto s = d->find("strides"); s != d->end() && s->is_array()) {
      f.decoder_strides = s->get<std::vector<int>>();
    }
    f.decoder_kbps = number_at<double>(*d, "bitrate_kbps");
    f.decoder_scope = text_at(*d, "scope");
  }
  f.payload_hex = text_at(line, "payload_hex");
  f.key_fingerprint = text_at(line, "key_fingerprint");
  f.duration_s = number_at<double>(line, "duration_s");
  f.rate_hz = number_at<int>(line, "sample_rate_hz");
  f.channels = number_at<std::size_t>(line, "channels");
  f.integrated_lufs = number_at<double>(line, "integrated_lufs");
  f.true_peak_dbtp = number_at<double>(line, "true_peak_dbtp");
  if (const auto labels = line.find("labels"); labels != line.end() && labels->is_object()) {
    f.labels_json = labels->dump();
  }
  f.song_json = text_at(line, "song_json");
  return f;
}

Item read_item(const json& line) {
  Item i;
  i.id = line.at("id").get<std::string>();
  i.song = line.at("song").get<std::size_t>();
  if (i.song > kMostSongs) throw Error(ErrorCode::kFormat, "song: more than there can be");
  i.index = i.id.find('-') == std::string::npos ? 0 : 1;
  i.kind = line.at("kind").get<std::string>();
  i.label = line.at("label").get<std::string>();
  if (const auto p = line.find("parts"); p != line.end() && p->is_object()) {
    i.parts = {p->value("vocals", "ai"), p->value("instruments", "ai"),
               p->value("composition", "ai"), p->value("lyrics", "ai")};
  }
  i.twin = text_at(line, "twin");
  i.parent_id = text_at(line, "parent_id");
  i.split = line.at("split").get<std::string>();
  i.licence = text_at(line, "licence");
  i.source = text_at(line, "source");
  i.persona = text_at(line, "persona");
  i.marked = line.value("marked", false);
  i.payload_hex = text_at(line, "payload_hex");
  if (const auto s = line.find("spec"); s != line.end() && s->is_object()) read_spec(*s, i);
  return i;
}

/// The line without its labels, which are most of it: nothing else has that key outside a text.
std::string without_labels(const std::string& line) {
  const auto from = line.find(kLabelsKey);
  if (from == std::string::npos) return line;
  const auto to = line.rfind(",\"song_json\":");
  return to == std::string::npos || to < from ? line : line.substr(0, from) + line.substr(to);
}

}  // namespace

std::string item_line(const Item& item, const ItemFacts* facts) {
  const ItemFacts none;
  const ItemFacts& f = facts != nullptr ? *facts : none;
  const auto fact = [&](double x) { return facts != nullptr ? ordered_json(x) : ordered_json(); };
  const bool is_original = item.index == 0;
  ordered_json line = {
      {"id", item.id},
      {"song", item.song},
      {"file", text_or_null(f.file)},
      {"sha256", text_or_null(f.sha256)},
      {"pcm_sha256", text_or_null(f.pcm_sha256)},
      {"label", item.label},
      {"kind", item.kind},
      {"parts",
       {{"vocals", item.parts.vocals},
        {"instruments", item.parts.instruments},
        {"composition", item.parts.composition},
        {"lyrics", item.parts.lyrics}}},
      {"generator", item.kind == "human" ? "human" : "brandiron/" + version()},
      {"persona", text_or_null(item.persona)},
      {"preset", text_or_null(item.preset)},
      {"seed", item.seed},
      {"title", text_or_null(facts != nullptr ? f.title : item.title)},
      {"theme", text_or_null(facts != nullptr ? f.theme : item.theme)},
      {"key", text_or_null(facts != nullptr ? f.key : item.key)},
      {"tempo_bpm", number_or_null(facts != nullptr ? f.tempo_bpm : item.tempo_bpm)},
      {"meter", text_or_null(f.meter)},
      {"groove", text_or_null(facts != nullptr ? f.groove : item.groove)},
      {"form", text_or_null(facts != nullptr ? f.form : item.form)},
      {"decoder", decoder_json(item, facts)},
      {"singer", text_or_null(singer_of(item, facts))},
      {"marked", item.marked},
      {"payload_hex", text_or_null(facts != nullptr ? f.payload_hex : item.payload_hex)},
      {"key_fingerprint", text_or_null(f.key_fingerprint)},
      {"codec", text_or_null(codec_text(item))},
      {"attack", text_or_null(item.attack)},
      {"parent_id", is_original ? ordered_json() : text_or_null(item.parent_id)},
      {"twin", text_or_null(item.twin)},
      {"split", item.split},
      {"licence", text_or_null(item.licence)},
      {"source", text_or_null(item.source)},
      {"duration_s", number_or_null(facts != nullptr ? f.duration_s : item.duration_s)},
      {"sample_rate_hz", facts != nullptr ? f.rate_hz : item.rate_hz},
      {"channels", facts != nullptr ? f.channels : std::size_t{2}},
      {"integrated_lufs", fact(f.integrated_lufs)},
      {"true_peak_dbtp", fact(f.true_peak_dbtp)},
      {"producedness", item.producedness},
      {"spec", spec_json(item)}};
  std::string text = line.dump();
  text.pop_back();
  text += kLabelsKey + (f.labels_json.empty() ? "null" : f.labels_json);
  return text + ",\"song_json\":" + text_or_null(f.song_json).dump() + "}";
}

ManifestItem parse_item_line(const std::string& line, const std::string& name, bool with_labels) {
  try {
    const json document = json::parse(with_labels ? line : without_labels(line));
    ManifestItem out;
    out.item = read_item(document);
    // Imported files have no hash of samples, what was only rendered has no file.
    if (!text_at(document, "pcm_sha256").empty() || !text_at(document, "file").empty()) {
      out.facts = read_facts(document);
    }
    out.generator = text_at(document, "generator");
    out.text = line;
    return out;
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kFormat, name + ": not an item of a corpus: " + error.what());
  } catch (const Error& error) {
    throw Error(ErrorCode::kFormat, name + ": " + error.what());
  }
}

}  // namespace brandiron::experiments
