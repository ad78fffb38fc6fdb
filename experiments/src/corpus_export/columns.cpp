#include "corpus_export/columns.h"

#include <fmt/format.h>

#include "brandiron/core/error.h"

namespace brandiron::experiments::corpus_export {
namespace {

using nlohmann::ordered_json;

/// Numbers and lists as text: "8,8,4", and seeds, which have 64 bits and no sign.
std::string as_text(const ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string text;
  for (const ordered_json& part : value) text += (text.empty() ? "" : ",") + as_text(part);
  return text;
}

Cell cell_of(const Column& column, const ordered_json& value) {
  switch (column.type) {
    case CellType::kText:
      if (value.is_object()) break;
      return as_text(value);
    case CellType::kInteger:
      if (!value.is_number_integer()) break;
      return value.get<std::int64_t>();
    case CellType::kNumber:
      if (!value.is_number()) break;
      return value.get<double>();
    case CellType::kBoolean:
      if (!value.is_boolean()) break;
      return value.get<bool>();
  }
  throw Error(ErrorCode::kFormat, fmt::format("{}: found {}, expected {}", column.name,
                                              value.dump(), feature_type(column.type)));
}

}  // namespace

const std::vector<Column>& columns() {
  using enum CellType;
  static const std::vector<Column> all = {
      {"id", kText, true, "/id", "unique, file-name safe"},
      {"song", kInteger, false, "/song", "songs of one number are versions of one song"},
      {"label", kText, true, "/label", "ai, human or mixed: what a detector is asked"},
      {"kind", kText, false, "/kind",
       "song, twin, codec, attack, human-tune, human-voice, human, re-decoded or imported"},
      {"split", kText, true, "/split", "train, validation or test"},
      {"vocals_by", kText, false, "/parts/vocals", "who sings: ai or human"},
      {"instruments_by", kText, false, "/parts/instruments", "who plays: ai or human"},
      {"composition_by", kText, false, "/parts/composition", "who composed: ai or human"},
      {"lyrics_by", kText, false, "/parts/lyrics", "who wrote the words: ai or human"},
      {"generator", kText, false, "/generator", "the system that made it, or human"},
      {"persona", kText, false, "/persona", "the fictional singer"},
      {"preset", kText, false, "/preset", "lean, vocal or full"},
      {"seed", kText, false, "/seed", "of the song, in decimal: up to 64 bits"},
      {"title", kText, false, "/title", "of the song"},
      {"theme", kText, false, "/theme", "of the words"},
      {"key", kText, false, "/key", "in Harte's syntax, E:maj"},
      {"tempo_bpm", kNumber, false, "/tempo_bpm", "beats a minute"},
      {"meter", kText, false, "/meter", "4/4, 3/4 or 12/8"},
      {"groove", kText, false, "/groove", "stomp, train, waltz or ballad"},
      {"form", kText, false, "/form", "sections in order"},
      {"decoder_family", kText, false, "/decoder/family", "neural decoder"},
      {"decoder_scope", kText, false, "/decoder/scope", "voice, mix or both"},
      {"decoder_strides", kText, false, "/decoder/strides", "upsampling factors"},
      {"decoder_bitrate_kbps", kNumber, false, "/decoder/bitrate_kbps", "of its codes"},
      {"singer", kText, false, "/singer", "bank, learned or human"},
      {"marked", kBoolean, false, "/marked", "carries a disclosure watermark"},
      {"payload_hex", kText, false, "/payload_hex", "what the mark says"},
      {"key_fingerprint", kText, false, "/key_fingerprint", "of the mark's key"},
      {"codec", kText, false, "/codec", "lossy codec it went through"},
      {"attack", kText, false, "/attack", "effects it went through"},
      {"parent_id", kText, false, "/parent_id", "id of the item it was made from"},
      {"twin", kText, false, "/twin", "what differs from its parent"},
      {"licence", kText, false, "/licence", "SPDX identifier where there is one"},
      {"source", kText, false, "/source", "where it is from"},
      {"duration_s", kNumber, false, "/duration_s", "seconds"},
      {"sample_rate_hz", kInteger, false, "/sample_rate_hz", "samples a second"},
      {"channels", kInteger, false, "/channels", "1 mono, 2 stereo"},
      {"integrated_lufs", kNumber, false, "/integrated_lufs", "loudness after BS.1770"},
      {"true_peak_dbtp", kNumber, false, "/true_peak_dbtp", "highest true peak"},
      {"producedness", kNumber, false, "/producedness", "0 open to 1.5 pressed"},
      {"sha256", kText, false, "/sha256", "of the audio file"},
      {"pcm_sha256", kText, false, "/pcm_sha256", "of its 16-bit PCM before encoding"},
      {"lyrics", kText, false, "", "the sung words, a line a line"},
  };
  return all;
}

const char* feature_type(CellType type) {
  switch (type) {
    case CellType::kText:
      return "string";
    case CellType::kInteger:
      return "int64";
    case CellType::kNumber:
      return "float64";
    case CellType::kBoolean:
      return "bool";
  }
  return "string";
}

std::vector<Cell> cells(const CorpusItem& item, const std::string& lyrics,
                        const std::string& manifest) {
  std::vector<Cell> row;
  row.reserve(columns().size());
  for (const Column& column : columns()) {
    if (*column.pointer == '\0') {
      row.push_back(lyrics.empty() ? Cell() : Cell(lyrics));
      continue;
    }
    if (column.name == std::string_view("split")) {
      row.emplace_back(item.split);
      continue;
    }
    const ordered_json* value = nullptr;
    const ordered_json::json_pointer pointer(column.pointer);
    if (item.line.contains(pointer)) value = &item.line.at(pointer);
    // `twins` names the family alone.
    if (column.name == std::string_view("decoder_family") && item.line.contains("decoder") &&
        item.line.at("decoder").is_string()) {
      value = &item.line.at("decoder");
    }
    // There `song` is a file.
    if (column.name == std::string_view("song") && value != nullptr && value->is_string()) {
      value = nullptr;
    }
    try {
      row.push_back(value == nullptr || value->is_null() ? Cell() : cell_of(column, *value));
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("{}:{}: {}", manifest, item.line_number, error.what()));
    }
  }
  return row;
}

ordered_json to_json(const Cell& cell) {
  return std::visit(
      [](const auto& value) -> ordered_json {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
          return nullptr;
        } else {
          return value;
        }
      },
      cell);
}

std::string lyrics_text(const ordered_json& labels) {
  const ordered_json::json_pointer lines("/lyrics/lines");
  if (!labels.contains(lines) || !labels.at(lines).is_array()) return "";
  std::string text;
  ordered_json section;
  for (const ordered_json& line : labels.at(lines)) {
    if (!line.is_object() || !line.contains("text") || !line.at("text").is_string()) continue;
    const ordered_json next = line.value("section_index", line.value("section", ordered_json()));
    if (!text.empty() && next != section) text += "\n";
    section = next;
    text += line.at("text").get<std::string>() + "\n";
  }
  return text;
}

}  // namespace brandiron::experiments::corpus_export
