#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>

#include "brandiron/core/error.h"
#include "corpus_export/card.h"
#include "corpus_export/writer.h"

namespace brandiron::experiments::corpus_export {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr std::uint64_t kTarBlock = 512;

/// A tar file that depends on its members alone: ustar, no times, no owners.
class Tar {
 public:
  explicit Tar(fs::path path) : path_(std::move(path)), archive_(archive_write_new()) {
    if (archive_ == nullptr) throw Error(ErrorCode::kRetry, "out of memory");
    check(archive_write_set_format_ustar(archive_));
    check(archive_write_open_filename(archive_, path_.c_str()));
  }
  ~Tar() { archive_write_free(archive_); }
  Tar(const Tar&) = delete;
  Tar& operator=(const Tar&) = delete;

  void begin(const std::string& name, std::uint64_t bytes) {
    const std::unique_ptr<archive_entry, decltype(&archive_entry_free)> entry(archive_entry_new(),
                                                                              archive_entry_free);
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(bytes));
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_uid(entry.get(), 0);
    archive_entry_set_gid(entry.get(), 0);
    check(archive_write_header(archive_, entry.get()));
  }
  void data(const char* bytes, std::size_t size) {
    if (archive_write_data(archive_, bytes, size) != static_cast<la_ssize_t>(size)) fail();
  }
  void close() { check(archive_write_close(archive_)); }

 private:
  void check(int result) {
    if (result != ARCHIVE_OK) fail();
  }
  [[noreturn]] void fail() {
    const char* why = archive_error_string(archive_);
    throw Error(ErrorCode::kOutput,
                path_.string() + ": cannot be written: " + (why != nullptr ? why : "tar"));
  }

  fs::path path_;
  archive* archive_;
};

struct Member {
  std::string name;
  std::string bytes;   ///< or
  fs::path file;       ///< its bytes
  std::uint64_t size;  ///< of either
};

std::uint64_t padded(std::uint64_t bytes) {
  return kTarBlock + (bytes + kTarBlock - 1) / kTarBlock * kTarBlock;
}

/// SPLIT-000000.tar and so on, of one split.
class Shards {
 public:
  Shards(Staging& out, std::string split, std::uint64_t limit)
      : out_(out), split_(std::move(split)), limit_(limit) {}

  void add(const std::vector<Member>& sample) {
    std::uint64_t bytes = 0;
    for (const Member& member : sample) bytes += padded(member.size);
    if (tar_ && bytes_ + bytes > limit_) close();
    if (!tar_) open();
    for (const Member& member : sample) write(member);
    bytes_ += bytes;
  }
  void close() {
    if (!tar_) return;
    tar_->close();
    tar_.reset();
    out_.adopt(name_);
    bytes_ = 0;
  }

 private:
  void open() {
    name_ = fmt::format("{}-{:06}.tar", split_, count_++);
    tar_ = std::make_unique<Tar>(out_.reserve(name_));
  }
  void write(const Member& member) {
    tar_->begin(member.name, member.size);
    if (member.file.empty()) {
      tar_->data(member.bytes.data(), member.bytes.size());
      return;
    }
    std::ifstream file(member.file, std::ios::binary);
    std::string block(std::size_t{1} << 18, '\0');
    std::uint64_t left = member.size;
    while (left > 0) {
      file.read(block.data(),
                static_cast<std::streamsize>(std::min<std::uint64_t>(left, block.size())));
      const auto read = static_cast<std::size_t>(file.gcount());
      if (read == 0) {
        throw Error(ErrorCode::kIo, member.file.string() + ": became shorter while it was read");
      }
      tar_->data(block.data(), read);
      left -= read;
    }
  }

  Staging& out_;
  std::string split_, name_;
  std::uint64_t limit_, bytes_ = 0;
  std::size_t count_ = 0;
  std::unique_ptr<Tar> tar_;
};

/// A loader cuts names at the first dot.
std::string key_of(const CorpusItem& item) {
  std::string key = item.id;
  std::replace(key.begin(), key.end(), '.', '_');
  return key;
}

class WebDatasetWriter : public Writer {
 public:
  WebDatasetWriter(Staging& out, const Context& context) : Writer(out), context_(context) {}

  void add(const Exported& item) override {
    const std::string key = key_of(item.item);
    if (!keys_.insert(key).second) {
      throw Error(ErrorCode::kFormat,
                  fmt::format("{}: two items would be {} in a shard: a dot in an id becomes '_'",
                              context_.corpus.manifest().string(), key));
    }
    std::vector<Member> sample;
    const std::string extension = item.item.audio.extension().string();
    sample.push_back({key + extension, "", item.item.audio, item.audio.bytes});
    add_text(sample, key + ".json", json_of(item));
    if (!item.lyrics.empty()) add_text(sample, key + ".lyrics.txt", item.lyrics);
    const fs::path midi = context_.corpus.beside(item.item, ".mid");
    if (!midi.empty()) sample.push_back({key + ".mid", "", midi, fs::file_size(midi)});
    shards_.try_emplace(item.item.split, out_, item.item.split, context_.options.max_shard_bytes)
        .first->second.add(sample);
    labels_.count(!item.labels);
    words_.count(item.lyrics.empty());
    midi_.count(midi.empty());
  }

  void finish() override {
    for (auto& [split, shards] : shards_) shards.close();
    labels_.tell(left_out_);
    words_.tell(left_out_);
    midi_.tell(left_out_);
    const CardLayout layout{
        "from datasets import load_dataset\n"
        "songs = load_dataset(\"webdataset\", data_files={\"train\": \"train-*.tar\"}, "
        "streaming=True)",
        false, false, "", "-*.tar"};
    write_documents(out_, context_, &layout, left_out_);
  }

 private:
  static void add_text(std::vector<Member>& sample, std::string name, std::string text) {
    const std::uint64_t size = text.size();
    sample.push_back({std::move(name), std::move(text), {}, size});
  }
  /// The manifest's line, with the labels that song.json holds in their place.
  static std::string json_of(const Exported& item) {
    ordered_json line = item.item.line;
    if (item.labels) line["labels"] = *item.labels;
    return line.dump() + "\n";
  }

  Context context_;
  std::map<std::string, Shards> shards_;
  std::set<std::string> keys_;
  MissingCount labels_{"have no labels"}, words_{"have no words"}, midi_{"have no MIDI file"};
};

}  // namespace

std::unique_ptr<Writer> web_dataset_writer(Staging& out, const Context& context) {
  return std::make_unique<WebDatasetWriter>(out, context);
}

}  // namespace brandiron::experiments::corpus_export
