#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "brandiron/core/marker.h"
#include "brandiron/gen/band.h"
#include "brandiron/gen/performance.h"
#include "brandiron/gen/persona.h"
#include "brandiron/gen/score.h"
#include "brandiron/gen/songwriter.h"

namespace brandiron::gen {

struct GenerateOptions {
  SongSpec spec;
  Persona persona;
  MixOptions mix;
  std::string preset = "lean";
  int rate_hz = 44100;
};

/// CPU seconds of one thread by stage, for docs/performance.md.
struct StageTimes {
  double songwriter_s = 0, voice_s = 0, band_s = 0, mix_s = 0, mark_s = 0, files_s = 0;
};

/// A song with its complete ground truth, before it leaves through `publish`.
struct Song {
  GenerateOptions options;
  Score score;
  SungPart lead;
  BandPerformance band;  ///< notes and raw stems
  MixResult mix;
  StageTimes times;
};

/// Pure function of the options: the same bits on every run.
Song generate_song(const GenerateOptions& options);

struct PublishOptions {
  std::string format = "flac";  ///< flac wav mp3 ogg opus
  bool stems = false;
  bool overwrite = false;
  std::string payload_hex;      ///< "" = first 64 bits of the song's id
};

/// The one exit: marks, encodes, tags and writes DIR/song.*, song.json, score.mid, lead-sheet.abc,
/// lyrics.lrc, lyrics.txt and stems. Nothing else in `gen` writes audio (tests/lint checks it).
/// Returns the path of the mix. @throws Error(kOutput).
std::filesystem::path publish(Song& song, const Marker& marker, const std::filesystem::path& folder,
                              const PublishOptions& options);

/// Reads the options of a song.json back (render). @throws Error(kFormat).
GenerateOptions options_from_song_json(const std::string& json);

}  // namespace brandiron::gen
