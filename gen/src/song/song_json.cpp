#include "song_json.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/log.h"
#include "brandiron/core/version.h"
#include "brandiron/gen/singer.h"
#include "decoding.h"

namespace brandiron::gen {
namespace {

using nlohmann::ordered_json;

// Nine decimals of a second: a thousandth of a sample, and text that diffs well.
double tidy(double x) { return std::round(x * 1e9) / 1e9; }
double tidy_db(double x) {
  // JSON has no infinity: silence is written as the floor of a 16-bit file.
  return std::isfinite(x) ? std::round(x * 1e3) / 1e3 : -120.0;
}

ordered_json spec_json(const GenerateOptions& options) {
  const SongSpec& spec = options.spec;
  ordered_json json = {{"title", spec.title},
                       {"theme", spec.theme},
                       {"form", spec.form},
                       {"key", spec.key},
                       {"groove", spec.groove},
                       {"tempo_bpm", spec.tempo_bpm},
                       {"duration_s", spec.duration_s},
                       {"lyrics", spec.lyrics},
                       {"seed", spec.seed},
                       {"preset", options.preset},
                       {"rate_hz", options.rate_hz},
                       {"target_lufs", options.mix.target_lufs},
                       {"true_peak_dbtp", options.mix.true_peak_dbtp},
                       {"vocal_over_band_db", options.mix.vocal_over_band_db},
                       {"producedness", options.mix.producedness}};
  // Only where they are pinned: the identity of other songs stays what it was.
  if (!spec.chords.empty()) json["chords"] = spec.chords;
  if (!spec.melody.empty()) json["melody"] = spec.melody;
  if (!options.singer.empty()) json["singer"] = options.singer;
  if (!options.decoder.family.empty()) json["decoder"] = options.decoder.family;
  if (!options.decoder.scope.empty()) json["decoder_scope"] = options.decoder.scope;
  if (options.decoder.kbps != 0) json["decoder_kbps"] = options.decoder.kbps;
  return json;
}

ordered_json bank_json(const std::string& bank) {
  const std::string name = "voice-" + bank;
  const auto path = home_folder() / "models" / "weights" / (name + ".bank");
  // Once a process: a batch of songs has few voices.
  static std::mutex mutex;
  static std::map<std::string, std::string> hashes;
  const std::lock_guard lock(mutex);
  std::string& hash = hashes[path.string()];
  if (hash.empty()) hash = sha256_hex(read_file(path));
  return {{"name", name}, {"version", 1}, {"sha256", hash}};
}

/// The voice banks that sang, each once, the lead's first.
std::vector<std::string> banks_of(const Song& song) {
  std::vector<std::string> all;
  if (!song.options.voice) all.push_back(song.options.persona.voice.bank);
  for (const BackingVoice& voice : song.backing.voices) all.push_back(voice.bank);
  if (!song.gang_word.empty()) {
    const std::vector<std::string> gang = gang_banks();
    all.insert(all.end(), gang.begin(), gang.end());
  }
  std::vector<std::string> once;
  for (const std::string& bank : all) {
    if (std::find(once.begin(), once.end(), bank) == once.end()) once.push_back(bank);
  }
  return once;
}

ordered_json generator_json(const Song& song) {
  ordered_json models = ordered_json::array();
  for (const std::string& bank : banks_of(song)) models.push_back(bank_json(bank));
  if (song.singer) {
    models.push_back({{"name", song.singer->name},
                      {"version", song.singer->version},
                      {"sha256", song.singer->sha256}});
  }
  if (song.decoder) {
    models.push_back({{"name", "decoder-" + song.decoder->family},
                      {"version", song.decoder->version},
                      {"sha256", song.decoder->sha256}});
  }
  return {{"version", version()},
          {"git_commit", git_commit()},
          {"models", models},
          {"machine", machine_name()}};
}

ordered_json sections_json(const Score& score) {
  ordered_json out = ordered_json::array();
  for (const Section& s : score.sections) {
    const double start = static_cast<double>(s.start_bar) * score.beats_per_bar;
    out.push_back({{"label", s.label},
                   {"start_s", tidy(score.time_s(start))},
                   {"end_s", tidy(score.time_s(start + s.bars * score.beats_per_bar))},
                   {"bars", s.bars}});
  }
  return out;
}

ordered_json beats_json(const Score& score) {
  ordered_json out = ordered_json::array();
  for (int bar = 0; bar < score.num_bars(); ++bar) {
    for (int beat = 0; beat < score.beats_per_bar; ++beat) {
      out.push_back({{"time_s", tidy(score.time_s(bar * score.beats_per_bar + beat))},
                     {"bar", bar + 1},
                     {"beat", beat + 1}});
    }
  }
  return out;
}

ordered_json chords_json(const Score& score) {
  ordered_json out = ordered_json::array();
  for (const Chord& c : score.chords) {
    out.push_back({{"label", c.label()},
                   {"start_s", tidy(score.time_s(c.start_beat))},
                   {"end_s", tidy(score.time_s(c.end_beat))}});
  }
  return out;
}

ordered_json vocal_json(const Score& score, const std::vector<VocalNote>& notes) {
  ordered_json out = ordered_json::array();
  for (const VocalNote& n : notes) {
    out.push_back({{"start_s", tidy(score.time_s(n.start_beat))},
                   {"end_s", tidy(score.time_s(n.start_beat + n.duration_beats))},
                   {"pitch", n.pitch},
                   {"velocity", n.velocity}});
  }
  return out;
}

ordered_json parts_json(const Song& song) {
  ordered_json out = ordered_json::array();
  if (!song.options.voice) {
    out.push_back({{"name", "lead_vocal"}, {"notes", vocal_json(song.score, song.score.vocal)}});
  }
  for (const BackingVoice& voice : song.backing.voices) {
    out.push_back({{"name", "backing_" + voice.kind},
                   {"bank", voice.bank},
                   {"notes", vocal_json(song.score, voice.notes)}});
  }
  for (const PartNotes& part : song.band.parts) {
    ordered_json notes = ordered_json::array();
    for (const PlayedNote& n : part.notes) {
      notes.push_back({{"start_s", tidy(n.start_s)},
                       {"end_s", tidy(n.end_s)},
                       {"pitch", n.pitch},
                       {"velocity", n.velocity}});
    }
    out.push_back({{"name", part.name}, {"notes", std::move(notes)}});
  }
  ordered_json shouts = ordered_json::array();
  for (const double t : song.gang_times_s) shouts.push_back(tidy(t));
  if (!shouts.empty())
    out.push_back({{"name", "gang"}, {"text", song.gang_word}, {"onsets_s", shouts}});
  return out;
}

struct Span {
  double start_s = 0, end_s = 0;
  bool set = false;
  void cover(double start, double end) {
    start_s = set ? std::min(start_s, start) : start;
    end_s = set ? std::max(end_s, end) : end;
    set = true;
  }
};

// The word's phones, cut at its syllables. Accent rules never change how many phones a syllable
// has.
std::vector<Span> syllable_spans(const Song& song) {
  std::vector<Span> spans(song.score.syllables.size());
  std::vector<std::size_t> used(song.score.words.size(), 0);
  for (const SungPhone& phone : song.lead.phones) {
    if (phone.word < 0) continue;
    const Word& word = song.score.words[static_cast<std::size_t>(phone.word)];
    std::size_t position = used[static_cast<std::size_t>(phone.word)]++;
    auto syllable = static_cast<std::size_t>(word.first_syllable);
    const std::size_t last = syllable + static_cast<std::size_t>(word.num_syllables) - 1;
    while (syllable < last && position >= song.score.syllables[syllable].phones.size()) {
      position -= song.score.syllables[syllable++].phones.size();
    }
    spans[syllable].cover(phone.start_s, phone.end_s);
  }
  return spans;
}

ordered_json lyrics_json(const Song& song) {
  const Score& score = song.score;
  const std::vector<Span> syllable = syllable_spans(song);
  const auto word = sung_word_times_s(song);
  std::vector<Span> line(score.lines.size());
  ordered_json syllables = ordered_json::array(), words = ordered_json::array(),
               lines = ordered_json::array(), phones = ordered_json::array();
  for (std::size_t i = 0; i < score.syllables.size(); ++i) {
    const auto w = static_cast<std::size_t>(score.syllables[i].word);
    syllables.push_back({{"text", score.syllables[i].text},
                         {"word", w},
                         {"stress", score.syllables[i].stress},
                         {"start_s", tidy(syllable[i].start_s)},
                         {"end_s", tidy(syllable[i].end_s)}});
  }
  for (std::size_t i = 0; i < score.words.size(); ++i) {
    line[static_cast<std::size_t>(score.words[i].line)].cover(word[i].first, word[i].second);
    words.push_back({{"text", score.words[i].text},
                     {"line", score.words[i].line},
                     {"start_s", tidy(word[i].first)},
                     {"end_s", tidy(word[i].second)}});
  }
  for (std::size_t i = 0; i < score.lines.size(); ++i) {
    const auto section = static_cast<std::size_t>(score.lines[i].section);
    lines.push_back({{"text", score.lines[i].text},
                     {"section", score.sections[section].label},
                     {"section_index", section},
                     {"start_s", tidy(line[i].start_s)},
                     {"end_s", tidy(line[i].end_s)}});
  }
  for (const SungPhone& p : song.lead.phones) {
    phones.push_back({{"phone", p.phone},
                      {"word", p.word},
                      {"start_s", tidy(p.start_s)},
                      {"end_s", tidy(p.end_s)}});
  }
  return {{"language", "en-US"},    {"lines", lines},   {"words", words},
          {"syllables", syllables}, {"phones", phones}, {"adapted", score.adapted}};
}

ordered_json f0_json(const SungPart& lead) {
  ordered_json hz = ordered_json::array();
  for (const float f : lead.f0_hz) hz.push_back(std::round(static_cast<double>(f) * 100) / 100);
  return {{"hop_s", lead.f0_hop_s}, {"hz", std::move(hz)}};
}

/// The lead's, and where others sing with him.
ordered_json techniques_json(const Song& song) {
  std::vector<Technique> all = song.lead.techniques;
  all.insert(all.end(), song.backing.techniques.begin(), song.backing.techniques.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const Technique& a, const Technique& b) { return a.start_s < b.start_s; });
  ordered_json out = ordered_json::array();
  for (const Technique& t : all) {
    out.push_back({{"kind", t.kind}, {"start_s", tidy(t.start_s)}, {"end_s", tidy(t.end_s)}});
  }
  return out;
}

ordered_json draws_json(const Score& score) {
  ordered_json out = ordered_json::array();
  for (const DrawCount& count : score.draws) {
    out.push_back({{"kind", count.kind}, {"draws", count.draws}, {"bits", tidy(count.bits)}});
  }
  return out;
}

ordered_json stems_json(const Song& song, const PublishedFacts& facts) {
  ordered_json out = ordered_json::array();
  for (std::size_t i = 0; i < facts.stem_files.size(); ++i) {
    out.push_back({{"name", song.mix.stems[i].name},
                   {"file", facts.stem_files[i]},
                   {"gain_db", tidy_db(facts.stem_gain_db)}});
  }
  return out;
}

ordered_json steps_json(const std::vector<MixStep>& steps) {
  ordered_json out = ordered_json::array();
  for (const MixStep& step : steps) {
    ordered_json one = {{"effect", step.effect}};
    if (!step.channel.empty()) one["channel"] = step.channel;
    for (const auto& [name, value] : step.settings) one[name] = tidy(value);
    out.push_back(std::move(one));
  }
  return out;
}

/// The whole chain as data: what `chain` says in words.
ordered_json mix_settings_json(const MixReport& report) {
  ordered_json channels = ordered_json::array();
  for (const MixChannel& c : report.channels) {
    channels.push_back({{"stem", c.stem},
                        {"input_gain_db", tidy_db(c.input_gain_db)},
                        {"steps", steps_json(c.steps)},
                        {"fader_db", tidy_db(c.fader_db)},
                        {"pan", tidy(c.pan)},
                        {"room_send_db", tidy_db(c.room_send_db)},
                        {"plate_send_db", tidy_db(c.plate_send_db)}});
  }
  return {{"channels", std::move(channels)},
          {"room", steps_json(report.room)},
          {"master", steps_json(report.master)}};
}

ordered_json mix_json(const Song& song) {
  ordered_json gains;
  for (const auto& [name, gain] : song.mix.report.stem_gains_db) gains[name] = tidy_db(gain);
  ordered_json figures;
  for (const auto& [name, value] : song.mix.report.figures) figures[name] = tidy_db(value);
  return {{"stem_gains_db", gains},
          {"vocal_over_band_db", tidy_db(song.mix.report.vocal_over_band_db)},
          {"master_gain_db", tidy_db(song.mix.report.master_gain_db)},
          {"chain", song.mix.report.chain},
          {"settings", mix_settings_json(song.mix.report)},
          {"figures", figures}};
}

ordered_json decoder_json(const Song& song) {
  if (!song.decoder) {
    return {{"family", "none"}, {"strides", ordered_json::array()}, {"version", 0}};
  }
  const Decoding decoding = decoding_of(song.options);
  return {{"family", song.decoder->family},
          {"strides", song.decoder->strides},
          {"version", song.decoder->version},
          {"scope", decoding.voice && decoding.mix ? "both"
                    : decoding.voice               ? "voice"
                                                   : "mix"},
          {"bitrate_kbps", tidy_db(song.decoder->bitrate_kbps)},
          {"sha256", song.decoder->sha256}};
}

ordered_json persona_json(const Persona& persona) {
  return {{"id", persona.id},
          {"version", persona.version},
          {"sha256", persona.sha256},
          {"config", ordered_json::parse(persona.config_json)}};
}

ordered_json mark_json(const PublishedFacts& facts) {
  ordered_json out = {{"present", facts.mark.present}};
  if (!facts.mark.present) return out;
  out["scheme"] = facts.mark.scheme;
  out["key_fingerprint"] = facts.mark.key_fingerprint;
  out["payload_hex"] = facts.mark.payload_hex;
  out["strength"] = facts.mark.strength;
  out["snr_db"] = tidy_db(facts.mark.snr_db);
  return out;
}

ordered_json disclosure_json(const PublishedFacts& facts) {
  const DisclosureFacts& said = facts.disclosure;
  ordered_json out = {{"ai_generated", true},
                      {"digital_source_type", digital_source_type_uri(said.source_type)},
                      {"provider", said.provider},
                      {"system", said.system},
                      {"system_version", said.system_version},
                      {"content_id", said.content_id},
                      {"persona", said.persona},
                      {"vocals", ai_share_name(said.credits.vocals)},
                      {"instrumentation", ai_share_name(said.credits.instrumentation)},
                      {"composition", ai_share_name(said.credits.composition)},
                      {"post_production", ai_share_name(said.credits.post_production)},
                      {"lyrics", ai_share_name(said.credits.lyrics)}};
  if (!said.created.empty()) out["created"] = said.created;
  return out;
}

/// What is known of a recorded voice: whose it is, and when it begins.
ordered_json recorded_voice_json(const Song& song) {
  ordered_json starts = ordered_json::array();
  for (const double start : song.voice_starts_s) starts.push_back(tidy(start));
  return {{"source", song.options.voice->source},
          {"licence", song.options.voice->licence},
          {"sha256", song.options.voice->sha256},
          {"starts_s", starts}};
}

// Reading back
// -------------------------------------------------------------------------------------

[[noreturn]] void bad(const std::string& name, const std::string& what) {
  throw Error(ErrorCode::kFormat, name + ": " + what);
}

const nlohmann::json& need(const nlohmann::json& object, const char* key, const std::string& name) {
  if (!object.is_object() || !object.contains(key)) {
    bad(name, std::string("not a song.json of this version: key \"") + key + "\" is missing");
  }
  return object.at(key);
}

std::string toml_text(const nlohmann::json& value) {
  // JSON strings, numbers, booleans and arrays of them are TOML as they stand.
  return value.dump();
}

Persona persona_from_json(const nlohmann::json& document, const std::string& name) {
  Config config = Config::from_text("", name);
  for (const auto& [key, value] : need(document, "config", name).items()) {
    config.set(key + "=" + toml_text(value));
  }
  Persona persona = parse_persona(config);
  if (persona.sha256 != need(document, "sha256", name).get<std::string>()) {
    log_warning(name + ": the persona read back as " + persona.sha256.substr(0, 8) +
                ", not as recorded: it was written by another version");
  }
  return persona;
}

}  // namespace

std::vector<std::pair<double, double>> sung_word_times_s(const Song& song) {
  const std::vector<Span> syllable = syllable_spans(song);
  std::vector<Span> word(song.score.words.size());
  for (std::size_t i = 0; i < syllable.size(); ++i) {
    word[static_cast<std::size_t>(song.score.syllables[i].word)].cover(syllable[i].start_s,
                                                                       syllable[i].end_s);
  }
  std::vector<std::pair<double, double>> times;
  for (const Span& span : word) times.emplace_back(span.start_s, span.end_s);
  return times;
}

std::string song_id(const GenerateOptions& options) {
  ordered_json identity = {{"schema", "brandiron.song/1"},
                           {"version", version()},
                           {"spec", spec_json(options)},
                           {"persona", options.persona.sha256}};
  if (options.composer) identity["composer"] = options.composer->sha256;
  if (options.voice) identity["recorded_voice"] = options.voice->sha256;
  return sha256_hex(identity.dump());
}

nlohmann::ordered_json song_document(const Song& song, const PublishedFacts& facts) {
  const Score& score = song.score;
  const AudioBuffer& master = song.mix.master;
  ordered_json document = {
      {"schema", "brandiron.song/1"},
      {"id", song_id(song.options)},
      {"title", score.title},
      {"theme", score.theme},
      {"seed", song.options.spec.seed},
      {"spec", spec_json(song.options)},
      {"persona", persona_json(song.options.persona)},
      {"generator", generator_json(song)},
      {"audio",
       {{"file", facts.audio_file},
        {"format", facts.publish.format},
        {"sample_rate_hz", master.rate_hz()},
        {"channels", master.num_channels()},
        {"duration_s", tidy(master.duration_s())},
        {"integrated_lufs", tidy_db(facts.integrated_lufs)},
        {"true_peak_dbtp", tidy_db(facts.true_peak_dbtp)},
        {"pcm_sha256", facts.pcm_sha256},
        {"unmarked_pcm_sha256", facts.unmarked_pcm_sha256}}},
      {"tempo_bpm", score.tempo_bpm},
      {"key", score.key_label()},
      {"meter", score.meter_label()},
      {"groove", score.groove},
      {"sections", sections_json(score)},
      {"beats", beats_json(score)},
      {"chords", chords_json(score)},
      {"parts", parts_json(song)},
      {"lyrics", lyrics_json(song)},
      {"f0", f0_json(song.lead)},
      {"techniques", techniques_json(song)},
      {"draws", draws_json(song.score)},
      {"stems", stems_json(song, facts)},
      {"mix", mix_json(song)},
      {"decoder", decoder_json(song)},
      {"watermark", mark_json(facts)},
      {"disclosure", disclosure_json(facts)},
  };
  if (song.options.composer) document["composer"] = persona_json(*song.options.composer);
  if (song.options.voice) {
    // Nobody wrote down what the recording sings.
    document["lyrics"] = nullptr;
    document["f0"] = nullptr;
    document["recorded_voice"] = recorded_voice_json(song);
  }
  return document;
}

SongRecord read_song_json(const std::string& json, const std::string& name) {
  SongRecord record;
  try {
    const auto document = nlohmann::json::parse(json);
    if (need(document, "schema", name) != "brandiron.song/1") {
      bad(name, "schema is " + document["schema"].dump() + ", expected \"brandiron.song/1\"");
    }
    const auto& spec = need(document, "spec", name);
    SongSpec& to = record.options.spec;
    to.title = need(spec, "title", name).get<std::string>();
    to.theme = need(spec, "theme", name).get<std::string>();
    to.form = need(spec, "form", name).get<std::string>();
    to.key = need(spec, "key", name).get<std::string>();
    to.groove = need(spec, "groove", name).get<std::string>();
    to.tempo_bpm = need(spec, "tempo_bpm", name).get<double>();
    to.duration_s = need(spec, "duration_s", name).get<double>();
    to.lyrics = need(spec, "lyrics", name).get<std::string>();
    to.seed = need(spec, "seed", name).get<std::uint64_t>();
    if (spec.contains("chords")) spec.at("chords").get_to(to.chords);
    if (spec.contains("melody")) spec.at("melody").get_to(to.melody);
    record.options.preset = need(spec, "preset", name).get<std::string>();
    record.options.singer = spec.value("singer", "");
    record.options.decoder = {spec.value("decoder", ""), spec.value("decoder_scope", ""),
                              spec.value("decoder_kbps", 0.0)};
    if (document.contains("composer")) {
      record.options.composer = persona_from_json(document.at("composer"), name);
    }
    if (document.contains("recorded_voice")) {
      const auto& voice = document.at("recorded_voice");
      record.options.voice = RecordedVoice{need(voice, "source", name).get<std::string>(),
                                           need(voice, "licence", name).get<std::string>(),
                                           need(voice, "sha256", name).get<std::string>()};
    }
    record.options.rate_hz = need(spec, "rate_hz", name).get<int>();
    record.options.mix.target_lufs = need(spec, "target_lufs", name).get<double>();
    record.options.mix.true_peak_dbtp = need(spec, "true_peak_dbtp", name).get<double>();
    record.options.mix.vocal_over_band_db = need(spec, "vocal_over_band_db", name).get<double>();
    record.options.mix.producedness = need(spec, "producedness", name).get<double>();
    record.options.persona = persona_from_json(need(document, "persona", name), name);
    const auto& audio = need(document, "audio", name);
    record.publish.format = need(audio, "format", name).get<std::string>();
    record.pcm_sha256 = need(audio, "pcm_sha256", name).get<std::string>();
    record.unmarked_pcm_sha256 = need(audio, "unmarked_pcm_sha256", name).get<std::string>();
    record.publish.stems = !need(document, "stems", name).empty();
    record.publish.own_lyrics = !to.lyrics.empty();
    const auto& disclosure = need(document, "disclosure", name);
    record.publish.created = disclosure.value("created", "");
    record.publish.own_tune = disclosure.value("composition", "") == "none";
    const auto& mark = need(document, "watermark", name);
    record.marked = need(mark, "present", name).get<bool>();
    if (record.marked) {
      record.publish.payload_hex = need(mark, "payload_hex", name).get<std::string>();
      record.key_fingerprint = need(mark, "key_fingerprint", name).get<std::string>();
      record.mark_strength = need(mark, "strength", name).get<double>();
    }
    record.generator_version = need(need(document, "generator", name), "version", name);
  } catch (const nlohmann::json::exception& error) {
    bad(name, std::string("not a song.json: ") + error.what());
  }
  return record;
}

}  // namespace brandiron::gen
