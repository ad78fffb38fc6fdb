#include <fmt/format.h>

#include <algorithm>

#include "brandiron/core/error.h"
#include "brandiron/core/parallel.h"
#include "brandiron/core/progress.h"
#include "brandiron/core/version.h"
#include "corpus_export/writer.h"

namespace brandiron::experiments {
namespace {

using namespace corpus_export;
namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr std::size_t kBatch = 64;
constexpr std::uint64_t kSmallestShard = 1'000'000;

struct Format {
  const char* name;
  std::unique_ptr<Writer> (*make)(Staging&, const Context&);
  bool needs_audio;  ///< is nothing without it
  bool uses_audio;
};

const std::vector<Format>& all_formats() {
  static const std::vector<Format> formats = {{"audiofolder", audio_folder_writer, true, true},
                                              {"webdataset", web_dataset_writer, true, true},
                                              {"parquet", parquet_writer, false, false},
                                              {"jams", jams_writer, false, false},
                                              {"mirdata", mirdata_writer, true, true},
                                              {"lab", lab_writer, false, false},
                                              {"croissant", croissant_writer, false, true},
                                              {"sqlite", catalogue_writer, false, false},
                                              {"card", card_writer, false, true}};
  return formats;
}

bool wants_all(const CorpusExportOptions& options) {
  return std::find(options.formats.begin(), options.formats.end(), "all") != options.formats.end();
}

std::vector<Format> chosen_formats(const CorpusExportOptions& options) {
  std::vector<Format> chosen;
  for (const Format& format : all_formats()) {
    const bool named = std::find(options.formats.begin(), options.formats.end(), format.name) !=
                       options.formats.end();
    if (named || wants_all(options)) chosen.push_back(format);
  }
  return chosen;
}

void complete(const CorpusReader& corpus, bool with_audio, Exported& exported) {
  const CorpusItem& item = exported.item;
  if (with_audio) {
    if (item.audio.empty()) {
      throw Error(ErrorCode::kFormat,
                  fmt::format("{}:{}: {} has no audio and others have", corpus.manifest().string(),
                              item.line_number, item.id));
    }
    exported.audio = hash_file(item.audio);
    const std::string listed = item.text("sha256");
    if (!listed.empty() && listed != exported.audio.sha256) {
      throw Error(ErrorCode::kFormat,
                  fmt::format("{}: sha256 {}, expected {} as {} says: the file was changed",
                              item.audio.string(), exported.audio.sha256, listed,
                              corpus.manifest().string()));
    }
  }
  exported.labels = corpus.labels(item);
  if (exported.labels) exported.lyrics = lyrics_text(*exported.labels);
  exported.row = cells(item, exported.lyrics, corpus.manifest().string());
}

std::string export_json(const Format& format, const Context& context, const Writer& writer,
                        const std::string& manifest_sha256) {
  const ordered_json& header = context.corpus.header();
  ordered_json json = {{"schema", "brandiron.export/1"},
                       {"format", format.name},
                       {"exporter", "brandiron/" + version()},
                       {"recipe", header.value("recipe", ordered_json())},
                       {"recipe_sha256", header.value("recipe_sha256", ordered_json())},
                       {"manifest_sha256", manifest_sha256},
                       {"items", context.summary.all.items},
                       {"left_out", writer.left_out()}};
  return json.dump(1) + "\n";
}

/// The chosen formats while they grow.
struct Bench {
  struct Part {
    Format format;
    std::unique_ptr<Staging> staging;
    std::unique_ptr<Writer> writer;
  };
  std::vector<Part> parts;

  Bench(const std::vector<Format>& formats, const fs::path& root, const Context& context) {
    for (const Format& format : formats) {
      const fs::path folder = formats.size() == 1 ? root : root / format.name;
      auto staging = std::make_unique<Staging>(folder);
      auto writer = format.make(*staging, context);
      parts.push_back({format, std::move(staging), std::move(writer)});
    }
  }
};

void run(const CorpusReader& corpus, const CorpusExportOptions& options, bool with_audio,
         Bench& bench, Summary& summary) {
  const auto listed = corpus.header().find("items");
  Progress progress("export",
                    listed != corpus.header().end() && listed->is_number_unsigned()
                        ? listed->get<std::uint64_t>()
                        : 0,
                    "items");
  std::vector<Exported> batch;
  const auto flush = [&] {
    parallel_for(batch.size(), options.jobs,
                 [&](std::size_t i) { complete(corpus, with_audio, batch[i]); });
    for (const Exported& item : batch) {
      summary.add(item.item, item.audio, item.labels);
      for (Bench::Part& part : bench.parts) part.writer->add(item);
      progress.add();
    }
    batch.clear();
  };
  corpus.for_each([&](CorpusItem&& item) {
    batch.emplace_back().item = std::move(item);
    if (batch.size() == kBatch) flush();
  });
  flush();
}

std::vector<CorpusExport> finish(Bench& bench, const Context& context, const fs::path& out,
                                 const std::string& root_json_of_all) {
  std::vector<CorpusExport> results;
  const std::string manifest_sha256 = hash_file(context.corpus.manifest()).sha256;
  for (Bench::Part& part : bench.parts) {
    part.writer->finish();
    part.staging->write("export.json",
                        export_json(part.format, context, *part.writer, manifest_sha256));
    part.staging->write_checksums();
    results.push_back({part.format.name, bench.parts.size() == 1 ? out : out / part.format.name,
                       context.summary.all.items, part.staging->files().size(),
                       part.staging->bytes(), part.writer->left_out()});
  }
  if (!root_json_of_all.empty() && bench.parts.size() > 1) {
    // What tells that the whole folder may be replaced by another export.
    Staging(bench.parts.front().staging->root().parent_path())
        .write("export.json", root_json_of_all);
  }
  return results;
}

std::string root_json(const std::vector<Format>& formats) {
  ordered_json names = ordered_json::array();
  for (const Format& format : formats) names.push_back(format.name);
  return ordered_json{{"schema", "brandiron.export/1"},
                      {"formats", names},
                      {"exporter", "brandiron/" + version()}}
             .dump(1) +
         "\n";
}

}  // namespace

const std::vector<std::string>& corpus_export_formats() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Format& format : all_formats()) list.emplace_back(format.name);
    return list;
  }();
  return names;
}

void CorpusExportOptions::validate() const {
  const auto& known = corpus_export_formats();
  if (formats.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("no format; expected some of {} or all", fmt::join(known, ", ")));
  }
  for (const std::string& format : formats) {
    if (format != "all" && std::find(known.begin(), known.end(), format) == known.end()) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("format '{}', expected one of {} or all",
                                                           format, fmt::join(known, ", ")));
    }
  }
  if (max_shard_bytes < kSmallestShard) {
    throw Error(ErrorCode::kInvalidArgument, "shards of less than 1 MB");
  }
}

std::vector<CorpusExport> export_corpus(const CorpusExportOptions& options) {
  options.validate();
  const CorpusReader corpus(options.corpus);
  const bool has_audio = corpus.has_audio();
  std::vector<Format> formats = chosen_formats(options);
  std::vector<CorpusExport> skipped;
  if (!has_audio) {
    for (const Format& format : formats) {
      if (!format.needs_audio) continue;
      if (!wants_all(options)) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("{}: {} needs audio and the corpus is virtual; brandiron corpus "
                                "render makes it",
                                options.corpus.string(), format.name));
      }
      skipped.push_back({format.name, {}, 0, 0, 0, {"not written: the corpus has no audio"}});
    }
    std::erase_if(formats, [](const Format& format) { return format.needs_audio; });
  }
  StagedFolder folder(options.out, options.overwrite);
  Summary summary;
  const Context context{corpus, options, summary};
  Bench bench(formats, folder.path(), context);
  const bool reads_audio = has_audio && std::any_of(formats.begin(), formats.end(),
                                                    [](const Format& f) { return f.uses_audio; });
  run(corpus, options, reads_audio, bench, summary);
  std::vector<CorpusExport> results = finish(bench, context, options.out, root_json(formats));
  bench.parts.clear();
  folder.publish();
  results.insert(results.end(), skipped.begin(), skipped.end());
  return results;
}

}  // namespace brandiron::experiments
