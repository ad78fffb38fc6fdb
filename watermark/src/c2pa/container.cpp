#include "container.h"

#include <algorithm>

#include "brandiron/core/error.h"

namespace brandiron::watermark::c2pa {
namespace {

// How far behind a tag the first frame of an MP3 is looked for.
constexpr std::size_t kMaxPaddingBytes = 4096;

bool layer_three_sync(std::string_view bytes, std::size_t at) {
  const auto first = static_cast<unsigned char>(bytes[at]);
  const auto second = static_cast<unsigned char>(bytes[at + 1]);
  return first == 0xFF && (second & 0xE6U) == 0xE2U;
}

}  // namespace

Container container_of(std::string_view file) noexcept {
  const std::string_view form = file.substr(0, 4);
  if (file.size() >= 12 && (form == "RIFF" || form == "RF64" || form == "BW64") &&
      file.substr(8, 4) == "WAVE") {
    return Container::kWav;
  }
  const std::size_t tag = id3_tags_size(file);
  const std::string_view audio = file.substr(std::min(tag, file.size()));
  if (audio.substr(0, 4) == "fLaC") return Container::kFlac;
  const std::size_t tries = tag > 0 ? kMaxPaddingBytes : 1;
  for (std::size_t i = 0; i < tries && i + 1 < audio.size(); ++i) {
    if (layer_three_sync(audio, i)) return Container::kMp3;
  }
  return Container::kSidecar;
}

std::size_t Slot::size_before() const {
  std::size_t size = head.size() + header.size();
  for (const std::string_view stretch : kept) size += stretch.size();
  return size;
}

std::optional<Placed> find_store(std::string_view file, Container container) {
  switch (container) {
    case Container::kWav:
      return find_in_wav(file);
    case Container::kFlac:
    case Container::kMp3:
      return find_in_id3(file);
    case Container::kSidecar:
      break;
  }
  return std::nullopt;
}

Slot open_slot(std::string_view file, Container container) {
  switch (container) {
    case Container::kWav:
      return open_wav(file);
    case Container::kFlac:
    case Container::kMp3:
      return open_id3(file);
    case Container::kSidecar:
      break;
  }
  throw Error(
      ErrorCode::kUnsupported,
      "C2PA: this file cannot hold a manifest, expected WAV, FLAC or MP3; keep the manifest "
      "in a sidecar file");
}

}  // namespace brandiron::watermark::c2pa
