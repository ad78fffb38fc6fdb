#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace brandiron::gen {

using Tags = std::vector<std::pair<std::string, std::string>>;

/// Writes text tags into an audio file in place (Vorbis comments, ID3 TXXX; for WAV an ID3 chunk
/// and RIFF INFO). Leaves existing tags of other names. @throws Error(kOutput).
void write_tags(const std::filesystem::path& path, const Tags& tags);

}  // namespace brandiron::gen
