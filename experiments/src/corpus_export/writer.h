#pragma once

#include <memory>
#include <string>
#include <vector>

#include "brandiron/experiments/corpus_export.h"
#include "corpus_export/columns.h"
#include "corpus_export/corpus_reader.h"
#include "corpus_export/staging.h"
#include "corpus_export/summary.h"

namespace brandiron::experiments::corpus_export {

/// All that writers ask of one item; made once for all of them.
struct Exported {
  CorpusItem item;
  FileHashes audio;                              ///< no bytes in a virtual corpus
  std::optional<nlohmann::ordered_json> labels;  ///< of the line or song.json
  std::string lyrics;                            ///< a line a line
  std::vector<Cell> row;                         ///< as `columns()`
};

/// What writers share.
struct Context {
  const CorpusReader& corpus;
  const CorpusExportOptions& options;
  const Summary& summary;  ///< complete when `finish` is called
};

/// One format: items in the manifest's order, then `finish`.
class Writer {
 public:
  explicit Writer(Staging& out) : out_(out) {}
  virtual ~Writer() = default;
  virtual void add(const Exported& item) = 0;
  virtual void finish() = 0;
  /// In words, a line each.
  std::vector<std::string> left_out() const { return left_out_; }

 protected:
  Staging& out_;
  std::vector<std::string> left_out_;
};

std::unique_ptr<Writer> audio_folder_writer(Staging& out, const Context& context);
std::unique_ptr<Writer> web_dataset_writer(Staging& out, const Context& context);
std::unique_ptr<Writer> parquet_writer(Staging& out, const Context& context);
std::unique_ptr<Writer> jams_writer(Staging& out, const Context& context);
std::unique_ptr<Writer> lab_writer(Staging& out, const Context& context);
std::unique_ptr<Writer> mirdata_writer(Staging& out, const Context& context);
std::unique_ptr<Writer> croissant_writer(Staging& out, const Context& context);
std::unique_ptr<Writer> catalogue_writer(Staging& out, const Context& context);
std::unique_ptr<Writer> card_writer(Staging& out, const Context& context);

/// "3 of 40 items have no labels", counted as writers go.
class MissingCount {
 public:
  explicit MissingCount(std::string what) : what_(std::move(what)) {}
  void count(bool missing) {
    ++items_;
    missing_ += missing ? 1 : 0;
  }
  void tell(std::vector<std::string>& notes) const;

 private:
  std::string what_;
  std::size_t items_ = 0, missing_ = 0;
};

}  // namespace brandiron::experiments::corpus_export
