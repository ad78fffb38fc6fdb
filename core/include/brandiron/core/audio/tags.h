#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace brandiron {

/// Text tags under the names of Vorbis comments (TITLE, ARTIST, ...) and values in UTF-8. A key
/// that occurs more than once has more than one value.
using Tags = std::vector<std::pair<std::string, std::string>>;

/// All text tags of a WAV (ID3 chunk, RIFF INFO, and of iXML and bext what `write_tags` puts
/// there), FLAC, MP3, Ogg Vorbis or Ogg Opus file; keys in upper case. Where two places of a file
/// name the same key, the richer one counts (ID3 before iXML before INFO before bext). A file of
/// another kind or without tags has none.
/// @throws Error(kIo) when the file cannot be read; Error(kUnsupported) for tags of a size that no
/// honest file has (over 32 MiB or 4,096 fields).
Tags read_tags(const std::filesystem::path& path);
/// The same from bytes; `name` stands for the file in messages.
Tags read_tags_bytes(std::string_view file, const std::string& name);

/// Adds or replaces those keys in place, in a file that nobody sees yet; an empty value removes its
/// key. All other tags, pictures, comments and chunks stay, and so does every bit of the audio.
/// A WAV gets an ID3 chunk and RIFF INFO and, when AI_GENERATED is among the tags, the disclosure
/// also as bext and iXML: fields that are filled stay, the coding history and the note grow.
/// @throws Error(kInvalidArgument) for keys that Vorbis comments do not allow, Error(kFormat) when
/// the file is none of those or is broken, Error(kUnsupported) as `read_tags` and for a WAV that
/// would be over 4 GiB, Error(kIo), Error(kOutput).
void write_tags(const std::filesystem::path& path, const Tags& tags);
/// The same from bytes to bytes.
std::string with_tags(std::string_view file, const Tags& tags, const std::string& name);

/// The values of a key, or none.
std::vector<std::string> tag_values(const Tags& tags, std::string_view key);
/// The first value of a key, or "".
std::string tag_value(const Tags& tags, std::string_view key);

}  // namespace brandiron
