#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/config.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/log.h"
#include "brandiron/core/memory.h"
#include "brandiron/gen/ep.h"
#include "brandiron/gen/song.h"
#include "brandiron/watermark/watermark.h"
#include "cli.h"
#include "disclose_options.h"
#include "generate_ep.h"
#include "song_models.h"

namespace brandiron::app {
namespace {

using watermark::Key;

constexpr int kSomeSongsFailed = 4;

struct GenerateArguments {
  std::string spec_file, out, persona, preset, lyrics_file, key_file = "demo";
  int ep = 0;  // songs; 0: one song, no EP
  gen::GenerateOptions options;
  gen::PublishOptions publish;
  bool no_watermark = false, times = false;
  double strength = 1.0;
  SigningArguments signing;
  std::string registry;
};

struct RenderArguments {
  std::string song, out, key_file;
  std::string format;
  bool stems = false;
};

/// [chords] and [melody]: every section there can be is asked for, so that a slip of the pen is an
/// unknown key with a suggestion.
void apply_sections(gen::SongSpec& to, const Config& spec) {
  constexpr int kMostOfAKind = 16;
  for (const char* label : {"intro", "verse", "chorus", "bridge", "instrumental", "outro"}) {
    for (int number = 0; number <= kMostOfAKind; ++number) {
      const std::string section = number == 0 ? label : label + ("_" + std::to_string(number));
      const std::string bars = spec.get_string("chords." + section, "");
      if (spec.has("chords." + section)) to.chords[section] = bars;
      const std::vector<std::string> lines = spec.get_strings("melody." + section);
      if (!lines.empty()) to.melody[section] = lines;
    }
  }
}

/// The text of a file of words. An empty file holds none, which is not the same as none being
/// given.
std::string words_in(const std::filesystem::path& file) {
  std::string text = read_file(file, 1 << 20);
  return text.empty() ? "\n" : text;
}

/// The words of a file that SPEC.toml names, beside itself.
void apply_lyrics_file(gen::SongSpec& to, const Config& spec, const std::string& spec_file) {
  const std::string named = spec.get_string("lyrics_file", "");
  if (named.empty()) return;
  if (spec.has("lyrics")) {
    throw Error(
        ErrorCode::kConfig,
        spec.origin("lyrics_file") + ": lyrics_file: lyrics are pinned as well; keep one of them");
  }
  if (!to.lyrics.empty()) return;  // a flag gave others
  to.lyrics = words_in(std::filesystem::path(spec_file).parent_path() / named);
}

/// `mix.*` of SPEC.toml or --set: how it is mixed, apart from what is played.
void apply_mix(gen::MixOptions& mix, const Config& spec) {
  mix.target_lufs = spec.get_double_in("mix.target_lufs", mix.target_lufs, -30, -6);
  mix.true_peak_dbtp = spec.get_double_in("mix.true_peak_dbtp", mix.true_peak_dbtp, -12, -0.5);
  mix.vocal_over_band_db =
      spec.get_double_in("mix.vocal_over_band_db", mix.vocal_over_band_db, -12, 12);
  mix.producedness = spec.get_double_in("mix.producedness", mix.producedness, 0, 1.5);
}

/// SPEC.toml pins what it names; flags win over it.
void apply_spec_file(GenerateArguments& arguments, const Config& spec) {
  gen::SongSpec& to = arguments.options.spec;
  const auto text = [&](const char* key, std::string& field) {
    const std::string pinned = spec.get_string(key, "");  // asked for even where a flag wins
    if (field.empty()) field = pinned;
  };
  text("title", to.title);
  text("theme", to.theme);
  text("form", to.form);
  text("key", to.key);
  text("groove", to.groove);
  text("lyrics", to.lyrics);
  apply_sections(to, spec);
  const auto number = [&](const char* key, double& field) {
    const double pinned = spec.get_double(key, 0.0);
    if (field == 0) field = pinned;
  };
  number("tempo_bpm", to.tempo_bpm);
  number("duration_s", to.duration_s);
  text("persona", arguments.persona);
  text("preset", arguments.preset);
  text("decoder", arguments.options.decoder.family);
  text("decoder_scope", arguments.options.decoder.scope);
  number("decoder_kbps", arguments.options.decoder.kbps);
  apply_mix(arguments.options.mix, spec);
}

/// The marker, with a manifest and a log entry for each song where those were asked for.
std::unique_ptr<Marker> discloser_for(std::unique_ptr<Marker> marker,
                                      const GenerateArguments& arguments,
                                      watermark::Registry* registry) {
  watermark::SealOptions seal;
  if (arguments.signing.given()) seal.credentials = credentials_of(arguments.signing);
  seal.registry = registry;
  if (!seal.credentials && registry == nullptr) return marker;
  return watermark::make_discloser(std::move(marker), std::move(seal));
}

std::string summary(const gen::Song& song, const gen::Published& published, bool times) {
  std::string text = fmt::format(
      "{}: \"{}\" by {}, {:.0f} s, {:.1f} bpm, {}, {:.1f} LUFS, {:.1f} dBTP, {}",
      published.mix.string(), song.score.title, song.options.persona.name,
      song.mix.master.duration_s(), song.score.tempo_bpm, song.score.key_label(),
      published.integrated_lufs, published.true_peak_dbtp,
      published.mark.present ? "marked with payload " + published.mark.payload_hex : "NOT marked");
  if (times) {
    const gen::StageTimes& t = song.times;
    text += fmt::format(
        "\n  CPU seconds: songwriter {:.2f}, voice {:.2f}, band {:.2f}, mix {:.2f}, decoder "
        "{:.2f}, "
        "mark {:.2f}, files {:.2f}",
        t.songwriter_s, t.voice_s, t.band_s, t.mix_s, t.decoder_s, t.mark_s, t.files_s);
  }
  return text;
}

std::string summary_json(const gen::Song& song, const gen::Published& published) {
  const gen::StageTimes& t = song.times;
  return nlohmann::ordered_json{{"schema", "brandiron.generated/1"},
                                {"file", published.mix.string()},
                                {"id", gen::song_id(song.options)},
                                {"title", song.score.title},
                                {"persona", song.options.persona.id},
                                {"duration_s", song.mix.master.duration_s()},
                                {"integrated_lufs", published.integrated_lufs},
                                {"true_peak_dbtp", published.true_peak_dbtp},
                                {"pcm_sha256", published.pcm_sha256},
                                {"unmarked_pcm_sha256", published.unmarked_pcm_sha256},
                                {"payload_hex", published.mark.payload_hex},
                                {"cpu_s",
                                 {{"songwriter", t.songwriter_s},
                                  {"voice", t.voice_s},
                                  {"band", t.band_s},
                                  {"mix", t.mix_s},
                                  {"decoder", t.decoder_s},
                                  {"mark", t.mark_s},
                                  {"files", t.files_s}}}}
      .dump();
}

/// Everything that is given, in one place: file, flags, words.
void resolve(GenerateArguments& arguments, const Globals& globals) {
  Config spec;
  const std::string spec_file = arguments.spec_file.empty() ? globals.config : arguments.spec_file;
  if (!spec_file.empty()) spec = Config::from_file(spec_file);
  for (const std::string& assignment : globals.set) spec.set(assignment);
  if (!arguments.lyrics_file.empty()) {
    arguments.options.spec.lyrics = words_in(arguments.lyrics_file);
  }
  apply_spec_file(arguments, spec);
  apply_lyrics_file(arguments.options.spec, spec, spec_file);
  const std::int64_t pinned_seed = spec.get_int("seed", 1);
  arguments.options.spec.seed = globals.seed.value_or(static_cast<std::uint64_t>(pinned_seed));
  spec.check_all_used();
  gen::validate_spec(arguments.options.spec);
  arguments.publish.own_lyrics = !arguments.options.spec.lyrics.empty();
  if (!arguments.publish.payload_hex.empty()) {
    arguments.publish.payload_hex =
        watermark::payload_hex(watermark::parse_payload(arguments.publish.payload_hex));
  }
  arguments.publish.overwrite = globals.overwrite;
  if (!arguments.preset.empty()) arguments.options.preset = arguments.preset;
  arguments.options.persona =
      gen::load_persona(arguments.persona.empty() ? "rust-hollow" : arguments.persona);
  arguments.options.mix.keep_stems = arguments.publish.stems;
  // Only what is signed or logged says when: other songs are the same bytes on every run.
  if (arguments.signing.given() || !arguments.registry.empty())
    arguments.publish.created = utc_now();
}

/// What was changed in a person's words, for the person.
void tell_adapted(const gen::Score& score, const Globals& globals) {
  if (globals.quiet) return;
  for (const std::string& note : score.adapted) {
    fmt::print(stderr, "brandiron: lyrics: {}\n", note);
  }
}

EpRequest ep_request(const GenerateArguments& a) {
  EpRequest request{a.options, a.publish, a.ep, a.out, ""};
  if (!a.no_watermark) {
    request.key_fingerprint =
        (a.key_file == "demo" ? Key::demo() : Key::read(a.key_file)).fingerprint();
  }
  return request;
}

int generate_ep(const GenerateArguments& arguments, const Marker& marker,
                const gen::SongModels& models, const Globals& globals) {
  EpRequest request = ep_request(arguments);
  request.models = models;
  const EpReport report = make_ep(request, marker);
  print_line(globals.json ? report.json : report.text);
  return report.failed > 0 ? kSomeSongsFailed : 0;
}

int generate(GenerateArguments arguments, const SongModelLoaders& loaders, const Globals& globals) {
  resolve(arguments, globals);
  if (globals.dry_run) {
    if (arguments.ep > 0) {
      print_line(ep_plan_text(ep_request(arguments)));
      return 0;
    }
    print_line("would write " + arguments.out + "/song." + arguments.publish.format + ", id " +
               gen::song_id(arguments.options));
    return 0;
  }
  keep_freed_memory();
  std::unique_ptr<watermark::Registry> registry;
  if (!arguments.registry.empty()) registry = open_registry(arguments.registry, true);
  const auto marker =
      discloser_for(song_marker(arguments.no_watermark, arguments.key_file, arguments.strength),
                    arguments, registry.get());
  const LoadedModels models = load_models(arguments.options, loaders);
  if (arguments.ep > 0) return generate_ep(arguments, *marker, models.view(), globals);
  gen::Song song = gen::generate_song(arguments.options, models.view());
  tell_adapted(song.score, globals);
  const auto published = gen::publish(song, *marker, arguments.out, arguments.publish);
  print_line(globals.json ? summary_json(song, published)
                          : summary(song, published, arguments.times));
  return 0;
}

/// Applies `--set` to a recorded song: one thing changes, the rest stays.
void change(gen::GenerateOptions& options, const std::vector<std::string>& assignments) {
  if (assignments.empty()) return;
  Config changes;
  for (const std::string& assignment : assignments) changes.set(assignment);
  gen::SongSpec& spec = options.spec;
  spec.title = changes.get_string("title", spec.title);
  spec.theme = changes.get_string("theme", spec.theme);
  spec.form = changes.get_string("form", spec.form);
  spec.key = changes.get_string("key", spec.key);
  spec.groove = changes.get_string("groove", spec.groove);
  spec.tempo_bpm = changes.get_double("tempo_bpm", spec.tempo_bpm);
  spec.duration_s = changes.get_double("duration_s", spec.duration_s);
  options.decoder.family = changes.get_string("decoder", options.decoder.family);
  options.decoder.scope = changes.get_string("decoder_scope", options.decoder.scope);
  options.decoder.kbps = changes.get_double("decoder_kbps", options.decoder.kbps);
  if (changes.has("persona")) options.persona = gen::load_persona(changes.get_string("persona"));
  apply_mix(options.mix, changes);
  changes.check_all_used();
}

int render(const RenderArguments& arguments, const SongModelLoaders& loaders,
           const Globals& globals) {
  gen::SongRecord record =
      gen::read_song_json(read_file(arguments.song, std::size_t{1} << 28), arguments.song);
  change(record.options, globals.set);
  const bool changed = !globals.set.empty();
  // Without the key of the song its unmarked PCM is what can be made again and checked.
  std::string key_file = arguments.key_file;
  if (key_file.empty() && record.marked && record.key_fingerprint == Key::demo().fingerprint()) {
    key_file = "demo";
  }
  if (!key_file.empty() && record.marked && key_file != "demo" &&
      Key::read(key_file).fingerprint() != record.key_fingerprint) {
    throw Error(ErrorCode::kInvalidArgument,
                key_file + ": is key " + Key::read(key_file).fingerprint() +
                    ", the song was marked with " + record.key_fingerprint);
  }
  const bool mark = record.marked && !key_file.empty();
  if (changed) record.publish.payload_hex.clear();
  if (arguments.stems) record.publish.stems = true;
  if (!arguments.format.empty()) record.publish.format = arguments.format;
  record.publish.overwrite = globals.overwrite;
  const auto marker = song_marker(!mark, key_file, record.mark_strength);
  record.options.mix.keep_stems = record.publish.stems;
  keep_freed_memory();
  const LoadedModels models = load_models(record.options, loaders);
  gen::Song song = gen::generate_song(record.options, models.view());
  const auto published = gen::publish(song, *marker, arguments.out, record.publish);
  print_line(globals.json ? summary_json(song, published) : summary(song, published, false));
  if (changed) return 0;
  const bool same = published.unmarked_pcm_sha256 == record.unmarked_pcm_sha256 &&
                    (!mark || published.pcm_sha256 == record.pcm_sha256);
  if (!same) {
    throw Error(ErrorCode::kFormat,
                arguments.song +
                    ": rendered audio differs from the recorded hashes (written by version " +
                    record.generator_version +
                    "; the same version on the same machine type promises equality)");
  }
  log_info(mark ? "identical to the recorded pcm_sha256"
                : "identical to the recorded unmarked_pcm_sha256 (no key given)");
  return 0;
}

}  // namespace

void add_generate(Cli& cli, const SongModelLoaders& loaders) {
  auto a = std::make_shared<GenerateArguments>();
  CLI::App* sub =
      cli.verb(cli.app, "generate", "write, sing, play and mix one song with its ground truth",
               {"brandiron generate -o out/song --lyrics words.txt --tempo 80",
                "brandiron generate configs/song/porch-light.toml -o out/waltz --stems"},
               [&cli, a, loaders] { return generate(*a, loaders, cli.globals); });
  sub->add_option(
      "SPEC,--spec", a->spec_file,
      "TOML that pins title, theme, form, key, tempo_bpm, groove, chords, lyrics, melody");
  sub->add_option("-o,--out", a->out, "folder to make")->required();
  sub->add_option("--persona", a->persona,
                  "name in configs/persona, or a TOML file (default: rust-hollow)")
      ->envname("BRANDIRON_PERSONA");
  sub->add_option("--title", a->options.spec.title, "title (it returns in the chorus)");
  sub->add_option("--theme", a->options.spec.theme, "see brandiron persona list --themes");
  sub->add_option("--lyrics", a->lyrics_file, "text file with [Verse] and [Chorus] tags to sing");
  sub->add_option("--key", a->options.spec.key, "e.g. E:maj or A:min");
  sub->add_option("--groove", a->options.spec.groove, "stomp, train, waltz or ballad");
  sub->add_option("--tempo", a->options.spec.tempo_bpm, "beats a minute")
      ->check(CLI::Range(40.0, 240.0));
  sub->add_option("--form", a->options.spec.form, "e.g. \"intro verse chorus verse chorus outro\"");
  sub->add_option("--duration", a->options.spec.duration_s, "seconds, met within a few bars")
      ->check(CLI::Range(10.0, 1200.0));
  sub->add_option("--ep", a->ep,
                  "this many songs that belong together, each in a folder of its own")
      ->check(CLI::Range(2, gen::kMostEpSongs));
  sub->add_option(
         "--preset", a->preset,
         "lean (default), vocal (the learned singer leads, through a neural decoder), full (the "
         "mix through a decoder as well) or debug (20 s)")
      ->envname("BRANDIRON_PRESET");
  sub->add_option("--singer", a->options.singer,
                  "who makes the lead's sound: bank or learned (default: as the preset)")
      ->check(CLI::IsMember({"bank", "learned"}));
  std::vector<std::string> decoders = gen::decoder_family_names();
  decoders.emplace_back("none");
  sub->add_option("--decoder", a->options.decoder.family,
                  "neural decoder: hifigan, encodec, dac, nearest, istft or none (default: as the "
                  "preset)")
      ->check(CLI::IsMember(decoders))
      ->envname("BRANDIRON_DECODER");
  sub->add_option("--decoder-scope", a->options.decoder.scope,
                  "what goes through it: voice, mix or both (default: as the preset, else mix)")
      ->check(CLI::IsMember({"voice", "mix", "both"}));
  sub->add_option("--decoder-kbps", a->options.decoder.kbps,
                  "bit rate of a channel, where the family quantises (default: the family's)")
      ->check(CLI::Range(0.1, 1000.0));
  sub->add_option("--rate", a->options.rate_hz, "44100 or 48000");
  sub->add_flag("--stems", a->publish.stems, "write the stems too (24-bit FLAC)");
  sub->add_option("--format", a->publish.format, "of the mix")
      ->check(CLI::IsMember({"flac", "wav", "mp3", "ogg", "opus"}));
  sub->add_option("--watermark-key", a->key_file,
                  "key file (default: demo, the published key: it protects nothing)")
      ->envname("BRANDIRON_WATERMARK_KEY");
  sub->add_option("--payload", a->publish.payload_hex,
                  "up to 16 hex digits (default: the song's id)");
  sub->add_option("--strength", a->strength, "of the mark; 1 is the default")
      ->check(CLI::Range(0.1, 4.0));
  add_signing_options(*sub, a->signing);
  sub->add_option("--registry", a->registry, "also log the song there (see disclose)")
      ->envname("BRANDIRON_REGISTRY");
  sub->add_flag("--no-watermark", a->no_watermark, "for controls only; song.json says so");
  sub->add_flag("--times", a->times, "print the CPU seconds of each stage");

  auto r = std::make_shared<RenderArguments>();
  CLI::App* again =
      cli.verb(cli.app, "render", "the song of a song.json again, bit for bit",
               {"brandiron render out/song/song.json -o out/again",
                "brandiron render out/song/song.json -o out/slower --set tempo_bpm=72"},
               [&cli, r, loaders] { return render(*r, loaders, cli.globals); });
  again->add_option("SONG", r->song, "song.json")->required();
  again->add_option("-o,--out", r->out, "folder to make")->required();
  again->add_option("--watermark-key", r->key_file, "key file the song was marked with")
      ->envname("BRANDIRON_WATERMARK_KEY");
  again->add_option("--format", r->format, "of the mix (default: as recorded)")
      ->check(CLI::IsMember({"flac", "wav", "mp3", "ogg", "opus"}));
  again->add_flag("--stems", r->stems, "write the stems too");
}

}  // namespace brandiron::app
