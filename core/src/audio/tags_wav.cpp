#include <algorithm>
#include <array>
#include <optional>

#include "audio/tags_internal.h"
#include "brandiron/core/error.h"

// Where a WAV keeps text: ID3 for programs, RIFF INFO for players, and bext and iXML for studios.

namespace brandiron::tags_internal {
namespace {

constexpr std::string_view kInfo = "INFO";

struct InfoField {
  std::string_view id, read_as, written_from;
};
// ISFT of an input names its recorder: it is read under a name of its own.
constexpr std::array<InfoField, 9> kInfoFields = {{{"INAM", "TITLE", "TITLE"},
                                                   {"IART", "ARTIST", "ARTIST"},
                                                   {"ICMT", "COMMENT", "COMMENT"},
                                                   {"ISFT", "SOFTWARE", "GENERATOR"},
                                                   {"ICRD", "DATE", "DATE"},
                                                   {"IPRD", "ALBUM", "ALBUM"},
                                                   {"IGNR", "GENRE", "GENRE"},
                                                   {"ICOP", "COPYRIGHT", "COPYRIGHT"},
                                                   {"ITRK", "TRACKNUMBER", "TRACKNUMBER"}}};

bool is_info(const riff::Chunk& chunk, std::string_view file) {
  return chunk.id == "LIST" && chunk.content(file).substr(0, 4) == kInfo;
}

bool is_id3(const riff::Chunk& chunk) { return chunk.id == "ID3 " || chunk.id == "id3 "; }

// The parts of an INFO list as (id, bytes).
Tags info_parts(std::string_view content) {
  Tags parts;
  std::size_t at = kInfo.size();
  while (at + riff::kHeaderBytes <= content.size()) {
    if (parts.size() == kMaxFields) too_large("RIFF INFO");
    const std::size_t start = at + riff::kHeaderBytes;
    const std::size_t size =
        std::min<std::size_t>(riff::read_le(content, at + 4, 4), content.size() - start);
    parts.emplace_back(content.substr(at, 4), content.substr(start, size));
    at = start + size + size % 2;
  }
  return parts;
}

Tags read_info(std::string_view content) {
  Tags tags;
  for (const auto& [id, bytes] : info_parts(content)) {
    const auto field = std::find_if(kInfoFields.begin(), kInfoFields.end(),
                                    [&id = id](const InfoField& f) { return f.id == id; });
    if (field == kInfoFields.end()) continue;
    tags.emplace_back(field->read_as, bytes.substr(0, bytes.find('\0')));
  }
  return tags;
}

// A recorder that names itself in ISFT stays there; our own older name goes.
std::string info_with(std::string_view content, const Tags& changes, const Tags& before) {
  Tags parts = info_parts(content);
  for (const InfoField& field : kInfoFields) {
    const auto change = std::find_if(changes.begin(), changes.end(),
                                     [&](const auto& c) { return c.first == field.written_from; });
    if (change == changes.end()) continue;
    const std::string old = tag_value(parts, field.id);
    const std::string ours = tag_value(before, field.written_from) + '\0';
    if (field.id == "ISFT" && !old.empty() && old != ours) continue;
    const std::string value = change->second.empty() ? "" : change->second + '\0';
    parts = changed(parts, {{std::string(field.id), value}});
  }
  if (parts.empty()) return {};
  std::string out(kInfo);
  for (const auto& [id, bytes] : parts) riff::append_chunk(out, id, bytes);
  return out;
}

struct Chunks {
  const riff::Chunk *id3 = nullptr, *info = nullptr, *bext = nullptr, *ixml = nullptr;
};

Chunks find_chunks(const riff::Layout& layout, std::string_view file) {
  Chunks found;
  const auto first = [](const riff::Chunk*& slot, const riff::Chunk& chunk) {
    if (slot == nullptr) slot = &chunk;
  };
  for (const riff::Chunk& chunk : layout.chunks) {
    if (chunk.size > kMaxTagBytes && chunk.id != "data") continue;
    if (is_id3(chunk)) first(found.id3, chunk);
    if (is_info(chunk, file)) first(found.info, chunk);
    if (chunk.id == "bext") first(found.bext, chunk);
    if (chunk.id == "iXML") first(found.ixml, chunk);
  }
  return found;
}

std::string_view content_of(const riff::Chunk* chunk, std::string_view file) {
  return chunk == nullptr ? std::string_view() : chunk->content(file);
}

// Collects the new chunks: in place of an old one, or behind the last chunk.
class Rewriter {
 public:
  Rewriter(std::string_view file, const riff::Layout& layout) : file_(file), layout_(layout) {}

  void put(const riff::Chunk* old, std::string_view id, const std::string& content) {
    if (old != nullptr && old->content(file_) == content && !old->truncated) return;
    const std::string bytes = content.empty() ? std::string() : riff::make_chunk(id, content);
    if (old != nullptr) {
      edits_.push_back({old->start, old->end, bytes});
    } else {
      behind_ += bytes;
    }
  }

  Edits finish() {
    const bool replaced = replaces_last_chunk();
    if (!replaced) close_last_chunk();
    if (!behind_.empty()) {
      if (!replaced && layout_.list_end % 2 != 0) behind_.insert(0, 1, '\0');
      edits_.push_back({layout_.list_end, layout_.list_end, behind_});
    }
    std::sort(edits_.begin(), edits_.end(), [](const Edit& a, const Edit& b) {
      return std::pair(a.start, a.end) < std::pair(b.start, b.end);
    });
    if (!edits_.empty()) state_end();
    return std::move(edits_);
  }

 private:
  bool replaces_last_chunk() const {
    return std::any_of(edits_.begin(), edits_.end(),
                       [&](const Edit& edit) { return edit.start == layout_.chunks.back().start; });
  }

  // A recording that was never finished gets its length stated, or nothing could follow it.
  void close_last_chunk() {
    const riff::Chunk& last = layout_.chunks.back();
    if (!last.truncated || (edits_.empty() && behind_.empty())) return;
    if (last.size >= 0xFFFFFFFF) {
      throw Error(ErrorCode::kUnsupported, "WAV: an unfinished recording of over 4 GiB");
    }
    edits_.push_back({last.start + 4, last.start + 8, riff::le_bytes(last.size, 4)});
  }

  void state_end() {
    std::uint64_t end = layout_.end;
    for (const Edit& edit : edits_) end += edit.bytes.size() - (edit.end - edit.start);
    const std::size_t size = riff::end_bytes(file_);
    std::string head(file_.substr(0, size));
    riff::set_end(head, end);
    edits_.insert(edits_.begin(), {0, size, head});
  }

  std::string_view file_;
  const riff::Layout& layout_;
  Edits edits_;
  std::string behind_;
};

}  // namespace

Tags read_wav(std::string_view file) {
  const riff::Layout layout = riff::read_layout(file);
  const Chunks chunks = find_chunks(layout, file);
  Tags tags;  // the richer place first
  add_new_keys(tags, read_id3(content_of(chunks.id3, file)));
  add_new_keys(tags, read_ixml(content_of(chunks.ixml, file)));
  add_new_keys(tags, read_info(content_of(chunks.info, file)));
  add_new_keys(tags, read_bext(content_of(chunks.bext, file)));
  return tags;
}

Edits wav_edits(std::string_view file, const Tags& changes) {
  const riff::Layout layout = riff::read_layout(file);
  if (layout.too_many || layout.find("data") == nullptr || layout.find("fmt ") == nullptr) {
    throw Error(ErrorCode::kFormat,
                "WAV: expected chunks \"fmt \" and \"data\" among the first 65,536");
  }
  const Chunks chunks = find_chunks(layout, file);
  const Tags before = read_wav(file);
  Rewriter rewriter(file, layout);
  if (tag_value(changes, "AI_GENERATED") == "true") {
    const std::string_view format = layout.find("fmt ")->content(file);
    rewriter.put(chunks.bext, "bext", bext_with(content_of(chunks.bext, file), changes, format));
    if (const auto ixml = ixml_with(content_of(chunks.ixml, file), changes)) {
      rewriter.put(chunks.ixml, "iXML", *ixml);
    }
  }
  rewriter.put(chunks.info, "LIST", info_with(content_of(chunks.info, file), changes, before));
  rewriter.put(chunks.id3, chunks.id3 == nullptr ? "ID3 " : chunks.id3->id,
               id3_with(content_of(chunks.id3, file), changes));
  return rewriter.finish();
}

}  // namespace brandiron::tags_internal
