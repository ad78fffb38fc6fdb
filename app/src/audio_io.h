#pragma once

#include <string>

#include "brandiron/core/audio/audio_buffer.h"
#include "brandiron/core/audio/audio_file.h"
#include "brandiron/watermark/key.h"
#include "cli.h"

namespace brandiron::app {

/// "demo" names the published demo key, whose mark every generated song carries by default.
watermark::Key read_key(const std::string& path);

/// Reads a file, or a WAV/FLAC/... stream from standard input when `path` is "-".
AudioBuffer read_input(const std::string& path);

/// WAV and FLAC are 24 bit: what a mark or an attack changes is smaller than a 16-bit step.
WriteOptions output_options(const Globals& globals);

/// Writes a file in the format of its extension, or 16-bit WAV to standard output for "-".
void write_output(const std::string& path, const AudioBuffer& audio, const Globals& globals);

}  // namespace brandiron::app
