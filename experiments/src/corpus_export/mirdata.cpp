#include "corpus_export/card.h"
#include "corpus_export/song_labels.h"

namespace brandiron::experiments::corpus_export {
namespace {

using nlohmann::ordered_json;

/// An index as mirdata's loaders have: a path and an MD5 for each file of a track; null, null for
/// what a track does not have.
class MirdataWriter : public Writer {
 public:
  MirdataWriter(Staging& out, const Context& context) : Writer(out), context_(context) {}

  void add(const Exported& item) override {
    const std::string& id = item.item.id;
    ordered_json& track = tracks_[id];
    const std::string audio = "audio/" + item.item.audio_name();
    out_.place(audio, item.item.audio, item.audio, context_.options.copy);
    track["audio"] = entry(audio);
    const std::string jams = "jams/" + id + ".jams";
    if (item.labels) out_.write(jams, jams_text(item, corpus_title(context_)));
    track["jams"] = item.labels ? entry(jams) : none();
    const auto labs = item.labels ? lab_texts(*item.labels) : std::map<std::string, std::string>();
    for (const char* kind : {"beats", "downbeats", "chords", "sections", "words", "phones"}) {
      const std::string name = std::string(kind) + "/" + id + ".lab";
      const auto found = labs.find(kind);
      if (found != labs.end()) out_.write(name, found->second);
      track[kind] = found != labs.end() ? entry(name) : none();
    }
    ordered_json line = {{"track_id", id}};
    for (std::size_t i = 0; i < columns().size(); ++i) {
      line[columns()[i].name] = to_json(item.row[i]);
    }
    metadata_ += line.dump() + "\n";
    labels_.count(!item.labels);
  }

  void finish() override {
    out_.write("metadata.jsonl", metadata_);
    const ordered_json index = {{"version", "1.0"},
                                {"tracks", tracks_},
                                {"metadata", {{"metadata", entry("metadata.jsonl")}}}};
    out_.write("mirdata_index.json", index.dump(1) + "\n");
    left_out_.emplace_back("a loader: mirdata's loaders are Python and live there");
    labels_.tell(left_out_);
    write_documents(out_, context_, nullptr, left_out_);
  }

 private:
  ordered_json entry(const std::string& name) const {
    return ordered_json::array({name, out_.files().at(name).md5});
  }
  static ordered_json none() { return ordered_json::array({nullptr, nullptr}); }

  Context context_;
  ordered_json tracks_ = ordered_json::object();
  std::string metadata_;
  MissingCount labels_{"have no labels"};
};

}  // namespace

std::unique_ptr<Writer> mirdata_writer(Staging& out, const Context& context) {
  return std::make_unique<MirdataWriter>(out, context);
}

}  // namespace brandiron::experiments::corpus_export
