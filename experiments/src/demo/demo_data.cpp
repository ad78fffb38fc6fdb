#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/experiments/demo_report.h"

namespace brandiron::experiments {

namespace {

using Json = nlohmann::json;

Json parse_json(const std::filesystem::path& path) {
  try {
    return Json::parse(read_file(path));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kFormat, fmt::format("{}: not JSON: {}; run `make demo` again",
                                                path.string(), error.what()));
  }
}

double number(const Json& object, const char* key, double fallback) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number() ? it->get<double>() : fallback;
}

std::string text(const Json& object, const char* key, const std::string& fallback = "") {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : fallback;
}

bool flag(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_boolean() && it->get<bool>();
}

Json member(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() ? *it : Json();
}

std::vector<TimedText> timed_texts(const Json& list, const char* text_key) {
  std::vector<TimedText> out;
  for (const auto& item : list) {
    out.push_back({text(item, text_key), number(item, "start_s", 0), number(item, "end_s", 0),
                   static_cast<int>(number(item, "line", 0))});
  }
  return out;
}

std::vector<SegmentValue> segments(const Json& answer, const char* value_key, double fallback) {
  std::vector<SegmentValue> out;
  for (const auto& item : member(answer, "segments")) {
    out.push_back(
        {number(item, "start_s", 0), number(item, "end_s", 0), number(item, value_key, fallback)});
  }
  return out;
}

SongFacts read_song(const std::filesystem::path& path) {
  const Json json = parse_json(path);
  if (text(json, "schema") != "brandiron.song/1") {
    throw Error(ErrorCode::kFormat, fmt::format("{}: schema is \"{}\", expected brandiron.song/1",
                                                path.string(), text(json, "schema")));
  }
  SongFacts song;
  song.title = text(json, "title", "untitled");
  song.persona = text(member(json, "persona"), "id");
  song.key = text(json, "key");
  song.meter = text(json, "meter");
  song.tempo_bpm = number(json, "tempo_bpm", 0);
  song.seed = json.value("seed", std::uint64_t{0});
  const Json generator = member(json, "generator");
  song.generator_version = text(generator, "version");
  song.git_commit = text(generator, "git_commit");
  const Json audio = member(json, "audio");
  song.audio_file = text(audio, "file", "song.flac");
  song.duration_s = number(audio, "duration_s", 0);
  song.integrated_lufs = number(audio, "integrated_lufs", 0);
  song.true_peak_dbtp = number(audio, "true_peak_dbtp", 0);
  const Json mark = member(json, "watermark");
  song.scheme = text(mark, "scheme");
  song.key_fingerprint = text(mark, "key_fingerprint");
  song.payload_hex = text(mark, "payload_hex");
  song.mark_snr_db = number(mark, "snr_db", 0);
  song.sections = timed_texts(member(json, "sections"), "label");
  song.chords = timed_texts(member(json, "chords"), "label");
  const Json lyrics = member(json, "lyrics");
  song.lines = timed_texts(member(lyrics, "lines"), "text");
  song.words = timed_texts(member(lyrics, "words"), "text");
  for (const auto& stem : member(json, "stems")) {
    song.stems.push_back(text(stem, "file"));
  }
  return song;
}

/// `answer` may be one object, a list of one, or {"file":..., "error":...}.
Json single_answer(Json answer, std::string& error) {
  if (answer.is_array() && answer.size() == 1) {
    answer = answer[0];
  }
  if (!answer.is_object()) {
    error = "no answer";
    return {};
  }
  if (answer.contains("error")) {
    error = text(answer["error"], "message", "error");
    return {};
  }
  return answer;
}

MarkAnswer mark_answer(const Json& json) {
  MarkAnswer answer;
  answer.present = flag(json, "present");
  answer.payload_valid = flag(json, "payload_valid");
  answer.p_value = number(json, "p_value", 1);
  answer.p_threshold = number(json, "p_threshold", 1e-9);
  answer.bit_error_rate = number(json, "bit_error_rate", 0);
  answer.seconds = number(json, "seconds", 0);
  answer.payload_hex = text(json, "payload_hex");
  answer.key_fingerprint = text(json, "key_fingerprint");
  answer.segments = segments(json, "p_value", 1);
  return answer;
}

DetectorAnswer detector_answer(const Json& json) {
  DetectorAnswer answer;
  answer.p_ai = number(json, "p_ai", 0.5);
  answer.verdict = text(json, "verdict");
  answer.seconds = number(json, "seconds", 0);
  const Json threshold = member(json, "threshold");
  answer.threshold = number(threshold, "p_ai", 0.5);
  answer.threshold_fpr = number(threshold, "fpr", 1);
  answer.threshold_n = static_cast<int>(number(threshold, "n", 0));
  const Json model = member(json, "model");
  answer.model = fmt::format("{} {}", text(model, "name"), text(model, "version"));
  answer.segments = segments(json, "p_ai", 0.5);
  return answer;
}

std::optional<DisclosureAnswer> disclosure_answer(const Json& check, const Json& recovery) {
  if (text(check, "schema") != "brandiron.disclosure/1") return std::nullopt;
  DisclosureAnswer answer;
  answer.passes = flag(check, "passes");
  const Json layers = member(check, "layers");
  answer.mark = text(member(layers, "watermark"), "verdict");
  answer.manifest = text(member(layers, "manifest"), "verdict");
  answer.tags = text(member(layers, "tags"), "verdict");
  answer.registry = text(member(check, "registry"), "verdict", "not asked");
  for (const auto& duty : member(check, "duties")) {
    const std::string outcome = text(duty, "outcome");
    const bool open = outcome == "fail" && flag(duty, "optional");
    answer.duties.push_back(
        {text(duty, "id"), text(duty, "asks"), open ? "optional" : outcome, text(duty, "why")});
  }
  answer.stripped_verdict = text(recovery, "verdict");
  answer.stripped_manifest = text(recovery, "manifest");
  return answer;
}

DemoRow read_row(const Json& json) {
  DemoRow row;
  row.name = text(json, "name");
  row.kind = text(json, "kind");
  row.chain = text(json, "chain");
  row.note = text(json, "note");
  row.file = text(json, "file");
  row.expect = text(json, "expect") == "mark" ? Expectation::kMark : Expectation::kNoMark;
  if (const Json verify = single_answer(member(json, "verify"), row.mark_error);
      !verify.is_null()) {
    row.mark = mark_answer(verify);
  }
  if (const Json detect = single_answer(member(json, "detect"), row.detector_error);
      !detect.is_null()) {
    row.detector = detector_answer(detect);
  }
  return row;
}

}  // namespace

bool DemoRow::as_expected(const std::string& payload) const {
  if (!mark) {
    return false;
  }
  if (expect == Expectation::kNoMark) {
    return !mark->present;
  }
  return mark->present && mark->payload_valid && mark->payload_hex == payload;
}

Demo read_demo(const std::filesystem::path& folder) {
  const Json json = parse_json(folder / "demo.json");
  if (text(json, "schema") != "brandiron.demo/1") {
    throw Error(ErrorCode::kFormat,
                fmt::format("{}: schema is \"{}\", expected brandiron.demo/1; run `make demo`",
                            (folder / "demo.json").string(), text(json, "schema")));
  }
  Demo demo;
  demo.folder = folder;
  demo.song = read_song(folder / text(json, "song", "song/song.json"));
  demo.song.audio_file =
      (std::filesystem::path(text(json, "song", "song/song.json")).parent_path() /
       demo.song.audio_file)
          .string();
  for (const auto& note : member(json, "notes")) {
    demo.notes.push_back(note.get<std::string>());
  }
  demo.disclosure = disclosure_answer(member(json, "disclosure"), member(json, "recovery"));
  for (const auto& row : member(json, "rows")) {
    demo.rows.push_back(read_row(row));
  }
  return demo;
}

std::vector<std::string> demo_surprises(const Demo& demo) {
  std::vector<std::string> out;
  for (const auto& row : demo.rows) {
    if (row.as_expected(demo.song.payload_hex)) {
      continue;
    }
    const char* expected =
        row.expect == Expectation::kMark ? "the song's mark and payload" : "no mark";
    std::string found = row.mark_error.empty() ? "no answer" : row.mark_error;
    if (row.mark) {
      found = fmt::format("{} at p = {:.2g}, payload {}", row.mark->present ? "a mark" : "no mark",
                          row.mark->p_value,
                          row.mark->payload_valid ? row.mark->payload_hex : "unreadable");
    }
    out.push_back(fmt::format("{}: expected {}, found {}", row.name, expected, found));
  }
  return out;
}

}  // namespace brandiron::experiments
