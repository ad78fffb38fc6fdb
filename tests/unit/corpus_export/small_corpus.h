#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "brandiron/core/audio/audio_file.h"
#include "brandiron/core/error.h"
#include "brandiron/core/files.h"
#include "brandiron/core/hash.h"
#include "support/temporary_folder.h"
#include "support/test_audio.h"

namespace brandiron::testing {

using nlohmann::ordered_json;

/// What a generator knows about a song of two bars.
inline ordered_json small_labels() {
  return ordered_json::parse(R"({
    "sections":[{"label":"verse","start_s":0,"end_s":0.2,"bars":1},
                {"label":"chorus","start_s":0.2,"end_s":0.4,"bars":1}],
    "beats":[{"time_s":0,"bar":1,"beat":1},{"time_s":0.1,"bar":1,"beat":2},
             {"time_s":0.2,"bar":2,"beat":1},{"time_s":0.3,"bar":2,"beat":2}],
    "chords":[{"label":"E:maj","start_s":0,"end_s":0.2},{"label":"A:min7","start_s":0.2,"end_s":0.4}],
    "parts":[{"name":"bass","notes":[{"start_s":-0.01,"end_s":0.1,"pitch":40,"velocity":90}]},
             {"name":"gang","text":"hey","onsets_s":[0.1]}],
    "lyrics":{"language":"en-US",
      "lines":[{"text":"dust \"on\" the road","section":"verse","section_index":0,"start_s":0,"end_s":0.2},
               {"text":"hold me","section":"chorus","section_index":1,"start_s":0.2,"end_s":0.4}],
      "words":[{"text":"dust","line":0,"start_s":0,"end_s":0.1}],
      "phones":[{"phone":"D","word":0,"start_s":0,"end_s":0.05}]}})");
}

/// A corpus of four items: a song with labels in its line, a codec version without, a song of
/// another split with song.json and f0, a recording by people.
class SmallCorpus {
 public:
  explicit SmallCorpus(bool with_audio = true) : with_audio_(with_audio) {
    std::filesystem::create_directories(path() / "audio/00000");
    ordered_json song = item("s00000", "train", "ai", "song");
    song["labels"] = small_labels();
    items = {song, item("s00000-mp3-64", "train", "ai", "codec"),
             item("s00001", "test", "ai", "song"), item("h00002", "validation", "human", "human")};
    items[1]["codec"] = "mp3 64 kbit/s";
    items[1]["parent_id"] = "s00000";
    items[2]["seed"] = 18446744073709551615U;
    items[2]["decoder"] = {
        {"family", "dac"}, {"scope", "mix"}, {"strides", {8, 8, 4}}, {"bitrate_kbps", 6.0}};
    items[2]["song_json"] = "audio/00000/s00001.json";
    items[3]["persona"] = nullptr;
    items[3]["marked"] = nullptr;
    items[3]["licence"] = "CC-BY-4.0";
    ordered_json document = small_labels();
    document["f0"] = {{"hop_s", 0.1}, {"hz", {0.0, 110.5, 111.0, 0.0}}};
    document["schema"] = "brandiron.song/1";
    write_file(path() / "audio/00000/s00001.json", document.dump());
    if (with_audio) write_file(path() / "audio/00000/s00000.mid", "MThd");
    write();
  }

  std::filesystem::path path() const { return folder_ / "corpus"; }
  std::filesystem::path out(const std::string& name) const { return folder_ / name; }

  void write() const {
    ordered_json header = {{"schema", "brandiron.manifest/1"},
                           {"kind", "corpus"},
                           {"recipe", "small"},
                           {"recipe_sha256", std::string(64, 'a')},
                           {"seed", 7},
                           {"songs", 3},
                           {"items", items.size()},
                           {"generator", "brandiron/0.1.0"},
                           {"git_commit", "0123456789ab"},
                           {"splits", {{"by", {"persona"}}}},
                           {"licence", "CC0-1.0"}};
    std::string text = header.dump() + "\n";
    for (const ordered_json& line : items) text += line.dump() + "\n";
    write_file(path() / "manifest.jsonl", text, true);
  }

  std::vector<ordered_json> items;

 private:
  ordered_json item(const std::string& id, const std::string& split, const std::string& label,
                    const std::string& kind) const {
    const std::string file = "audio/00000/" + id + ".wav";
    const double hz = 200.0 + static_cast<double>(id.size()) * 10 + id.back();
    if (with_audio_) write_audio(path() / file, tone(hz, 0.4, 8000));
    return {{"id", id},
            {"song", 0},
            {"file", with_audio_ ? ordered_json(file) : ordered_json()},
            {"sha256",
             with_audio_ ? ordered_json(sha256_hex(read_file(path() / file))) : ordered_json()},
            {"label", label},
            {"kind", kind},
            {"parts", {{"vocals", label}, {"lyrics", nullptr}}},
            {"generator", label == "ai" ? "brandiron/0.1.0" : "human"},
            {"persona", "rust-hollow"},
            {"seed", 1},
            {"title", "Dust"},
            {"key", "E:maj"},
            {"tempo_bpm", 120.0},
            {"decoder", nullptr},
            {"marked", true},
            {"split", split},
            {"licence", "CC0-1.0"},
            {"duration_s", 0.4},
            {"sample_rate_hz", 8000},
            {"channels", 1},
            {"labels", nullptr},
            {"song_json", nullptr}};
  }

  TemporaryFolder folder_;
  bool with_audio_;
};

inline std::vector<ordered_json> json_lines(const std::filesystem::path& path) {
  std::vector<ordered_json> lines;
  std::ifstream file(path);
  for (std::string text; std::getline(file, text);) lines.push_back(ordered_json::parse(text));
  return lines;
}

template <typename F>
std::string message_of(ErrorCode code, F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.code() == code ? error.what() : std::string("another error: ") + error.what();
  }
  return "no error";
}

}  // namespace brandiron::testing
