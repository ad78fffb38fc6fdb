#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audio_io.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/log.h"
#include "brandiron/core/memory.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/version.h"
#include "brandiron/gen/song.h"
#include "brandiron/gen/twins.h"
#include "cli.h"
#include "finished_song.h"
#include "song_models.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr int kSomeTwinsFailed = 4;

const std::vector<std::string>& all_kinds() {
  static const std::vector<std::string> kinds = {"original", "decoders", "persona", "mix",
                                                 "unmarked"};
  return kinds;
}

struct Arguments {
  std::string song, out, persona, key_file = "demo", scope = "mix", format = "flac";
  std::vector<std::string> kinds = all_kinds();
  std::vector<std::string> families = gen::decoder_family_names();
  bool stems = false;
};

/// One version of the song: everything but what `kind` names is as in the original.
struct Twin {
  std::string kind;  ///< original, decoder-<family>, persona, mix, unmarked
  gen::GenerateOptions options;
  bool marked = true;
  std::string id() const { return gen::song_id(options).substr(0, 16) + "-" + kind; }
};

gen::Persona other_persona(const gen::Persona& persona, const std::string& named) {
  if (!named.empty()) return gen::load_persona(named);
  const std::vector<std::string> names = gen::list_personas();
  const auto at = std::find(names.begin(), names.end(), persona.id);
  const std::size_t next = at == names.end() ? 0 : static_cast<std::size_t>(at - names.begin()) + 1;
  return gen::load_persona(names[next % names.size()]);
}

std::vector<Twin> plan_twins(const gen::GenerateOptions& recorded, const Arguments& a) {
  const auto wanted = [&](const char* kind) {
    return std::find(a.kinds.begin(), a.kinds.end(), kind) != a.kinds.end();
  };
  gen::GenerateOptions plain = recorded;
  // A song that passed no decoder is its own original, by its id too.
  if (!gen::wanted_decoder(recorded).empty()) plain.decoder = {"none", "", 0};
  plain.mix.keep_stems = a.stems;
  // The others refer to the original, so it is always there.
  std::vector<Twin> twins = {{"original", plain, true}};
  if (wanted("decoders")) {
    for (const std::string& family : a.families) {
      gen::GenerateOptions options = plain;
      options.decoder = {family, a.scope, 0};
      twins.push_back({"decoder-" + family, options, true});
    }
  }
  if (wanted("persona")) {
    gen::GenerateOptions options = plain;
    if (!options.composer) options.composer = plain.persona;
    options.persona = other_persona(plain.persona, a.persona);
    twins.push_back({"persona", options, true});
  }
  if (wanted("mix")) {
    gen::GenerateOptions options = plain;
    options.mix = gen::other_mix(options.mix);
    twins.push_back({"mix", options, true});
  }
  if (wanted("unmarked")) twins.push_back({"unmarked", plain, false});
  return twins;
}

ordered_json manifest_line(const Twin& twin, const std::string& parent_id, const fs::path& folder,
                           const ordered_json& document) {
  const std::string file = document.at("audio").at("file");
  const auto& decoder = document.at("decoder");
  return {{"id", twin.id()},
          {"file", twin.kind + "/" + file},
          {"song", twin.kind + "/song.json"},
          {"sha256", sha256_hex(read_file(folder / file, std::size_t{1} << 32))},
          {"label", "ai"},
          {"twin", twin.kind},
          {"parent_id", twin.kind == "original" ? ordered_json() : ordered_json(parent_id)},
          {"generator", "brandiron/" + version()},
          {"persona", document.at("persona").at("id")},
          {"seed", document.at("seed")},
          {"title", document.at("title")},
          {"decoder", decoder.at("family")},
          {"decoder_scope", decoder.value("scope", "")},
          {"integrated_lufs", document.at("audio").at("integrated_lufs")},
          {"producedness", document.at("spec").at("producedness")},
          {"duration_s", document.at("audio").at("duration_s")},
          {"marked", document.at("watermark").at("present")},
          {"payload_hex", document.at("watermark").value("payload_hex", "")}};
}

/// What twins are made with.
struct Workshop {
  const Arguments& arguments;
  const SongModelLoaders& loaders;
  bool overwrite;
  std::string key_fingerprint;
  std::unique_ptr<Marker> marker, no_marker;
};

ordered_json make_twin(const Twin& twin, const std::string& parent_id, const Workshop& shop) {
  const Arguments& a = shop.arguments;
  const fs::path folder = fs::path(a.out) / twin.kind;
  auto document = finished_song(
      folder,
      {gen::song_id(twin.options), a.format, a.stems, twin.marked ? shop.key_fingerprint : ""},
      shop.overwrite);
  if (!document) {
    const LoadedModels models = load_models(twin.options, shop.loaders);
    gen::Song song = gen::generate_song(twin.options, models.view());
    gen::PublishOptions publish;
    publish.format = a.format;
    publish.stems = a.stems;
    publish.overwrite = shop.overwrite;
    publish.own_lyrics = !twin.options.spec.lyrics.empty();
    const Marker& marker = twin.marked ? *shop.marker : *shop.no_marker;
    document = ordered_json::parse(gen::publish(song, marker, folder, publish).song_json);
  }
  return manifest_line(twin, parent_id, folder, *document);
}

int make_twins(const Arguments& a, const SongModelLoaders& loaders, const Globals& globals) {
  const gen::SongRecord record =
      gen::read_song_json(read_file(a.song, std::size_t{1} << 28), a.song);
  const std::vector<Twin> twins = plan_twins(record.options, a);
  const Workshop shop{a,
                      loaders,
                      globals.overwrite,
                      read_key(a.key_file).fingerprint(),
                      song_marker(false, a.key_file),
                      song_marker(true, "")};
  if (globals.dry_run) {
    for (const Twin& twin : twins) print_line(twin.id());
    return 0;
  }
  const fs::path manifest = fs::path(a.out) / "manifest.jsonl";
  std::error_code error;
  if (!globals.overwrite && fs::exists(manifest, error)) {
    throw Error(ErrorCode::kOutput,
                manifest.string() + ": exists; give --overwrite or another folder");
  }
  fs::create_directories(a.out, error);
  if (error) throw Error(ErrorCode::kOutput, a.out + ": " + error.message());
  if (globals.overwrite) fs::remove(manifest, error);
  keep_freed_memory();
  std::vector<ordered_json> lines(twins.size());
  std::vector<std::string> failures(twins.size());
  Progress progress("twins", twins.size(), "songs");
  parallel_for(twins.size(), globals.jobs, [&](std::size_t i) {
    try {
      lines[i] = make_twin(twins[i], twins.front().id(), shop);
    } catch (const Error& failure) {
      failures[i] = failure.what();
    }
    progress.add(1, twins[i].kind);
  });
  progress.finish();
  ordered_json report = {{"schema", "brandiron.manifest/1"},
                         {"kind", "twins"},
                         {"parent_id", twins.front().id()},
                         {"songs", twins.size()},
                         {"generator", "brandiron/" + version()}};
  std::string text = report.dump() + "\n";
  int failed = 0;
  for (std::size_t i = 0; i < twins.size(); ++i) {
    if (failures[i].empty()) {
      text += lines[i].dump() + "\n";
    } else {
      log_error(twins[i].kind + ": " + failures[i]);
      ++failed;
    }
  }
  if (failed == 0) write_file(manifest, text, globals.overwrite);
  if (globals.json) {
    report["failed"] = failed;
    report["twins"] = lines;
    print_line(report.dump());
  } else {
    print_line(failed == 0
                   ? fmt::format("{}: {} twins of \"{}\"", manifest.string(), twins.size(),
                                 lines.front().at("title").get<std::string>())
                   : fmt::format("{} of {} twins failed; the same command goes on with them",
                                 failed, twins.size()));
  }
  return failed == 0 ? 0 : kSomeTwinsFailed;
}

}  // namespace

void add_twins(Cli& cli, const SongModelLoaders& loaders) {
  auto a = std::make_shared<Arguments>();
  CLI::App* sub = cli.verb(
      cli.app, "twins", "one song without a decoder, through each, by another persona, ...",
      {"brandiron twins out/song/song.json -o out/twins --kinds persona mix unmarked",
       "brandiron twins out/song/song.json -o out/decoded --kinds decoders --families istft"},
      [&cli, a, loaders] { return make_twins(*a, loaders, cli.globals); });
  sub->add_option("SONG", a->song, "song.json")->required();
  sub->add_option("-o,--out", a->out, "folder: a song a folder, and manifest.jsonl")->required();
  sub->add_option("--kinds", a->kinds, "decoders, persona, mix, unmarked (default: all)")
      ->check(CLI::IsMember(all_kinds()));
  sub->add_option("--families", a->families, "of decoders (default: all)")
      ->check(CLI::IsMember(gen::decoder_family_names()));
  sub->add_option("--scope", a->scope, "what goes through them: voice, mix (default) or both")
      ->check(CLI::IsMember({"voice", "mix", "both"}));
  sub->add_option("--persona", a->persona, "who sings it instead (default: the next in the list)");
  sub->add_option("--format", a->format, "of the mixes")
      ->check(CLI::IsMember({"flac", "wav", "mp3", "ogg", "opus"}));
  sub->add_option("--watermark-key", a->key_file, "key file (default: demo)")
      ->envname("BRANDIRON_WATERMARK_KEY");
  sub->add_flag("--stems", a->stems, "write the stems too");
}

}  // namespace brandiron::app
