#include <algorithm>
#include <regex>

#include "corpus_export/card.h"
#include "corpus_export/song_labels.h"

namespace brandiron::experiments::corpus_export {
namespace {

using nlohmann::ordered_json;

/// Of a song, under construction.
class Jams {
 public:
  Jams(const Exported& item, std::string corpus) : item_(item), corpus_(std::move(corpus)) {
    const auto duration = item.item.line.find("duration_s");
    if (duration != item.item.line.end() && duration->is_number()) duration_ = *duration;
  }

  void add(const std::string& name_space, const std::string& source, ordered_json data) {
    if (data.empty()) return;
    annotations_.push_back({{"annotation_metadata", metadata(source)},
                            {"namespace", name_space},
                            {"data", std::move(data)},
                            {"sandbox", ordered_json::object()},
                            {"time", 0.0},
                            {"duration", duration_}});
  }
  /// One observation over the whole song.
  ordered_json whole(ordered_json value, ordered_json confidence = nullptr) const {
    return {{"time", 0.0},
            {"duration", duration_.is_null() ? ordered_json(0.0) : duration_},
            {"value", std::move(value)},
            {"confidence", std::move(confidence)}};
  }
  std::string text() const {
    const CorpusItem& item = item_.item;
    ordered_json file = {{"title", item.text("title")},
                         {"artist", item.text("persona")},
                         {"release", corpus_},
                         {"duration", duration_},
                         {"identifiers", {{"brandiron", item.id}}},
                         {"jams_version", "0.3.4"}};
    if (duration_.is_null()) file.erase("duration");
    return ordered_json{{"annotations", annotations_},
                        {"file_metadata", file},
                        {"sandbox", {{"sha256", item.text("sha256")}, {"split", item.split}}}}
               .dump(1) +
           "\n";
  }

 private:
  ordered_json metadata(const std::string& source) const {
    return {{"curator", {{"name", ""}, {"email", ""}}},
            {"annotator", ordered_json::object()},
            {"version", ""},
            {"corpus", corpus_},
            {"annotation_tools", item_.item.text("generator")},
            {"annotation_rules", "what the generator played"},
            {"validation", ""},
            {"data_source", source}};
  }

  const Exported& item_;
  std::string corpus_;
  ordered_json duration_;
  ordered_json annotations_ = ordered_json::array();
};

double number(const ordered_json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number() ? found->get<double>() : 0.0;
}

/// JAMS has no times before the file.
ordered_json interval(const ordered_json& row, ordered_json value) {
  const double start = std::max(0.0, number(row, "start_s"));
  return {{"time", start},
          {"duration", std::max(0.0, number(row, "end_s") - start)},
          {"value", std::move(value)},
          {"confidence", nullptr}};
}

ordered_json intervals(const ordered_json& rows, const char* key) {
  ordered_json out = ordered_json::array();
  for (const ordered_json& row : rows) {
    if (row.contains(key)) out.push_back(interval(row, row.at(key)));
  }
  return out;
}

ordered_json beats(const ordered_json& labels) {
  ordered_json out = ordered_json::array();
  for (const ordered_json& beat : list_at(labels, "/beats")) {
    out.push_back({{"time", std::max(0.0, number(beat, "time_s"))},
                   {"duration", 0.0},
                   {"value", beat.value("beat", ordered_json())},
                   {"confidence", nullptr}});
  }
  return out;
}

bool all_harte(const ordered_json& chords) {
  static const std::regex harte(
      "N|[A-G][b#]*(:(maj|min|dim|aug|maj7|min7|7|dim7|hdim7|minmaj7|maj6|min6|9|maj9|min9|sus4)"
      "(\\([*b#0-9,]+\\))?|:\\([*b#0-9,]+\\))?(/[b#]*([1-9]|1[0-3]))?");
  return std::all_of(chords.begin(), chords.end(), [](const ordered_json& chord) {
    return std::regex_match(chord.value("label", ""), harte);
  });
}

/// "E:maj" -> "E:major"; "" where it is not such a key.
std::string key_mode(const std::string& key) {
  static const std::regex pattern("([A-G][b#]?):(maj|min)(or)?");
  std::smatch match;
  if (!std::regex_match(key, match, pattern)) return "";
  return match[1].str() + ":" + match[2].str() + "or";
}

ordered_json contour(const ordered_json& labels) {
  const ordered_json::json_pointer hop_at("/f0/hop_s");
  const ordered_json& hz = list_at(labels, "/f0/hz");
  if (hz.empty() || !labels.contains(hop_at) || !labels.at(hop_at).is_number()) return {};
  const double hop_s = labels.at(hop_at).get<double>();
  ordered_json time = ordered_json::array(), duration = time, value = time, confidence = time;
  for (std::size_t i = 0; i < hz.size(); ++i) {
    const double frequency = hz[i].is_number() ? hz[i].get<double>() : 0.0;
    time.push_back(static_cast<double>(i) * hop_s);
    duration.push_back(0.0);
    value.push_back({{"index", 0}, {"frequency", frequency}, {"voiced", frequency > 0}});
    confidence.push_back(nullptr);
  }
  // Dense namespaces are columns.
  return {{"time", time}, {"duration", duration}, {"value", value}, {"confidence", confidence}};
}

class JamsWriter : public Writer {
 public:
  JamsWriter(Staging& out, std::string corpus) : Writer(out), corpus_(std::move(corpus)) {}

  void add(const Exported& item) override {
    labels_.count(!item.labels);
    if (!item.labels) return;
    f0_.count(list_at(*item.labels, "/f0/hz").empty());
    out_.write("jams/" + item.item.id + ".jams", jams_text(item, corpus_));
  }
  void finish() override {
    labels_.tell(left_out_);
    f0_.tell(left_out_);
  }

 private:
  std::string corpus_;
  MissingCount labels_{"have no labels, so no file"},
      f0_{"with labels have no f0, so no pitch_contour"};
};

}  // namespace

const ordered_json& list_at(const ordered_json& labels, const char* pointer) {
  static const ordered_json none = ordered_json::array();
  const ordered_json::json_pointer at(pointer);
  return labels.contains(at) && labels.at(at).is_array() ? labels.at(at) : none;
}

std::string jams_text(const Exported& exported, const std::string& corpus) {
  const CorpusItem& item = exported.item;
  const ordered_json& labels = *exported.labels;
  Jams jams(exported, corpus);
  jams.add("beat", "score", beats(labels));
  const ordered_json& chords = list_at(labels, "/chords");
  jams.add(all_harte(chords) ? "chord_harte" : "chord", "score", intervals(chords, "label"));
  jams.add("segment_open", "score", intervals(list_at(labels, "/sections"), "label"));
  if (const auto tempo = item.line.find("tempo_bpm");
      tempo != item.line.end() && tempo->is_number()) {
    jams.add("tempo", "score", ordered_json::array({jams.whole(*tempo, 1.0)}));
  }
  if (const std::string key = key_mode(item.text("key")); !key.empty()) {
    jams.add("key_mode", "score", ordered_json::array({jams.whole(key)}));
  }
  for (const ordered_json& part : list_at(labels, "/parts")) {
    jams.add("note_midi", part.value("name", "part"), intervals(list_at(part, "/notes"), "pitch"));
  }
  jams.add("lyrics", "lines", intervals(list_at(labels, "/lyrics/lines"), "text"));
  jams.add("lyrics", "words", intervals(list_at(labels, "/lyrics/words"), "text"));
  jams.add("pitch_contour", "lead_vocal", contour(labels));
  ordered_json tags = ordered_json::array();
  for (const char* key : {"label", "kind", "theme", "groove", "meter"}) {
    if (const std::string tag = item.text(key); !tag.empty()) tags.push_back(jams.whole(tag));
  }
  jams.add("tag_open", "manifest", std::move(tags));
  return jams.text();
}

std::unique_ptr<Writer> jams_writer(Staging& out, const Context& context) {
  return std::make_unique<JamsWriter>(out, corpus_title(context));
}

}  // namespace brandiron::experiments::corpus_export
