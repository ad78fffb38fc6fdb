#pragma once

#include <filesystem>

#include "brandiron/core/audio/audio_buffer.h"

namespace brandiron {

/// A whole file as `read_audio` reads it; formats that it does not know (AAC, M4A ...) go through
/// ffmpeg, a separate program, where it is installed. Bits then depend on its version.
/// @throws Error(kIo) for a file that is not there, Error(kFormat) for one that is no audio,
/// Error(kUnsupported) where only ffmpeg could know and there is none.
AudioBuffer read_audio_externally(const std::filesystem::path& file);

}  // namespace brandiron
