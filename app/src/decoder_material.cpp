// Songs and clips that decoders learn from, as files.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/version.h"
#include "decoder_corpus.h"

namespace brandiron::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kSchema = "brandiron.decoder-material/1";
constexpr int kRateHz = 44100;

fs::path index_of(const fs::path& folder) { return folder / "material.json"; }

/// What the material depends on.
ordered_json key_of(const DecoderCorpusPlan& plan) {
  return {{"version", version()},
          {"songs", plan.songs},
          {"held_out_songs", plan.held_out_songs},
          {"first_seed", plan.first_seed},
          {"song_s", plan.song_s},
          {"sources", plan.sources},
          {"narrow", plan.narrow}};
}

AudioBuffer audio_of(const DecoderTrack& track) {
  AudioBuffer audio(1, track.samples.size(), kRateHz);
  for (std::size_t i = 0; i < track.samples.size(); ++i) {
    audio.channel(0)[i] = static_cast<float>(track.samples[i]) / 32768.0F;
  }
  return audio;
}

}  // namespace

bool has_decoder_material(const fs::path& folder) { return fs::exists(index_of(folder)); }

void write_decoder_material(const fs::path& folder, const DecoderCorpusPlan& plan,
                            const DecoderCorpus& corpus) {
  fs::create_directories(folder);
  ordered_json tracks = ordered_json::array();
  for (const bool held_out : {false, true}) {
    for (const DecoderTrack& track : held_out ? corpus.held_out : corpus.learnt) {
      const std::string file = fmt::format("{:04}.flac", tracks.size());
      WriteOptions options;
      options.overwrite = true;
      write_audio(folder / file, audio_of(track), options);
      tracks.push_back(
          {{"file", file}, {"name", track.name}, {"clip", track.clip}, {"held_out", held_out}});
    }
  }
  // Last: without it there is no material.
  write_file(
      index_of(folder),
      ordered_json{
          {"schema", kSchema}, {"plan", key_of(plan)}, {"notes", corpus.notes}, {"tracks", tracks}}
              .dump(1) +
          "\n",
      true);
}

DecoderCorpus read_decoder_material(const fs::path& folder, const DecoderCorpusPlan& plan) {
  const fs::path path = index_of(folder);
  DecoderCorpus corpus;
  try {
    const ordered_json index = ordered_json::parse(read_file(path));
    if (index.at("schema") != kSchema || index.at("plan") != key_of(plan)) {
      throw Error(ErrorCode::kFormat,
                  fmt::format("{}: material of another plan or version: {}, expected {}; give "
                              "another folder",
                              path.string(), index.at("plan").dump(), key_of(plan).dump()));
    }
    corpus.notes = index.at("notes").get<std::vector<std::string>>();
    for (const ordered_json& t : index.at("tracks")) {
      const fs::path file = folder / fs::path(t.at("file").get<std::string>()).filename();
      auto& to = t.at("held_out").get<bool>() ? corpus.held_out : corpus.learnt;
      to.push_back({t.at("name"), t.at("clip"), quantise_pcm16(read_audio(file))});
    }
  } catch (const nlohmann::json::exception& e) {
    throw Error(ErrorCode::kFormat, path.string() + ": not an index of material: " + e.what());
  }
  return corpus;
}

}  // namespace brandiron::app
