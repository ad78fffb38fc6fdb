#include "brandiron/core/version.h"
#include "corpus_export/card.h"
#include "corpus_export/parquet_file.h"
#include "corpus_export/writer.h"

namespace brandiron::experiments::corpus_export {
namespace {

using nlohmann::ordered_json;

std::vector<ParquetFile::Field> fields() {
  std::vector<ParquetFile::Field> all;
  for (const Column& column : columns()) all.push_back({column.name, column.type, column.required});
  all.push_back({"file", CellType::kText, false});
  return all;
}

/// What `datasets` reads as the types of the columns.
std::string hub_metadata() {
  ordered_json features;
  for (const ParquetFile::Field& field : fields()) {
    features[field.name] = {{"dtype", feature_type(field.type)}, {"_type", "Value"}};
  }
  return ordered_json{{"info", {{"features", features}}}}.dump();
}

/// data/SPLIT.parquet: an index, a row an item; the audio stays in the corpus.
class ParquetWriter : public Writer {
 public:
  ParquetWriter(Staging& out, const Context& context) : Writer(out), context_(context) {}

  void add(const Exported& item) override {
    auto& file = files_[item.item.split];
    if (!file) file = std::make_unique<ParquetFile>(out_.reserve(name(item.item.split)), fields());
    std::vector<Cell> row = item.row;
    const std::string path = item.item.text("file");
    row.push_back(path.empty() ? Cell() : Cell(path));
    file->add(row);
    words_.count(item.lyrics.empty());
  }

  void finish() override {
    for (auto& [split, file] : files_) {
      file->finish({{"huggingface", hub_metadata()}}, "brandiron version " + version());
      out_.adopt(name(split));
    }
    left_out_.emplace_back("audio: the column file leads to it, from the corpus folder");
    words_.tell(left_out_);
    const CardLayout layout{
        "from datasets import load_dataset\nindex = load_dataset(\"path/to/this/folder\")", false,
        false, "data/", ".parquet"};
    write_documents(out_, context_, &layout, left_out_);
  }

 private:
  static std::string name(const std::string& split) { return "data/" + split + ".parquet"; }

  Context context_;
  std::map<std::string, std::unique_ptr<ParquetFile>> files_;
  MissingCount words_{"have no words"};
};

}  // namespace

std::unique_ptr<Writer> parquet_writer(Staging& out, const Context& context) {
  return std::make_unique<ParquetWriter>(out, context);
}

}  // namespace brandiron::experiments::corpus_export
