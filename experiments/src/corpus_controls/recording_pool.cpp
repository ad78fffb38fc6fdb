#include "brandiron/experiments/recording_pool.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/audio/external_decoder.h"
#include "brandiron/core/audio/resample.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/table.h"

namespace brandiron::experiments {
namespace {

namespace fs = std::filesystem;

constexpr int kRateHz = 44100;
constexpr const char* kManifest = "manifest.tsv";

/// The folder of the manifest: this one or the nearest above it that has one.
fs::path manifest_folder(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw Error(ErrorCode::kIo, folder.string() + ": not a folder; expected one with recordings");
  }
  for (fs::path at = fs::weakly_canonical(folder);; at = at.parent_path()) {
    if (fs::exists(at / kManifest)) return at;
    if (at == at.parent_path()) break;
  }
  throw Error(ErrorCode::kIo, folder.string() + ": no " + kManifest +
                                  " in it or above; it names file, label, source, author, licence");
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  const fs::path inside = file.lexically_relative(folder);
  return !inside.empty() && *inside.begin() != "..";
}

std::string why_refused(const Recording& recording) {
  if (!may_be_adapted(recording.licence)) {
    return "licence \"" + recording.licence + "\": not one that lets a mix be passed on";
  }
  std::error_code error;
  if (!fs::exists(recording.file, error)) return "the file is not there";
  return recording.duration_s > 0 ? "" : "no duration in the manifest";
}

Recording recording_of(const Table& table, std::size_t row, const fs::path& root) {
  Recording recording;
  recording.name = table.at(row, "file");
  recording.file = root / recording.name;
  recording.source = table.at(row, "source");
  recording.title = table.at(row, "title");
  recording.author = table.at(row, "author");
  recording.licence = table.at(row, "licence");
  const std::string& seconds = table.at(row, "seconds");
  std::from_chars(seconds.data(), seconds.data() + seconds.size(), recording.duration_s);
  return recording;
}

std::string lower_letters(const std::string& text) {
  std::string letters;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte)) letters += static_cast<char>(std::tolower(byte));
  }
  return letters;
}

}  // namespace

bool may_be_adapted(const std::string& licence) {
  const std::string text = lower_letters(licence);
  // Doubt is a no: "maybe", a choice with something unknown, and whatever forbids or asks for a
  // source form that nobody has.
  for (const char* no : {"maybe", "bync", "bynd", "noncommercial", "noderiv", "nolicen", "gpl"}) {
    if (text.find(no) != std::string::npos) return false;
  }
  if (text.starts_with("cc0") || text.starts_with("publicdomain")) return true;
  return text.starts_with("ccby") || text.starts_with("mit") || text.starts_with("expat");
}

RecordingPool read_recording_pool(const fs::path& folder, RecordingKind kind) {
  const fs::path root = manifest_folder(folder), within = fs::weakly_canonical(folder);
  const std::string wanted = kind == RecordingKind::kVoice ? "human_singing_acappella" : "human";
  RecordingPool pool;
  const fs::path manifest = root / kManifest;
  const Table table = parse_tsv(read_file(manifest), manifest.string());
  table.require({"file", "label", "source", "title", "author", "licence", "seconds"});
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    Recording recording = recording_of(table, row, root);
    if (table.at(row, "label") != wanted || !lies_in(recording.file, within)) continue;
    const std::string why = why_refused(recording);
    if (why.empty()) {
      pool.usable.push_back(std::move(recording));
    } else {
      pool.refused.push_back({recording.name, why});
    }
  }
  std::sort(pool.usable.begin(), pool.usable.end(),
            [](const Recording& a, const Recording& b) { return a.name < b.name; });
  return pool;
}

AudioBuffer read_recording(const fs::path& file) {
  AudioBuffer audio = read_audio_externally(file);
  return audio.rate_hz() == kRateHz ? std::move(audio) : resample(audio, kRateHz);
}

}  // namespace brandiron::experiments
