#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brandiron/core/audio/riff.h"
#include "brandiron/core/audio/tags.h"

// Between the parts of the tag reader and writer; one .cpp a container or block.

namespace brandiron::tags_internal {

inline constexpr std::size_t kMaxTagBytes = std::size_t{32} << 20U;
inline constexpr std::size_t kMaxFields = 4096;

/// The range [start, end) of a file becomes `bytes`.
struct Edit {
  std::size_t start = 0, end = 0;
  std::string bytes;
};
/// In order of start, without overlap.
using Edits = std::vector<Edit>;

/// @throws Error(kUnsupported) saying what has too many or too large fields.
[[noreturn]] void too_large(const std::string& what);

/// Valid UTF-8 without NUL: text that is not is taken for Latin-1.
std::string clean_text(std::string_view text);
std::string upper(std::string_view text);
/// Only of characters that bext and the like can hold; others become '?'.
std::string ascii_text(std::string_view text);
/// Replaces the keys of `changes` (upper case) in `tags` where they stand, or adds them behind; an
/// empty value removes.
Tags changed(const Tags& tags, const Tags& changes);
/// Adds those tags whose keys are not there, with keys in upper case.
void add_new_keys(Tags& tags, const Tags& more);

// ID3v2 (tags_id3.cpp) ---------------------------------------------------------------------------

/// Bytes of the ID3v2 tag at the start of a file, header and footer included; 0: none.
std::size_t id3_size(std::string_view file) noexcept;
/// The text frames of a tag.
Tags read_id3(std::string_view tag);
/// The tag (or none, "") with those keys replaced; other frames stay. No padding.
std::string id3_with(std::string_view tag, const Tags& changes);

// Vorbis comments, FLAC, Ogg (tags_vorbis.cpp, tags_flac.cpp, tags_ogg.cpp) ----------------------

struct VorbisComment {
  std::string vendor;
  Tags fields;                        ///< keys as they are written
  std::vector<std::string> nameless;  ///< fields without "=", kept
};
/// What can be read of it.
VorbisComment parse_vorbis(std::string_view packet);
std::string render_vorbis(const VorbisComment& comment);
/// The packet with those keys replaced.
std::string vorbis_with(std::string_view packet, const Tags& changes);

bool is_flac(std::string_view file) noexcept;  ///< also behind an ID3v2 tag
Tags read_flac(std::string_view file);
Edits flac_edits(std::string_view file, const Tags& changes);

Tags read_ogg(std::string_view file);
Edits ogg_edits(std::string_view file, const Tags& changes);

// WAV (tags_wav.cpp, tags_bext.cpp, tags_ixml.cpp) -----------------------------------------------

Tags read_wav(std::string_view file);
Edits wav_edits(std::string_view file, const Tags& changes);

/// Of our line in a coding history; programs that convert a WAV carry it on as CODING_HISTORY.
Tags read_history(std::string_view history);
/// Of the history, and of the fields that we fill.
Tags read_bext(std::string_view content);
/// `format` is the content of the fmt chunk; `tags` are those to be written.
std::string bext_with(std::string_view content, const Tags& tags, std::string_view format);

/// Of our AI_DISCLOSURE element.
Tags read_ixml(std::string_view content);
/// None when the document there cannot be extended.
std::optional<std::string> ixml_with(std::string_view content, const Tags& tags);

// Files (tags_file.cpp) --------------------------------------------------------------------------

std::string apply_edits(std::string_view file, const Edits& edits);

}  // namespace brandiron::tags_internal
