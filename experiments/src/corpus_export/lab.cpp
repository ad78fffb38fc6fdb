#include <fmt/format.h>

#include "corpus_export/song_labels.h"

namespace brandiron::experiments::corpus_export {
namespace {

using nlohmann::ordered_json;

/// mir_eval cuts lines at white space.
std::string one_word(std::string text) {
  for (char& c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') c = '_';
  }
  return text;
}

bool is_number(const ordered_json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number();
}

std::string interval_lines(const ordered_json& rows, const char* key) {
  std::string text;
  for (const ordered_json& row : rows) {
    if (!is_number(row, "start_s") || !is_number(row, "end_s")) continue;
    const std::string label = one_word(row.value(key, ""));
    if (label.empty()) continue;
    text += fmt::format("{:.6f}\t{:.6f}\t{}\n", row.at("start_s").get<double>(),
                        row.at("end_s").get<double>(), label);
  }
  return text;
}

class LabWriter : public Writer {
 public:
  using Writer::Writer;

  void add(const Exported& item) override {
    labels_.count(!item.labels);
    if (!item.labels) return;
    const auto texts = lab_texts(*item.labels);
    for (const auto& [folder, text] : texts) out_.write(folder + "/" + item.item.id + ".lab", text);
    words_.count(!texts.contains("words"));
    phones_.count(!texts.contains("phones"));
  }
  void finish() override {
    labels_.tell(left_out_);
    words_.tell(left_out_);
    phones_.tell(left_out_);
  }

 private:
  MissingCount labels_{"have no labels, so no files"}, words_{"with labels have no words"},
      phones_{"with labels have no phones"};
};

}  // namespace

std::map<std::string, std::string> lab_texts(const ordered_json& labels) {
  std::map<std::string, std::string> texts;
  const auto keep = [&](const char* folder, std::string text) {
    if (!text.empty()) texts[folder] = std::move(text);
  };
  keep("chords", interval_lines(list_at(labels, "/chords"), "label"));
  keep("sections", interval_lines(list_at(labels, "/sections"), "label"));
  keep("words", interval_lines(list_at(labels, "/lyrics/words"), "text"));
  keep("phones", interval_lines(list_at(labels, "/lyrics/phones"), "phone"));
  std::string beats, downbeats;
  for (const ordered_json& beat : list_at(labels, "/beats")) {
    if (!is_number(beat, "time_s")) continue;
    const std::string line = fmt::format("{:.6f}\n", beat.at("time_s").get<double>());
    beats += line;
    if (beat.value("beat", 0) == 1) downbeats += line;
  }
  keep("beats", beats);
  keep("downbeats", downbeats);
  return texts;
}

std::unique_ptr<Writer> lab_writer(Staging& out, const Context&) {
  return std::make_unique<LabWriter>(out);
}

}  // namespace brandiron::experiments::corpus_export
