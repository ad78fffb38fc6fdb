#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace brandiron {

/// A picture in a file's tags.
struct Picture {
  std::string mime;         ///< e.g. "image/jpeg"
  std::string description;  ///< UTF-8
  int type = 3;             ///< as ID3's APIC and FLAC number them; 3 is the front cover
  std::string data;
  bool operator==(const Picture&) const = default;
};

/// The pictures of a WAV or MP3 (ID3 APIC), FLAC (PICTURE) or Ogg (METADATA_BLOCK_PICTURE) file;
/// none where there are none or they cannot be read. @throws Error(kIo) when the file cannot be
/// read, Error(kUnsupported) for over 64 pictures or 64 MiB of them.
std::vector<Picture> read_pictures(const std::filesystem::path& path);

/// Adds them in a file that nobody sees yet. @throws Error(kFormat) when the file is none of those,
/// Error(kOutput).
void add_pictures(const std::filesystem::path& path, const std::vector<Picture>& pictures);

}  // namespace brandiron
