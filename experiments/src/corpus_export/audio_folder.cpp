#include "corpus_export/card.h"
#include "corpus_export/writer.h"

namespace brandiron::experiments::corpus_export {
namespace {

using nlohmann::ordered_json;

/// data/SPLIT/ID.flac and data/SPLIT/metadata.jsonl: one a split, as the loader looks for it beside
/// the audio.
class AudioFolderWriter : public Writer {
 public:
  AudioFolderWriter(Staging& out, const Context& context) : Writer(out), context_(context) {}

  void add(const Exported& item) override {
    const std::string name = item.item.audio_name();
    out_.place("data/" + item.item.split + "/" + name, item.item.audio, item.audio,
               context_.options.copy);
    ordered_json line = {{"file_name", name}};
    for (std::size_t i = 0; i < columns().size(); ++i) {
      line[columns()[i].name] = to_json(item.row[i]);
    }
    metadata_[item.item.split] += line.dump() + "\n";
    words_.count(item.lyrics.empty());
  }

  void finish() override {
    for (const auto& [split, text] : metadata_)
      out_.write("data/" + split + "/metadata.jsonl", text);
    words_.tell(left_out_);
    const CardLayout layout{
        "from datasets import load_dataset\nsongs = load_dataset(\"path/to/this/folder\")", true,
        true, "data/", "/**"};
    write_documents(out_, context_, &layout, left_out_);
  }

 private:
  Context context_;
  std::map<std::string, std::string> metadata_;
  MissingCount words_{"have no words"};
};

}  // namespace

std::unique_ptr<Writer> audio_folder_writer(Staging& out, const Context& context) {
  return std::make_unique<AudioFolderWriter>(out, context);
}

}  // namespace brandiron::experiments::corpus_export
