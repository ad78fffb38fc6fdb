#include "generate_ep.h"

#include <fmt/format.h>

#include <cctype>
#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "brandiron/core/log.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/version.h"
#include "brandiron/gen/ep.h"
#include "finished_song.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr std::size_t kLongestName = 48;

/// "01-whiskey-on-the-ledger": a name that every file system takes.
std::string folder_name(std::size_t track, const std::string& title) {
  std::string name = fmt::format("{:02}-", track + 1);
  for (const char c : title) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && std::isalnum(byte)) {
      name += static_cast<char>(std::tolower(byte));
    } else if (c != '\'' && name.back() != '-') {
      name += '-';
    }
    if (name.size() >= kLongestName) break;
  }
  while (name.back() == '-') name.pop_back();
  return name;
}

std::string form_text(const gen::Score& score) {
  std::string form;
  for (const gen::Section& section : score.sections) {
    form += (form.empty() ? "" : " ") + section.label;
  }
  return form;
}

gen::GenerateOptions options_of(const EpRequest& request, const gen::SongSpec& spec) {
  gen::GenerateOptions options = request.options;
  options.spec = spec;
  return options;
}

ordered_json manifest_line(std::size_t track, const std::string& name, const fs::path& folder,
                           const ordered_json& document, const gen::Score& score) {
  const std::string file = document.at("audio").at("file");
  const auto& mark = document.at("watermark");
  return {{"id", document.at("id")},
          {"track", track + 1},
          {"file", name + "/" + file},
          {"song", name + "/song.json"},
          {"sha256", sha256_hex(read_file(folder / file))},
          {"title", document.at("title")},
          {"label", "ai"},
          {"generator", "brandiron/" + version()},
          {"source", document.at("persona").at("id")},
          {"persona", document.at("persona").at("id")},
          {"seed", document.at("seed")},
          {"theme", document.at("theme")},
          {"key", document.at("key")},
          {"tempo_bpm", document.at("tempo_bpm")},
          {"meter", document.at("meter")},
          {"groove", document.at("groove")},
          {"form", form_text(score)},
          {"duration_s", document.at("audio").at("duration_s")},
          {"payload_hex", mark.value("payload_hex", "")}};
}

std::string track_text(std::size_t track, const gen::Score& score) {
  return fmt::format("  {:>2}. {:<40} {:>6} {:>6.0f} bpm {:>5} {:<7} {:<10} {}", track + 1,
                     score.title, score.key_label(), score.tempo_bpm, score.meter_label(),
                     score.groove, score.theme, format_duration(score.time_s(score.num_beats())));
}

gen::EpPlan plan_of(const EpRequest& request) {
  gen::SongSpec base = request.options.spec;
  // The preset's length, said where the plan can see it.
  if (request.options.preset == "debug" && base.duration_s == 0) base.duration_s = 20;
  return gen::plan_ep(base, request.options.persona, request.songs);
}

std::string text_of(const gen::EpPlan& plan, const EpRequest& request) {
  std::string text = fmt::format("\"{}\" by {}, {} songs", plan.title, request.options.persona.name,
                                 request.songs);
  for (std::size_t i = 0; i < plan.scores.size(); ++i) {
    text += "\n" + track_text(i, plan.scores[i]);
  }
  return text;
}

}  // namespace

std::string ep_plan_text(const EpRequest& request) { return text_of(plan_of(request), request); }
EpReport make_ep(const EpRequest& request, const Marker& marker) {
  const fs::path manifest = request.folder / "manifest.jsonl";
  std::error_code error;
  if (!request.publish.overwrite && fs::exists(manifest, error)) {
    throw Error(ErrorCode::kOutput, request.folder.string() +
                                        ": cannot be written: it holds a finished EP; give "
                                        "--overwrite to replace it");
  }
  const gen::EpPlan plan = plan_of(request);
  fs::create_directories(request.folder, error);
  if (error) throw Error(ErrorCode::kOutput, request.folder.string() + ": " + error.message());
  // While songs are being replaced the old list is not true.
  if (request.publish.overwrite) fs::remove(manifest, error);
  EpReport report;
  ordered_json tracks = ordered_json::array();
  Progress progress("songs", plan.specs.size(), "songs");
  for (std::size_t i = 0; i < plan.specs.size(); ++i) {
    const std::string name = folder_name(i, plan.scores[i].title);
    const fs::path folder = request.folder / name;
    const gen::GenerateOptions options = options_of(request, plan.specs[i]);
    try {
      auto document = finished_song(folder,
                                    {gen::song_id(options), request.publish.format,
                                     request.publish.stems, request.key_fingerprint},
                                    request.publish.overwrite);
      if (!document) {
        gen::Song song = gen::generate_song(options, request.models);
        document =
            ordered_json::parse(gen::publish(song, marker, folder, request.publish).song_json);
      }
      tracks.push_back(manifest_line(i, name, folder, *document, plan.scores[i]));
    } catch (const Error& failure) {
      log_error(name + ": " + failure.what());
      ++report.failed;
    }
    progress.add(1, name);
  }
  progress.finish();
  ordered_json header = {{"schema", "brandiron.manifest/1"},
                         {"kind", "ep"},
                         {"title", plan.title},
                         {"artist", request.options.persona.name},
                         {"persona", request.options.persona.id},
                         {"persona_sha256", request.options.persona.sha256},
                         {"seed", request.options.spec.seed},
                         {"songs", plan.specs.size()},
                         {"generator", "brandiron/" + version()}};
  report.text = text_of(plan, request);
  if (report.failed > 0) {
    report.text += fmt::format("\n{} of {} songs failed; the same command goes on with them",
                               report.failed, plan.specs.size());
  } else {
    std::string lines = header.dump() + "\n";
    for (const ordered_json& track : tracks) lines += track.dump() + "\n";
    write_file(manifest, lines, request.publish.overwrite);
  }
  header["failed"] = report.failed;
  header["tracks"] = tracks;
  report.json = header.dump();
  return report;
}

}  // namespace brandiron::app
