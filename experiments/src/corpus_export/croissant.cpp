#include "corpus_export/card.h"
#include "corpus_export/writer.h"

namespace brandiron::experiments::corpus_export {
namespace {

using nlohmann::ordered_json;

/// The context that Croissant 1.0 prescribes.
ordered_json json_ld_context() {
  ordered_json context = {{"@language", "en"}, {"@vocab", "https://schema.org/"}};
  for (const char* name :
       {"citeAs",   "column",      "extract",   "field",         "fileProperty", "fileObject",
        "fileSet",  "format",      "includes",  "isLiveDataset", "jsonPath",     "key",
        "md5",      "parentField", "path",      "recordSet",     "references",   "regex",
        "repeated", "replace",     "separator", "source",        "subField",     "transform"}) {
    context[name] = std::string("cr:") + name;
  }
  context["conformsTo"] = "dct:conformsTo";
  context["data"] = {{"@id", "cr:data"}, {"@type", "@json"}};
  context["dataType"] = {{"@id", "cr:dataType"}, {"@type", "@vocab"}};
  context["examples"] = {{"@id", "cr:examples"}, {"@type", "@json"}};
  context["cr"] = "http://mlcommons.org/croissant/";
  context["dct"] = "http://purl.org/dc/terms/";
  context["rai"] = "http://mlcommons.org/croissant/RAI/";
  context["sc"] = "https://schema.org/";
  return context;
}

const char* data_type(CellType type) {
  switch (type) {
    case CellType::kText:
      return "sc:Text";
    case CellType::kInteger:
      return "sc:Integer";
    case CellType::kNumber:
      return "sc:Float";
    case CellType::kBoolean:
      return "sc:Boolean";
  }
  return "sc:Text";
}

std::string media_type(const std::string& extension) {
  if (extension == ".flac") return "audio/flac";
  if (extension == ".mp3") return "audio/mpeg";
  if (extension == ".wav") return "audio/wav";
  if (extension == ".ogg" || extension == ".opus") return "audio/ogg";
  return "application/octet-stream";
}

ordered_json field(const std::string& set, const std::string& name, const std::string& what,
                   const char* type, ordered_json source) {
  return {{"@type", "cr:Field"}, {"@id", set + "/" + name}, {"name", set + "/" + name},
          {"description", what}, {"dataType", type},        {"source", std::move(source)}};
}

/// croissant.json, the table it describes, and the audio.
class CroissantWriter : public Writer {
 public:
  CroissantWriter(Staging& out, const Context& context) : Writer(out), context_(context) {}

  void add(const Exported& item) override {
    ordered_json line;
    for (std::size_t i = 0; i < columns().size(); ++i) {
      line[columns()[i].name] = to_json(item.row[i]);
    }
    line["file"] = nullptr;
    if (item.audio.bytes > 0) {
      const std::string name = "audio/" + item.item.audio_name();
      out_.place(name, item.item.audio, item.audio, context_.options.copy);
      line["file"] = name;
    }
    metadata_ += line.dump() + "\n";
  }

  void finish() override {
    out_.write("metadata.jsonl", metadata_);
    const ordered_json document = describe();
    if (context_.summary.by_extension.empty()) {
      left_out_.emplace_back("audio: the corpus is virtual");
    }
    if (context_.options.url.empty()) {
      left_out_.emplace_back(
          "url, which Croissant asks for: give it where the corpus is published");
    }
    if (context_.options.date.empty()) {
      left_out_.emplace_back("datePublished, which Croissant asks for: give the date");
    }
    out_.write("croissant.json", document.dump(1) + "\n");
  }

 private:
  ordered_json describe() const {
    const std::string title = corpus_title(context_);
    ordered_json document = {{"@context", json_ld_context()},
                             {"@type", "sc:Dataset"},
                             {"name", title},
                             {"conformsTo", "http://mlcommons.org/croissant/1.0"},
                             {"description", description()},
                             {"license", licences()},
                             {"creator", creators()},
                             {"citeAs", title + ", made with " + maker()}};
    if (!context_.options.url.empty()) document["url"] = context_.options.url;
    if (!context_.options.date.empty()) document["datePublished"] = context_.options.date;
    document["isLiveDataset"] = false;
    document["rai:dataCollection"] =
        "Made by a program from a recipe and a seed, or listed from the source that each item "
        "names.";
    document["rai:personalSensitiveInformation"] =
        "Personas are fictional. For items with generator human see their source.";
    document["rai:dataLimitations"] =
        "Items labelled ai come from the generators that the column names and stand for no other.";
    document["distribution"] = distribution();
    document["recordSet"] = record_sets();
    return document;
  }
  std::string maker() const {
    const ordered_json& header = context_.corpus.header();
    return header.contains("generator") && header.at("generator").is_string()
               ? header.at("generator").get<std::string>()
               : "brandiron";
  }
  std::string description() const {
    const Summary& summary = context_.summary;
    std::string text = std::to_string(summary.all.items) + " items";
    for (const auto& [label, tally] : summary.by_label) {
      text += ", " + std::to_string(tally.items) + " " + label;
    }
    return text + ".";
  }
  ordered_json licences() const {
    ordered_json all = ordered_json::array();
    for (const auto& [licence, tally] : context_.summary.by_licence) {
      const std::string url = licence_url(licence);
      all.push_back(url.empty() ? licence : url);
    }
    return all.size() == 1 ? all.front() : all;
  }
  ordered_json creators() const {
    ordered_json all = ordered_json::array();
    for (const std::string& author : context_.options.authors) {
      all.push_back({{"@type", "sc:Organization"}, {"name", author}});
    }
    if (all.empty())
      all.push_back({{"@type", "sc:Organization"}, {"name", "made with " + maker()}});
    return all;
  }
  ordered_json distribution() const {
    const FileHashes& table = out_.files().at("metadata.jsonl");
    ordered_json files = ordered_json::array();
    files.push_back({{"@type", "cr:FileObject"},
                     {"@id", "metadata"},
                     {"name", "metadata.jsonl"},
                     {"description", "a line an item"},
                     {"contentUrl", "metadata.jsonl"},
                     {"contentSize", std::to_string(table.bytes) + " B"},
                     {"encodingFormat", "application/jsonlines"},
                     {"sha256", table.sha256}});
    for (const auto& [extension, tally] : context_.summary.by_extension) {
      files.push_back({{"@type", "cr:FileSet"},
                       {"@id", "audio" + extension},
                       {"name", "audio" + extension},
                       {"description", std::to_string(tally.items) + " audio files"},
                       {"encodingFormat", media_type(extension)},
                       {"includes", "audio/*" + extension}});
    }
    return files;
  }
  ordered_json record_sets() const {
    ordered_json fields = ordered_json::array();
    const auto from_table = [](const std::string& column) {
      return ordered_json{{"fileObject", {{"@id", "metadata"}}}, {"extract", {{"column", column}}}};
    };
    for (const Column& column : columns()) {
      fields.push_back(field("items", column.name, column.what, data_type(column.type),
                             from_table(column.name)));
    }
    fields.push_back(field("items", "file", "the audio", "sc:Text", from_table("file")));
    ordered_json sets = ordered_json::array();
    sets.push_back({{"@type", "cr:RecordSet"},
                    {"@id", "items"},
                    {"name", "items"},
                    {"description", "what is known about each item"},
                    {"key", {{"@id", "items/id"}}},
                    {"field", fields}});
    for (const auto& [extension, tally] : context_.summary.by_extension) {
      const std::string set = "audio" + extension;
      const auto from_files = [&](const char* property) {
        return ordered_json{{"fileSet", {{"@id", set}}}, {"extract", {{"fileProperty", property}}}};
      };
      ordered_json path =
          field(set + "_files", "file", "its path", "sc:Text", from_files("fullpath"));
      path["references"] = {{"field", {{"@id", "items/file"}}}};
      sets.push_back(
          {{"@type", "cr:RecordSet"},
           {"@id", set + "_files"},
           {"name", set + "_files"},
           {"description", "the audio itself"},
           {"field", ordered_json::array({path, field(set + "_files", "content", "the sound",
                                                      "sc:AudioObject", from_files("content"))})}});
    }
    return sets;
  }

  Context context_;
  std::string metadata_;
};

}  // namespace

std::unique_ptr<Writer> croissant_writer(Staging& out, const Context& context) {
  return std::make_unique<CroissantWriter>(out, context);
}

}  // namespace brandiron::experiments::corpus_export
