#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/gen/band.h"

namespace brandiron::experiments {

enum class RecordingKind { kVoice, kMusic };

/// A recording of people and what its licence asks to be named.
struct Recording {
  std::filesystem::path file;
  std::string name;  ///< of the file, relative to the folder of the pool's manifest
  std::string source, title, author, licence;
  double duration_s = 0;
  /// Recordings of one maker from one source: no two of a group belong into two splits.
  std::string group() const { return source + "/" + author; }
};

struct RefusedRecording {
  std::string name, why;
};

struct RecordingPool {
  std::vector<Recording> usable;  ///< in the order of their names
  std::vector<RefusedRecording> refused;
};

/// Recordings of the folder that manifest.tsv, in it or in a folder above it, names with a licence
/// that lets a mix of them be passed on: CC0, CC BY, CC BY-SA, public domain, MIT or Expat. Voices
/// have the label `human_singing_acappella`, music has `human`. What is refused says why: another
/// licence, not there, not readable here. @throws Error(kIo) without a folder or manifest,
/// Error(kFormat) for a manifest without its columns.
RecordingPool read_recording_pool(const std::filesystem::path& folder, RecordingKind kind);

/// True for a licence text that lets an adaptation be passed on with attribution.
bool may_be_adapted(const std::string& licence);

/// Whole file at 44100 Hz, through ffmpeg where our own readers do not know the format.
/// @throws Error(kIo), Error(kFormat), Error(kUnsupported) without ffmpeg.
AudioBuffer read_recording(const std::filesystem::path& file);

/// The key of tonal audio: its chroma beside the profiles of Krumhansl and Kessler (1982).
struct EstimatedKey {
  int tonic_pc = 0;
  bool minor = false;
  double correlation = 0;     ///< with the profile, -1 to 1
  std::string label() const;  ///< "A:min"
};
/// @throws Error(kInvalidArgument) for silence.
EstimatedKey estimate_key(const AudioBuffer& audio);

/// A recording as a song of ours is mastered: stereo, at most `duration_s` (0: all) from `start_s`,
/// short fades at the cuts, then the same bus, loudness and true-peak limit.
/// @throws Error(kInvalidArgument) as master_mix.
AudioBuffer master_recording(const AudioBuffer& recording, const gen::MixOptions& options,
                             double start_s, double duration_s);

}  // namespace brandiron::experiments
