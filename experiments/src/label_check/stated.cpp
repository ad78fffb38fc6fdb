#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/experiments/label_check.h"

namespace brandiron::experiments {
namespace {

using nlohmann::json;

std::vector<StatedSpan> spans(const json& rows, const char* text) {
  std::vector<StatedSpan> out;
  for (const json& row : rows) {
    out.push_back({row.at(text), row.at("start_s"), row.at("end_s")});
  }
  return out;
}

void read_parts(const json& rows, StatedLabels& to) {
  for (const json& row : rows) {
    StatedPart part{row.at("name"), {}};
    for (const json& note : row.value("notes", json::array())) {
      part.notes.push_back({note.at("start_s"), note.at("end_s"), note.at("pitch")});
    }
    to.parts.push_back(std::move(part));
  }
}

/// The keys that a song.json has at its top and a manifest's line under `labels`.
void read_timed(const json& from, StatedLabels& to) {
  for (const json& row : from.at("sections")) {
    to.sections.push_back({row.at("label"), row.at("start_s"), row.at("end_s"), row.at("bars")});
  }
  for (const json& row : from.at("beats")) {
    to.beats.push_back({row.at("time_s"), row.at("bar"), row.at("beat")});
  }
  to.chords = spans(from.at("chords"), "label");
  read_parts(from.at("parts"), to);
  const json& lyrics = from.at("lyrics");
  to.lines = spans(lyrics.at("lines"), "text");
  to.words = spans(lyrics.at("words"), "text");
  if (lyrics.contains("phones")) to.phones = spans(lyrics.at("phones"), "phone");
  if (from.contains("techniques")) to.techniques = spans(from.at("techniques"), "kind");
  if (from.contains("f0") && !from.at("f0").is_null()) {
    to.f0_hop_s = from.at("f0").at("hop_s");
    to.f0_hz = from.at("f0").at("hz").get<std::vector<float>>();
  }
}

StatedLabels read_song(const json& song) {
  StatedLabels to;
  to.id = song.at("id");
  const json& audio = song.at("audio");
  to.duration_s = audio.at("duration_s");
  to.integrated_lufs = audio.at("integrated_lufs");
  to.true_peak_dbtp = audio.at("true_peak_dbtp");
  const json& mark = song.at("watermark");
  to.marked = mark.at("present");
  if (to.marked) to.payload_hex = mark.at("payload_hex");
  to.tempo_bpm = song.at("tempo_bpm");
  to.key = song.at("key");
  to.meter = song.at("meter");
  read_timed(song, to);
  return to;
}

std::string text_or_none(const json& line, const char* key) {
  return line.contains(key) && line.at(key).is_string() ? line.at(key).get<std::string>() : "";
}

StatedLabels read_line(const json& line) {
  StatedLabels to;
  to.id = line.at("id");
  to.duration_s = line.at("duration_s");
  to.integrated_lufs = line.at("integrated_lufs");
  to.true_peak_dbtp = line.at("true_peak_dbtp");
  to.marked = line.at("marked");
  to.payload_hex = text_or_none(line, "payload_hex");
  if (line.at("tempo_bpm").is_number()) to.tempo_bpm = line.at("tempo_bpm");
  to.key = text_or_none(line, "key");
  to.meter = text_or_none(line, "meter");
  if (line.contains("labels") && line.at("labels").is_object()) read_timed(line.at("labels"), to);
  return to;
}

}  // namespace

StatedLabels read_stated_labels(const std::string& text, const std::string& name) {
  try {
    const json document = json::parse(text);
    return document.contains("audio") ? read_song(document) : read_line(document);
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kFormat,
                name + ": labels cannot be read: " + error.what() +
                    "; expected brandiron.song/1 or an item of brandiron.manifest/1");
  }
}

}  // namespace brandiron::experiments
